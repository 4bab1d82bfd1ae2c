"""What tools may be given, by name; the names of the predecessor are kept, unknown ones refused."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from llmsdeck.model import NO_MODEL, ArtifactName
from llmsdeck.states import Decision
from llmsdeck.verdict import Profile

LONGEST_WAIT_S: Final = 600
"""Seconds that one call may wait at most; clients give up on longer ones."""
MOST_CHARACTERS: Final = 100_000
"""Characters of an artifact in one answer."""
RUN_LOG: Final = "run.log"
RUN_EVENTS: Final = "run.events.jsonl"
RUN_CALL: Final = "run.call.1.txt"
READABLE: Final = (
    *(str(name) for name in ArtifactName),
    str(ArtifactName.part(1)),
    RUN_LOG,
    RUN_EVENTS,
    RUN_CALL,
)
"""What lmstxt_read_artifact knows; further parts and calls are numbered on."""

Source = Annotated[str, Field(min_length=1, max_length=4096)]
Reference = Annotated[
    str, Field(min_length=1, max_length=64, description="Id of a run, or the start of one.")
]
Folder = Annotated[
    str | None,
    Field(
        max_length=4096,
        description="Folder that gets copies of the bundle, absolute or below the first root; "
        "by default none, unless the operator has set one up. lmstxt_read_artifact reads the "
        "bundle from the store either way.",
    ),
]
Wait = Annotated[
    float,
    Field(ge=0, le=LONGEST_WAIT_S, description="Seconds to wait for the end; 0 answers at once."),
]
Unused = Annotated[bool | None, Field(description="Accepted for older clients; has no effect.")]


class Parameters(BaseModel):
    """What every tool's parameters have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Start(Parameters):
    """Of lmstxt_generate_llms_txt."""

    url: Source = Field(
        description="Repository: an address, owner/name on github.com, or a folder in a root."
    )
    output_dir: Folder = None
    ref: str | None = Field(default=None, max_length=256, description="Branch, tag or commit.")
    model: str = Field(
        default=NO_MODEL,
        max_length=200,
        description="`none` for the deterministic text, `auto` or a model's name.",
    )
    force: bool = Field(default=False, description="Start another run although one is live.")
    wait_s: Wait = 0
    cache_lm: Unused = True
    generate_graph: Unused = None
    verbose_budget: Unused = False
    enable_session_memory: Unused = None


class StartFull(Parameters):
    """Of lmstxt_generate_llms_full."""

    repo_url: Source = Field(description="Repository, as for lmstxt_generate_llms_txt.")
    run_id: Reference | None = None
    output_dir: Folder = None
    ref: str | None = Field(default=None, max_length=256)
    wait_s: Wait = 0


class StartContext(Parameters):
    """Of lmstxt_generate_llms_ctx."""

    run_id: Reference | None = None
    repo_url: Source | None = None
    output_dir: Folder = None
    ref: str | None = Field(default=None, max_length=256)
    wait_s: Wait = 0


class List(Parameters):
    """Of lmstxt_list_runs."""

    limit: int = Field(default=10, ge=1, le=50)
    filter: str = Field(
        default="", max_length=1000, description="Such as `status:failed age<2d -source:legacy`."
    )
    cursor: str | None = Field(default=None, max_length=200)


class ListArtifacts(Parameters):
    """Of lmstxt_list_all_artifacts."""

    limit: int = Field(default=200, ge=1, le=500, description="Runs to look at, newest first.")
    cursor: str | None = Field(default=None, max_length=200)


class Read(Parameters):
    """Of lmstxt_read_artifact."""

    artifact_name: str = Field(max_length=64, description=f"One of {', '.join(READABLE)}, …")
    run_id: Reference | None = None
    repo_url: Source | None = Field(
        default=None, description="Instead of run_id: the newest completed run of this repository."
    )
    output_dir: str | None = Field(default=None, max_length=4096)
    offset: int = Field(default=0, ge=0, le=10**9, description="In characters.")
    limit: int = Field(default=10_000, ge=1, le=MOST_CHARACTERS, description="In characters.")


class One(Parameters):
    """Of tools that look at one run."""

    run_id: Reference


class WaitFor(One):
    """Of lmstxt_wait_run."""

    timeout_s: float = Field(default=60, gt=0, le=LONGEST_WAIT_S)


class Decide(One):
    """Of lmstxt_answer_run."""

    decision: Decision


class Cancel(One):
    """Of lmstxt_cancel_run."""

    wait_s: Wait = 0


class Retry(One):
    """Of lmstxt_retry_run."""

    changes: dict[str, Annotated[str, Field(max_length=4096)]] = Field(
        default_factory=dict[str, str],
        max_length=6,
        description="What is to be different: model, ref, timeout, priority, artifacts, output.",
    )
    fresh: bool = Field(
        default=False, description="Begin at the start; else what earlier runs left is used again."
    )
    wait_s: Wait = 0


class Prune(Parameters):
    """Of lmstxt_prune_runs."""

    older_than: str | None = Field(
        default=None, max_length=32, description="Such as 36h or 14d; else the store's limits."
    )
    keep: int | None = Field(default=None, ge=0, le=10**6)
    keep_each: int | None = Field(
        default=None, ge=0, le=10**6, description="The newest so many of each source stay."
    )
    filter: str = Field(default="", max_length=1000)
    apply: bool = Field(default=False, description="Prune what a plan named, by its fingerprint.")
    fingerprint: str | None = Field(default=None, max_length=128)


class Check(Parameters):
    """Of lmstxt_check."""

    subject: Source = Field(description="Id of a run, or a file in a root.")
    profile: Profile = Profile.V1


class Diff(Parameters):
    """Of lmstxt_diff."""

    before: Source = Field(description="Id of a run, or a file in a root.")
    after: Source
    text: bool = Field(default=False, description="Give the changed lines too.")
