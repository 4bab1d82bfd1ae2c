"""What a program wrote to its files, and what of that a power cut at any moment would leave."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SYNCS: Final = ("fsync", "fdatasync")
WRITES: Final = ("pwrite64", "write", "ftruncate")
SECTOR: Final = 512
"""Bytes that a disk writes whole or not at all."""
_LINE: Final = re.compile(r"(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)")
_UNFINISHED: Final = " <unfinished ...>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the system that succeeded; begin and end are places in the order of events."""

    name: str
    file: str
    begin: int
    end: int
    offset: int = 0
    data: bytes = b""


def trace(program: Path, *arguments: str, log: Path) -> list[Call]:
    """Run a program of the tests under strace; its calls in the order in which they began."""
    wanted = ",".join((*SYNCS, *WRITES))
    command = ["strace", "-f", "--seccomp-bpf", "-y", "-xx", "-s", "131072", "-o", str(log)]
    subprocess.run(
        [*command, "-e", f"trace={wanted}", sys.executable, str(program), *arguments],
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=300,
    )
    return sorted(_calls(log.read_text("ascii").splitlines()), key=lambda call: call.begin)


def _calls(lines: Sequence[str]) -> Iterator[Call]:
    begun: dict[str, tuple[int, str]] = {}
    for place, line in enumerate(lines):
        if (match := _LINE.fullmatch(line)) is None:
            continue
        thread, resumed, name, rest = match.groups()
        if rest.endswith(_UNFINISHED):
            begun[thread] = place, rest.removesuffix(_UNFINISHED)
            continue
        begin, before = begun.pop(thread) if resumed else (place, "")
        text, _, answer = (before + rest).rpartition(" = ")
        if not answer.startswith("-"):
            yield _call(resumed or name, text.rstrip().removesuffix(")"), begin, place)


def _call(name: str, text: str, begin: int, end: int) -> Call:
    descriptor, *values = text.split(", ")
    file = _unescaped(descriptor.partition("<")[2].partition(">")[0]).decode()
    data = _unescaped(values[0].strip('"')) if name in ("write", "pwrite64") else b""
    offset = int(values[-1]) if name in ("pwrite64", "ftruncate") else 0
    return Call(name=name, file=file, begin=begin, end=end, offset=offset, data=data)


def _unescaped(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def after_power_cut(
    calls: Sequence[Call], files: Mapping[str, bytes], cut: int, dice: random.Random
) -> dict[str, bytes]:
    """The files as they may be after a power cut right behind an event.

    What a sync has covered is there. Of what was written since, any part may be: a write is there,
    missing or torn, each as the dice say.
    """
    return {file: _left(calls, file, before, cut, dice) for file, before in files.items()}


def _left(calls: Sequence[Call], file: str, before: bytes, cut: int, dice: random.Random) -> bytes:
    ours = [call for call in calls if call.file == file]
    synced = max(
        (each.begin for each in ours if each.name in SYNCS and each.end <= cut), default=-1
    )
    content = bytearray(before)
    for call in ours:
        if call.name in SYNCS or call.begin > cut:
            continue
        if call.end < synced:
            _apply(content, call, len(call.data))
        elif dice.random() < 2 / 3:
            kept = dice.choice(
                [len(call.data), dice.randrange(len(call.data) // SECTOR + 1) * SECTOR]
            )
            _apply(content, call, kept)
    return bytes(content)


def _apply(content: bytearray, call: Call, size: int) -> None:
    if call.name == "ftruncate":
        del content[call.offset :]
        return
    content.extend(bytes(max(0, call.offset - len(content))))
    content[call.offset : call.offset + size] = call.data[:size]
