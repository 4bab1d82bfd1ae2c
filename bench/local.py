"""A local repository, read to the end and made into a bundle, as whole processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bench.figures import Row, at_most, in_turns
from bench.setting import Setting, answer, own
from bench.trees import grown

_MEGABYTE: Final = 1_000_000
_PEERS: Final = ("gitingest", "repomix")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a program that ran to its end has cost."""

    seconds: float
    memory_mb: float
    """Resident at its peak, of the largest process."""


def bundles(setting: Setting) -> Iterator[Row]:
    """Seconds and memory of a bundle, against reading, gitingest and repomix on the same tree."""
    with setting.folder() as folder:
        tree = folder / "tree"
        tree.mkdir()
        count = setting.pick(500, 2400)
        size = grown(tree, count)
        peers = _peers(setting, tree)
        warm = in_turns(
            setting.rounds,
            {
                "read": partial(_seconds, own("reading", tree)),
                "bundle": partial(_warm, setting, tree),
            },
        )
        taken = in_turns(
            setting.rounds,
            {
                "read": partial(_cost, own("reading", tree), folder),
                "bundle": partial(_bundle, setting, tree),
            },
        )
        slow = in_turns(
            setting.pick(1, 3),
            {name: partial(_cost, command, folder) for name, command in peers.items()},
        )
    name = f"bundle of {count:,} files, {size / _MEGABYTE:.0f} MB"
    yield Row(
        name=name,
        unit="s",
        ours=[each.seconds for each in taken["bundle"]],
        peer="reading the files",
        theirs=[each.seconds for each in taken["read"]],
        target=at_most(3),
        note="imports included on both sides",
    )
    yield Row(
        name="  once imported, as in a run process",
        unit="s",
        ours=warm["bundle"],
        peer="reading the files",
        theirs=warm["read"],
        target=at_most(3),
    )
    for peer in _PEERS:
        yield from _beside(peer, taken["bundle"], slow.get(peer, ()))


def _beside(peer: str, ours: Sequence[Cost], theirs: Sequence[Cost]) -> Iterator[Row]:
    """Seconds and memory against one peer, which may not be there."""
    yield Row(
        name=f"  beside {peer}",
        unit="s",
        ours=[each.seconds for each in ours],
        peer=peer,
        theirs=[each.seconds for each in theirs],
        target=at_most(1 / 20),
    )
    yield Row(
        name=f"  peak memory beside {peer}",
        unit="MB",
        ours=[each.memory_mb for each in ours],
        peer=peer,
        theirs=[each.memory_mb for each in theirs],
        target=at_most(0.5),
    )


def _peers(setting: Setting, tree: Path) -> dict[str, list[str]]:
    """How each peer that is there is told to make its bundle."""
    commands: dict[str, list[str]] = {}
    out = str(tree.parent / "peer.txt")
    if (gitingest := setting.peers.script("gitingest")) is not None:
        commands["gitingest"] = [str(gitingest), str(tree), "-o", out]
    if (repomix := setting.peers.repomix) is not None:
        commands["repomix"] = [str(repomix), "--quiet", "-o", out, str(tree)]
    return commands


def _bundle(setting: Setting, tree: Path) -> Cost:
    with setting.folder() as out:
        return _cost(own("bundling", tree, out), out)


def _warm(setting: Setting, tree: Path) -> float:
    with setting.folder() as out:
        return _seconds(own("bundling", tree, out))


def _seconds(command: list[str]) -> float:
    return float(answer(command)["seconds"])


def _cost(command: list[str], folder: Path) -> Cost:
    return Cost(**answer(own("costing", folder, *command)))
