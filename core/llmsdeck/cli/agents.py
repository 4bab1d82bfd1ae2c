"""`mcp`: serve agents until they are gone or a signal comes."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

from llmsdeck.cli.options import Options
from llmsdeck.errors import UsageError
from llmsdeck.paths import StorePaths


async def serve_agents(paths: StorePaths, options: Options) -> int:
    """Serve on stdin and stdout, or over HTTP; nothing but the protocol reaches stdout."""
    try:
        with _importing_much():
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


@contextmanager
def _importing_much() -> Generator[None]:
    """Keep the collector from looking through modules that stay; that is a tenth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
    gc.freeze()
