"""Sources of repositories: what can be read, checked before a run and collected by it.

`llmsdeck.sources.hosted` asks hosts; it is not imported here, because it loads an HTTP client.
"""

from __future__ import annotations

from llmsdeck.sources.local import collect, inspect, refs
from llmsdeck.sources.locate import Located, is_hosted, locate, without_secrets
from llmsdeck.sources.material import (
    LIMITS,
    About,
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
    "About",
    "Limits",
    "Located",
    "Material",
    "Skip",
    "SourceFile",
    "SourceKind",
    "Steps",
    "Worktree",
    "collect",
    "inspect",
    "is_hosted",
    "locate",
    "refs",
    "without_secrets",
]
