"""Sources of repositories: what can be read, checked before a run and collected by it."""

from __future__ import annotations

from llmsdeck.sources.local import collect, inspect, locate
from llmsdeck.sources.material import (
    LIMITS,
    Limits,
    Material,
    Skip,
    SourceFile,
    SourceKind,
    Steps,
    Worktree,
)

__all__ = [
    "LIMITS",
    "Limits",
    "Material",
    "Skip",
    "SourceFile",
    "SourceKind",
    "Steps",
    "Worktree",
    "collect",
    "inspect",
    "locate",
]
