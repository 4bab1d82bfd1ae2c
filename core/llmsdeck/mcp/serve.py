"""The server as a process: the deck, the transport, and an orderly end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

from mcp.server.lowlevel.server import Server

from llmsdeck.clock import SystemClock
from llmsdeck.config import load_config
from llmsdeck.deck import open_deck
from llmsdeck.mcp.roots import Roots
from llmsdeck.mcp.server import Answers, build
from llmsdeck.mcp.signals import ended_by_signals
from llmsdeck.mcp.stdio import standard_streams
from llmsdeck.mcp.subscriptions import telling_old_clients
from llmsdeck.mcp.surroundings import Surroundings
from llmsdeck.mcp.watch import Watch
from llmsdeck.paths import StorePaths


async def serve(paths: StorePaths, http: tuple[str, int] | None) -> None:
    """Serve agents until the client has gone or a signal comes; raises DeckError.

    On stdin and stdout, or over HTTP on an address. A worker that was started finishes the queue.
    """
    config, clock = load_config().mcp, SystemClock()
    roots = Roots.of(config.roots, paths.root, Path.cwd())
    if config.output_dir is not None:
        config = config.model_copy(update={"output_dir": Path(roots.place(str(config.output_dir)))})
    async with open_deck(paths, clock=clock) as deck:
        watch = Watch(deck, clock)
        at = Surroundings(deck=deck, roots=roots, config=config, watch=watch)
        answers = Answers(at)
        server = build(answers)
        async with watch.running(), telling_old_clients(answers.subscriptions):
            if http is None:
                await _serve_standard(server)
            else:
                from llmsdeck.mcp.http import serve_http, token

                await serve_http(server, http, token(config.token_env, paths.mcp_token))


async def _serve_standard(server: Server[Any]) -> None:
    async with standard_streams() as (read, write, stop):
        options = server.create_initialization_options(extensions={})
        with ended_by_signals(stop), suppress(asyncio.CancelledError):
            await server.run(read, write, options)
