"""`mcp`: serve agents until they are gone or a signal comes."""

from __future__ import annotations

from llmsdeck.cli.options import Options
from llmsdeck.errors import UsageError
from llmsdeck.paths import StorePaths


async def mcp(paths: StorePaths, options: Options) -> int:
    """Serve on stdin and stdout, or over HTTP; nothing but the protocol reaches stdout."""
    try:
        from llmsdeck.mcp.serve import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"mcp", "mcp_types", "uvicorn"}:
            raise
        raise UsageError(
            f"The MCP server needs the package {error.name}; install it with "
            "`uv tool install 'llmsdeck[mcp]'` or `pip install 'llmsdeck[mcp]'`."
        ) from error
    await serve(paths, options.http)
    return 0
