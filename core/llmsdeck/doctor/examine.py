"""The whole examination, in the order in which one thing rests on another."""

from __future__ import annotations

import asyncio

from llmsdeck.clock import Clock, SystemClock
from llmsdeck.doctor.deck import look_at_store
from llmsdeck.doctor.finding import Finding
from llmsdeck.doctor.machine import look_at_machine
from llmsdeck.doctor.reach import look_outside
from llmsdeck.paths import StorePaths


async def examine(
    paths: StorePaths, *, online: bool = False, clock: Clock | None = None
) -> tuple[Finding, ...]:
    """Everything that was found; nothing is changed, and hosts are asked only when `online`."""
    findings = await asyncio.to_thread(lambda: [*look_at_machine()])
    findings += [finding async for finding in look_at_store(paths, clock or SystemClock())]
    findings += [finding async for finding in look_outside(online=online)]
    return tuple(findings)
