"""llama.cpp's own HTTP server with a model of random weights, as a process of its own.

Run as a program it serves the model file named by its first argument until it is terminated.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

AVAILABLE: Final = find_spec("xllamacpp") is not None
NAME: Final = "tiny"
SLOT_TOKENS: Final = 16_384
"""Context of each of its two slots."""
_READY: Final = "listening at "
_PATIENCE_S: Final = 60


@dataclass(frozen=True, slots=True)
class TinyServer:
    """A server that listens."""

    url: str
    process: subprocess.Popen[str]

    def stop(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait(_PATIENCE_S)


@contextmanager
def tiny_server(model: Path) -> Generator[TinyServer]:
    """Serve the model for as long as the body runs."""
    command = [sys.executable, __file__, str(model)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            lines = (line for line in process.stdout if line.startswith(_READY))
            address = next(lines).removeprefix(_READY).strip()
            yield TinyServer(f"{address}/v1", process)
        finally:
            process.kill()


def _serve(model: str) -> None:
    xllamacpp: Any = import_module("xllamacpp")
    settings = xllamacpp.CommonParams()
    settings.model.path = model
    settings.model_alias = [NAME]
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.n_parallel = 2
    settings.n_ctx = settings.n_parallel * SLOT_TOKENS
    # Its threads wait for each other by spinning, which a busy machine does not forgive.
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.n_gpu_layers = 0
    settings.warmup = settings.fit_params = False
    settings.endpoint_slots = settings.endpoint_props = True
    server = xllamacpp.Server(settings)
    sys.stdout.write(f"{_READY}{server.listening_address}\n")
    sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    _serve(sys.argv[1])
