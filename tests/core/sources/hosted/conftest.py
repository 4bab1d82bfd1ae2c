from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from hosting import TOKENS

from llmsdeck.hosts import HostKind
from llmsdeck.testing.forge import FakeForge


@pytest.fixture(autouse=True)
def nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in TOKENS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LLMSDECK_CONFIG", str(tmp_path / "absent.toml"))


@pytest.fixture
def github() -> Generator[FakeForge]:
    with FakeForge(HostKind.GITHUB) as forge:
        yield forge


@pytest.fixture(params=list(HostKind))
def forge(request: pytest.FixtureRequest) -> Generator[FakeForge]:
    with FakeForge(request.param) as forge:
        yield forge
