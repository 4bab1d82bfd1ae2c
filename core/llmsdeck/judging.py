"""Judging and comparing bundles, of runs and of files; files need no store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from llmsdeck.errors import NoSuchRunError
from llmsdeck.model import Run
from llmsdeck.verdict import Profile, Verdict

if TYPE_CHECKING:
    from llmsdeck.bundle.published import Bundle
    from llmsdeck.comparison import Comparison

Find = Callable[[str], Awaitable[Run]]
"""The run of an id or the start of one; raises NoSuchRunError."""


async def check(
    subject: str, find: Find, profile: Profile, *, links: bool, private: bool
) -> Verdict:
    """The verdict on a bundle; external links are looked at only when `links`."""
    from llmsdeck.bundle import published

    bundle = await _bundle(subject, find)
    answers = None
    if links:
        from llmsdeck.links import look_at

        answers = await look_at(published.addresses(bundle), private=private)
    return await asyncio.to_thread(published.judge, bundle, profile, answers)


async def diff(before: str, after: str, find: Find) -> Comparison:
    """How two bundles differ."""
    from llmsdeck.bundle.diff import compare

    first, second = await _bundle(before, find), await _bundle(after, find)
    return await asyncio.to_thread(compare, first, second)


async def _bundle(subject: str, find: Find) -> Bundle:
    from llmsdeck.bundle import published

    if await asyncio.to_thread(published.names_file, subject):
        return await asyncio.to_thread(published.open_file, subject)
    return await asyncio.to_thread(published.open_run, await find(subject))


def are_files(subjects: Iterable[str]) -> bool:
    """Whether all of these are files, so that they can be judged without a store."""
    from llmsdeck.bundle import published

    return all(map(published.names_file, subjects))


class FileJudge:
    """Judges files where no store is opened."""

    async def check(
        self,
        subject: str,
        profile: Profile,
        *,
        links: bool = False,
        private: bool = False,
    ) -> Verdict:
        """Judge a file; raises UsageError for one that cannot be read."""
        return await check(subject, _nowhere, profile, links=links, private=private)

    async def diff(self, before: str, after: str) -> Comparison:
        """How two files differ; raises UsageError for one that cannot be read."""
        return await diff(before, after, _nowhere)


async def _nowhere(reference: str) -> Run:
    raise NoSuchRunError(f"There is no file {reference!r}.")
