"""An example for each verb, shown below its help; a test parses every one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "start": (
        "llmsdeck start ~/src/flask --wait",
        "llmsdeck start pallets/flask --ref 3.0.0 --output ./bundles",
        "cat repositories.txt | llmsdeck start -",
    ),
    "list": ("llmsdeck list --filter 'status:failed age<2d' --sort duration",),
    "show": ("llmsdeck show 7f3k2a --json",),
    "why": ("llmsdeck why 7f3k2a",),
    "events": ("llmsdeck events 7f3k2a --follow",),
    "calls": ("llmsdeck calls 7f3k2a", "llmsdeck calls 7f3k2a 3"),
    "read": ("llmsdeck read 7f3k2a llms.txt",),
    "workers": ("llmsdeck workers",),
    "check": ("llmsdeck check 7f3k2a", "llmsdeck check ./llms.txt --profile v2 --links"),
    "diff": ("llmsdeck diff 7f3k2a 5c7e11 --text",),
    "cancel": ("llmsdeck cancel 7f3k2a --wait", "llmsdeck cancel --filter 'source:acme is:stale'"),
    "answer": (
        "llmsdeck answer 7f3k2a without-model",
        "llmsdeck answer --filter 'is:asking source:acme' go",
    ),
    "retry": ("llmsdeck retry --filter 'error:timeout ended<1d' --set timeout=1h",),
    "prune": ("llmsdeck prune --older-than 14d --keep 20 --dry-run",),
    "restore": ("llmsdeck restore 7f3k2a",),
    "export": (
        "llmsdeck export 7f3k2a 5c7e11 --to runs.tar.gz",
        "llmsdeck export --filter 'outcome:good source:acme' --to acme.tar.gz",
    ),
    "import": ("llmsdeck import runs.tar.gz --json",),
    "policy": ("llmsdeck policy slots=2 ttl_failed=7d",),
    "worker": ("llmsdeck worker --slots 4",),
    "doctor": ("llmsdeck doctor --online",),
    "config": ("llmsdeck config --json",),
    "drill": ("llmsdeck drill", "TMPDIR=/srv/data llmsdeck drill --json"),
    "skill": ("llmsdeck skill > ~/.claude/skills/llmsdeck/SKILL.md",),
    "completion": (
        "llmsdeck completion bash > ~/.local/share/bash-completion/completions/llmsdeck",
    ),
    "serve": ("llmsdeck serve --port 8000",),
    "mcp": ("llmsdeck mcp", "llmsdeck mcp --http 127.0.0.1:8765"),
}


def below(verb: str) -> str | None:
    """The text below a verb's help; None for a verb without an example."""
    lines = EXAMPLES.get(verb)
    return "for example:\n" + "\n".join(f"  {line}" for line in lines) if lines else None
