"""A host of repositories on the loopback interface that behaves like GitHub, GitLab or Gitea."""

from __future__ import annotations

import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from llmsdeck.hosts import HostConfig, HostKind
from llmsdeck.testing.apis import FakeRepository, Reply, Seen, answer


class _Server(ThreadingHTTPServer):
    """A server without a word about clients that go away."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that broke is what some tests are about."""


class FakeForge:
    """The host; entering it starts the servers, leaving it stops them."""

    def __init__(self, kind: HostKind = HostKind.GITHUB, latency: float = 0.0) -> None:
        self.kind = kind
        self.latency = latency
        """Seconds before each answer."""
        self.repositories: dict[str, FakeRepository] = {}
        self.next: deque[Reply] = deque()
        """Answers given before any other."""
        self.seen: list[Seen] = []
        self.hung_up = threading.Event()
        """A client closed the connection in the middle of an answer."""
        self.closing = threading.Event()
        self._servers: list[ThreadingHTTPServer] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        for _ in range(2):
            server = _Server(("127.0.0.1", 0), _handler(self))
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            self._servers.append(server)
            self._threads.append(thread)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()

    @property
    def name(self) -> str:
        """The host's name: an address and a port."""
        return f"127.0.0.1:{self._servers[0].server_port}"

    @property
    def archives(self) -> str:
        """The other host, which has the archives of GitHub."""
        return f"127.0.0.1:{self._servers[1].server_port}"

    @property
    def config(self) -> HostConfig:
        """How this host is set up."""
        return HostConfig(kind=self.kind, api=f"http://{self.name}/api", archives=(self.archives,))

    def add(self, project: str, repository: FakeRepository) -> FakeRepository:
        """Host a repository."""
        self.repositories[project] = repository
        return repository

    def find(self, project: str) -> tuple[str, FakeRepository] | None:
        """The repository of this name, in whatever capitals."""
        for name, repository in self.repositories.items():
            if name.lower() == project.lower():
                return name, repository
        return None


def _handler(forge: FakeForge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            seen = Seen(
                self.headers["Host"],
                self.path,
                self.headers["Authorization"],
                self.headers["If-None-Match"],
            )
            forge.seen.append(seen)
            forge.closing.wait(forge.latency)
            try:
                self._send(forge.next.popleft() if forge.next else answer(forge, seen))
            except ConnectionError:
                forge.hung_up.set()
                self.close_connection = True

        def _send(self, reply: Reply) -> None:
            whole = b"".join(reply.body) if isinstance(reply.body, list | tuple) else None
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if whole is not None and "Content-Length" not in reply.headers:
                self.send_header("Content-Length", str(len(whole)))
            elif whole is None:
                self.send_header("Connection", "close")
            self.end_headers()
            for piece in reply.body if whole is None else (whole,):
                if forge.closing.is_set():
                    break
                self.wfile.write(piece)
            self.close_connection = self.close_connection or "Content-Length" in reply.headers

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    return Handler
