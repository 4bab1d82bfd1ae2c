"""The command line: measure some groups or all, show the table, keep it."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Final

from bench import machine, table
from bench.document import document
from bench.figures import Row
from bench.peers import Peers
from bench.record import Record, now
from bench.setting import ROOT, Setting
from bench.suite import GROUPS, Group

WORK: Final = ROOT / ".bench"
RECORDED: Final = ROOT / "bench" / "results" / "recorded.json"
DOCUMENT: Final = ROOT / "docs" / "benchmarks.md"


def main() -> int:
    """0 when every row was measured, whatever it showed; 1 when measuring failed."""
    options = _options()
    groups = [group for group in GROUPS if not options.rows or group.name in options.rows]
    before = Record.read(RECORDED)
    scratch = Path(tempfile.mkdtemp(prefix="llmsdeck-bench-"))
    setting = Setting(
        quick=options.quick,
        work=WORK,
        scratch=scratch,
        peers=Peers(WORK / "peers"),
        soak_s=options.soak,
    )
    try:
        record, failed = _measure(setting, groups, before)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"\n{table.summary(record)}")
    if options.json:
        record.write(options.json)
    if options.record or (options.record is None and not options.quick):
        kept = before.amended(record) if before and options.rows else record
        kept.write(RECORDED)
        DOCUMENT.write_text(document(kept), encoding="utf-8")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = [group.name for group in GROUPS]
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(names)}; or all")
    parser.add_argument("--quick", action="store_true", help="small sizes, less than five minutes")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the table as JSON")
    parser.add_argument(
        "--record",
        action=argparse.BooleanOptionalAction,
        help="keep it as the last table and renew the document; by default unless quick",
    )
    parser.add_argument("--soak", type=float, default=0, metavar="S", help="seconds of the soak")
    options = parser.parse_args()
    if unknown := set(options.rows) - set(names):
        parser.error(f"no row is called {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return options


def _measure(
    setting: Setting, groups: list[Group], before: Record | None
) -> tuple[Record, list[str]]:
    rows: dict[str, list[Row]] = {}
    failed: list[str] = []
    load = machine.load()
    print(table.heading())
    for group in groups:
        print(f"\n{group.title}", flush=True)
        try:
            for row in group.measure(setting):
                rows.setdefault(group.name, []).append(row)
                print("\n".join(table.lines([row], before)), flush=True)
        except Exception:  # one group that fails must not take the others' figures with it
            failed.append(group.name)
            traceback.print_exc(file=sys.stdout)
    record = Record(
        at=now(),
        quick=setting.quick,
        machine=machine.described(),
        load=(load, machine.load()),
        rows=rows,
    )
    return record, failed


if __name__ == "__main__":
    sys.exit(main())
