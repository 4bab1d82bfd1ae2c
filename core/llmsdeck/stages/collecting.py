"""Collect: the source's texts, and the earlier bundle when they have not changed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from llmsdeck.bundle.manifest import SettingsRecord, SourceRecord, settings_record, source_record
from llmsdeck.bundle.reuse import Earlier, earlier, fingerprint, made_alike
from llmsdeck.cache import Cache
from llmsdeck.job import Job, Report
from llmsdeck.model import ANY_MODEL
from llmsdeck.sources import Material, collect, is_hosted
from llmsdeck.sources.packed import pack, unpack
from llmsdeck.stages.kept import TEXTS, name_of_texts
from llmsdeck.stages.slices import in_slices


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a bundle is made from, on record."""

    source: SourceRecord
    settings: SettingsRecord
    fingerprint: str


async def basis_of(job: Job, material: Material) -> Basis:
    """The record of what an attempt has to work with."""
    source = source_record(material)
    settings = settings_record(job.ref, job.model, job.artifacts)
    return Basis(
        source=source,
        settings=settings,
        fingerprint=await asyncio.to_thread(fingerprint, source, settings, material),
    )


async def unchanged(job: Job, basis: Basis) -> Earlier | None:
    """The earlier bundle of the same texts and settings; None when one is to be made."""
    if job.previous is None:
        return None
    return _enough(job, await asyncio.to_thread(earlier, job.previous, basis.fingerprint))


def _enough(job: Job, same: Earlier | None) -> Earlier | None:
    """Whoever takes any model has more to expect than a text that was written without one."""
    if same is not None and job.model == ANY_MODEL and same.manifest.model is None:
        return None
    return same


class Visit:
    """One attempt's dealings with its source; a host is asked at most once about a commit."""

    def __init__(self, job: Job, report: Report) -> None:
        self._job = job
        self._report = report
        self._current: dict[str, bool] = {}

    async def standing(self) -> Earlier | None:
        """The earlier bundle of a hosted source that has not moved on; costs one request."""
        job = self._job
        if job.previous is None or not is_hosted(job.source):
            return None
        settings = settings_record(job.ref, job.model, job.artifacts)
        same = _enough(job, await asyncio.to_thread(made_alike, job.previous, settings))
        if same is None or not await self._is_current(same.manifest.source.commit):
            return None
        return same

    async def collected(self) -> Material:
        """The source's texts: from this machine step by step, from a host as they stream in.

        What an earlier attempt has read of a host is used again while the host has nothing newer.
        """
        job = self._job
        if not is_hosted(job.source):
            return await in_slices(collect(job.source, job.ref), self._report.progress)
        kept = await asyncio.to_thread(_recall, job)
        if kept is not None and await self._is_current(kept.commit):
            self._report.note("recalled", "The host has nothing newer than what was read before.")
            return kept
        from llmsdeck.config import load_config
        from llmsdeck.sources.hosted import fetch

        material = await fetch(job.source, job.ref, load_config().known_hosts, self._report)
        await asyncio.to_thread(_remember, job, material)
        return material

    async def _is_current(self, commit: str | None) -> bool:
        if commit is None:
            return False
        if commit not in self._current:
            from llmsdeck.config import load_config
            from llmsdeck.sources.hosted import is_unchanged

            job, hosts = self._job, load_config().known_hosts
            self._current[commit] = await is_unchanged(
                job.source, job.ref, commit, hosts, self._report
            )
        return self._current[commit]


def _recall(job: Job) -> Material | None:
    if job.cache is None:
        return None
    data = Cache(job.cache, job.fresh).get(TEXTS, *name_of_texts(job.source, job.ref))
    return None if data is None else unpack(data)


def _remember(job: Job, material: Material) -> None:
    """Keep the texts; without room for them the next attempt asks the host again, no more."""
    if job.cache is not None:
        with suppress(OSError):
            name = name_of_texts(job.source, job.ref)
            Cache(job.cache).put(pack(material), TEXTS, *name)
