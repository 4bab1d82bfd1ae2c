"""The power is cut at any moment: what was promised before is what the disk holds."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import promising
import pytest
from rounds import LONG, rounds
from tracing import Call, after_power_cut, trace

from llmsdeck.paths import StorePaths
from llmsdeck.store.connection import connector
from llmsdeck.store.store import open_store

STDOUT = "/dev/null"


def strace_works() -> bool:
    """It is installed and may look at processes."""
    if shutil.which("strace") is None:
        return False
    asked = ["strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "true"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def promises(calls: Sequence[Call], cut: int) -> dict[str, str]:
    """The last that was promised of each run before the cut: its status."""
    said = [call for call in calls if call.file == STDOUT and call.end <= cut]
    lines = [line.split() for call in said for line in call.data.decode().splitlines()]
    return {run_id: status for status, run_id in lines}


def held(database: Path) -> dict[str, str]:
    """The status of each run in a store that is sound."""
    with closing(connector(database, read_only=False)()) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        counted = db.execute("SELECT n FROM counters WHERE name = 'submitted'").fetchone()[0]
        found = {row["run_id"]: row["status"] for row in db.execute("SELECT * FROM runs")}
    assert len(found) == counted, "rows and counters disagree"
    return found


@pytest.mark.skipif(not strace_works(), reason="needs strace and the right to trace")
async def test_nothing_promised_is_lost_when_the_power_is_cut(
    paths: StorePaths, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with open_store(paths):
        pass
    wal = Path(f"{paths.database}-wal")
    files = {str(paths.database): paths.database.read_bytes(), str(wal): b""}
    calls = trace(
        Path(promising.__file__), str(paths.root), str(30 if LONG else 12), log=tmp_path / "log"
    )
    assert promises(calls, calls[-1].end).keys() == held(paths.database).keys()
    dice, disk = random.Random(), tmp_path / "after"
    count, lost = rounds(60, per_thousand=1000), 0
    for _ in range(count):
        cut = dice.choice(calls).end
        disk.mkdir()
        for path, content in after_power_cut(calls, files, cut, dice).items():
            (disk / Path(path).name).write_bytes(content)
        promised, found = promises(calls, cut), held(disk / paths.database.name)
        for run_id, status in promised.items():
            assert run_id in found, "a promised run was lost"
            assert status == "pending" or found[run_id] == status, "a promised end was lost"
        lost += len(promises(calls, calls[-1].end)) - len(found)
        shutil.rmtree(disk)
    assert lost, "nothing was ever cut off"
    record_property("power cuts, 0 promises lost", count)
