"""Runs from start to end through the installed program, with real workers and run processes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from tests.e2e.conftest import MakeRepository
from tests.e2e.program import Program

MANY = 3000
"""Pages enough that a run is still at work when the test reaches for it."""


def at_work(program: Program, run_id: str, attempt: int) -> Any:
    run = program.json("show", run_id)
    return run if run["status"] == "processing" and run["attempt"] == attempt else None


def test_a_run_completes_and_its_hashes_match_its_files(
    program: Program, make_repository: MakeRepository
) -> None:
    done = program.run("start", make_repository(20), "--wait", "--json")
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["status"] == "completed"
    assert {artifact["name"] for artifact in run["artifacts"]} >= {"llms.txt", "llms-full.txt"}
    for artifact in run["artifacts"]:
        content = Path(artifact["path"]).read_bytes()
        assert artifact["size_bytes"] == len(content)
        assert artifact["hash_sha256"] == hashlib.sha256(content).hexdigest()
