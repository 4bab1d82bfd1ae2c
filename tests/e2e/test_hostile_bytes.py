"""What reaches the terminal, byte by byte, while hostile text passes through every field."""

from __future__ import annotations

import re
import sys
import unicodedata
from pathlib import Path

from program import Program

SCRIPT = Path(__file__).parents[1] / "support" / "hostile_dashboard.py"
SEQUENCE = re.compile(
    rb"\x1b\[[0-9;:?<=>]*[ !$]*[@-~]"  # CSI
    rb"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC
    rb"|\x1bP[^\x1b]*\x1b\\"  # DCS
    rb"|\x1b[()][A-Z0-9]|\x1b[=>78c]"
)
PAGES = 18
"""Screens that the list has."""


def _walk(program: Program, kind: str, pages: int) -> bytes:
    """Everything printed while runs are paged through, some are opened, and dialogs too."""
    command = (str(SCRIPT), kind)
    with program.terminal(*command, columns=200, rows=60, program=Path(sys.executable)) as terminal:
        terminal.wait_for("completed")
        for _ in range(pages):
            terminal.type("\x1b[6~")
            terminal.drain()
        terminal.type("\x1b[H")
        for _ in range(4):
            terminal.type("\x1b[B\r")
            for tab in "12345":
                terminal.type(tab)
                terminal.drain()
            terminal.type("\x1b")
            terminal.drain(0.3)
        for dialog in ("n", "P", ":", "?", ",", "p", "F", "A"):
            terminal.type(dialog)
            terminal.drain()
            terminal.type("\x1b")
            terminal.drain(0.3)
        terminal.type("q")
        assert terminal.end() == 0
    return terminal.raw


def _kinds(raw: bytes) -> set[bytes]:
    """The sequences without their numbers; of commands to the system, all but their text."""
    found = set[bytes]()
    for sequence in SEQUENCE.findall(raw):
        head = re.match(rb"\x1b\]\d+;", sequence)
        found.add(head[0] if head else re.sub(rb"[0-9;:]+", b"#", sequence))
    return found


def test_only_the_driver_s_own_sequences_reach_the_terminal(program: Program) -> None:
    hostile, tame = _walk(program, "hostile", PAGES), _walk(program, "tame", 1)
    assert _kinds(hostile) <= _kinds(tame)
    text = SEQUENCE.sub(b"", hostile).decode("utf-8")
    shown = {character for character in text if not character.isprintable()}
    assert not {f"{ord(c):04x} {unicodedata.category(c)}" for c in shown - set("\r\n")}
    titles = re.findall(rb"\x1b\]2;([^\x07]*)\x07", hostile)
    assert titles
    assert not any(b"owned" in title for title in titles)
    assert "␛]0;owned␇" in text, "the attacks have been shown, as marks"
