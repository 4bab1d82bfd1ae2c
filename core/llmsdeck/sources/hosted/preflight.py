"""A look at a hosted repository before a run: what it is, or why it cannot be read."""

from __future__ import annotations

import asyncio
from typing import Final

from llmsdeck.answers import Preflight
from llmsdeck.errors import SourceError
from llmsdeck.sources.hosted.host import Repository
from llmsdeck.sources.hosted.refusals import AbsentError, EmptyError
from llmsdeck.sources.hosted.visit import EMPTY, Hosts, Visit, without
from llmsdeck.text import visible

LOOK_SECONDS: Final = 8.0
"""Time that a look may take before somebody is kept waiting."""
_SHORT_COMMIT: Final = 7


class Nobody:
    """A listener for questions that end before anybody could listen."""

    def progress(self, done: int, total: int) -> None:
        """Nothing is shown."""

    def warn(self, kind: str, message: str, count: int = 1) -> None:
        """Nothing is shown."""


async def look(source: str, ref: str | None, hosts: Hosts) -> Preflight:
    """What a run of a located repository would find, within a few seconds; never raises."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return Preflight(ok=True, message=await _glance(source, ref, hosts))
    except SourceError as error:
        return Preflight(ok=False, message=str(error))
    except TimeoutError:
        sentence = f"The host did not answer within {LOOK_SECONDS:g} s; a run would wait longer."
        return Preflight(ok=False, message=sentence)


async def _glance(source: str, ref: str | None, hosts: Hosts) -> str:
    visit = Visit(source, hosts, Nobody(), patience=0)
    async with visit.client:
        repository = await visit.repository()
        if repository.empty:
            raise EmptyError(EMPTY.format(repository.project))
        try:
            commit = await visit.commit(ref) if ref else ""
        except AbsentError as error:
            raise without(repository, visit.address, ref) or error from error
    return f"{visit.host.label} {repository.project}, {', '.join(_facts(repository, ref, commit))}."


def _facts(repository: Repository, ref: str | None, commit: str) -> list[str]:
    facts = [visible(repository.visibility, 20)]
    if repository.size_bytes:
        facts.append(_size(repository.size_bytes))
    if repository.about.archived:
        facts.append("archived")
    if ref:
        facts.append(f"{ref} at {commit[:_SHORT_COMMIT]}")
    elif repository.default_branch:
        facts.append(f"default branch {visible(repository.default_branch, 80)}")
    return facts


def _size(size: int) -> str:
    return f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{max(1, size // 1000)} KB"
