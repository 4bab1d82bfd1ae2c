"""What the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How much a finding matters."""

    GOOD = "good"
    NOTE = "note"
    """Worth knowing; everything works."""
    BAD = "bad"
    """Something does not work, or will not for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    """`python`, `store`, `workers`, …"""
    health: Health
    message: str
    """One sentence: what was found."""
    advice: str = ""
    """What to do next; empty when there is nothing to do."""


def good(subject: str, message: str) -> Finding:
    """All is well with the subject."""
    return Finding(subject=subject, health=Health.GOOD, message=message)


def note(subject: str, message: str, advice: str = "") -> Finding:
    """The subject works, and something about it is worth knowing."""
    return Finding(subject=subject, health=Health.NOTE, message=message, advice=advice)


def bad(subject: str, message: str, advice: str) -> Finding:
    """The subject does not work, or will not for long."""
    return Finding(subject=subject, health=Health.BAD, message=message, advice=advice)
