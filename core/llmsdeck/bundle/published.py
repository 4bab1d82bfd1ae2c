"""Bundles as they are found later: the files of a run, or one llms.txt anywhere on disk."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

from pydantic import ValidationError

from llmsdeck.bundle.gates import gate
from llmsdeck.bundle.judge import judge_text
from llmsdeck.bundle.manifest import Manifest
from llmsdeck.bundle.parse import parse
from llmsdeck.bundle.score import MATERIAL_MEASURES
from llmsdeck.bundle.secrets import secrets_in
from llmsdeck.errors import RefusedError, UsageError
from llmsdeck.model import ArtifactName, Run
from llmsdeck.verdict import Finding, Gate, LinkAnswer, Measure, Profile, Verdict

FILE_BYTES: Final = 1024 * 1024
"""A larger file is no llms.txt and is not read."""
ARTIFACT_BYTES: Final = 64 * 1024 * 1024
"""Bytes of an artifact that are read at most; bundles are capped far below."""
_FOLLOW: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_FENCE_LINES: Final = 20
"""The line that tells the fence of llms-full.txt is among the first ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What was found, by name; a file on disk counts as an llms.txt alone."""

    subject: str
    contents: Mapping[ArtifactName, bytes]
    run: Run | None = None

    def text(self, name: ArtifactName) -> str | None:
        """An artifact as text; bytes that are none survive as lone surrogates."""
        data = self.contents.get(name)
        return None if data is None else data.decode("utf-8", "surrogateescape")

    @property
    def llms(self) -> str:
        """The text of llms.txt; raises RefusedError when there is none."""
        text = self.text(ArtifactName.LLMS)
        if text is None:
            raise RefusedError(f"{self.subject} has no {ArtifactName.LLMS}.")
        return text


def names_file(subject: str) -> bool:
    """Whether a file is meant, not a run: there is one, or no run could be called so."""
    return not subject.isalnum() or os.path.isfile(subject)


def open_file(subject: str) -> Bundle:
    """Any file as an llms.txt; raises UsageError for one that cannot be read or is too large."""
    try:
        data = _read(os.path.expanduser(subject), _FOLLOW, FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"The file {subject!r} cannot be read: {why}.") from error
    if len(data) > FILE_BYTES:
        raise UsageError(f"The file {subject!r} is larger than {FILE_BYTES} bytes.")
    return Bundle(subject=subject, contents={ArtifactName.LLMS: data})


def open_run(run: Run) -> Bundle:
    """The published files of a run, as far as they are there; raises RefusedError for none."""
    contents: dict[ArtifactName, bytes] = {}
    for artifact in run.artifacts:
        try:
            flags = _FOLLOW | os.O_NOFOLLOW
            contents[artifact.name] = _read(artifact.path, flags, ARTIFACT_BYTES)
        except OSError:
            continue  # The gate "as published" names what is missing.
    return run_bundle(run, contents)


def run_bundle(run: Run, contents: Mapping[ArtifactName, bytes]) -> Bundle:
    """The bundle of a run; raises RefusedError when it has published nothing."""
    if not run.artifacts:
        raise RefusedError(f"Run {run.short_id} has no bundle, it is {run.status}.")
    return Bundle(subject=f"run {run.short_id}", contents=contents, run=run)


def _read(path: str, flags: int, limit: int) -> bytes:
    with open(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "it is not a regular file")
        return file.read(limit)


def judge(bundle: Bundle, profile: Profile, answers: Sequence[LinkAnswer] | None = None) -> Verdict:
    """The verdict on what was found; raises RefusedError without an llms.txt."""
    manifest = _manifest(bundle)
    return judge_text(
        bundle.subject,
        bundle.llms,
        profile,
        gates=[*_further_gates(bundle, manifest)],
        recorded=_recorded(manifest),
        answers=answers,
    )


def addresses(bundle: Bundle) -> tuple[str, ...]:
    """The external links of the llms.txt, each once, in order."""
    links = (link.url for link in parse(bundle.llms).links())
    return tuple(dict.fromkeys(url for url in links if url.lower().startswith(("http:", "https:"))))


def _manifest(bundle: Bundle) -> Manifest | None:
    data = bundle.contents.get(ArtifactName.MANIFEST)
    try:
        return None if data is None else Manifest.model_validate_json(data)
    except ValidationError:
        return None


def _recorded(manifest: Manifest | None) -> list[Measure]:
    """What was measured when the material was at hand."""
    return [
        Measure(name=item.name, weight=item.weight, points=item.points, reason=item.reason)
        for item in (manifest.rubric if manifest else ())
        if item.name in MATERIAL_MEASURES
    ]


def _further_gates(bundle: Bundle, manifest: Manifest | None) -> Iterator[Gate]:
    texts = {name: bundle.text(name) or "" for name in bundle.contents}
    yield gate("no secrets", secrets_in(texts))
    if bundle.run is not None:
        yield from _run_gates(bundle, bundle.run, manifest)


def _run_gates(bundle: Bundle, run: Run, manifest: Manifest | None) -> Iterator[Gate]:
    changed = [*_changes(bundle, run)]
    yield gate("as published", changed)
    if changed:
        return
    if ArtifactName.MANIFEST in bundle.contents:
        yield gate("manifest", _disagreements(run, manifest))
    if (full := bundle.text(ArtifactName.LLMS_FULL)) is not None:
        yield gate("full text", _gaps(bundle.llms, full, manifest))
    if (context := bundle.contents.get(ArtifactName.LLMS_CTX)) is not None:
        yield gate("context", _malformed(bundle.llms, context))


def _changes(bundle: Bundle, run: Run) -> Iterator[Finding]:
    """Files that are not what the row says."""
    for artifact in run.artifacts:
        data = bundle.contents.get(artifact.name)
        if data is None:
            yield Finding(message=f"{artifact.name} is gone or cannot be read.")
        elif hashlib.sha256(data).hexdigest() != artifact.hash_sha256:
            message = f"{artifact.name} was changed after it was published."
            yield Finding(message=message)


def _disagreements(run: Run, manifest: Manifest | None) -> Iterator[Finding]:
    if manifest is None:
        yield Finding(message=f"{ArtifactName.MANIFEST} cannot be understood.")
        return
    told = {(file.name, file.size_bytes, file.hash_sha256) for file in manifest.files}
    there = {
        (artifact.name, artifact.size_bytes, artifact.hash_sha256)
        for artifact in run.artifacts
        if artifact.name != ArtifactName.MANIFEST
    }
    for name, _, _ in sorted(told ^ there):
        yield Finding(message=f"it does not agree with {name}.")
    if manifest.source.commit != run.commit:
        yield Finding(message=f"it tells of commit {manifest.source.commit}, not {run.commit}.")


def _gaps(llms: str, full: str, manifest: Manifest | None) -> Iterator[Finding]:
    """Whether each link has its text, and each text a place in the parts."""
    found = [path for path, _ in blocks(full)]
    links = sum(1 for _ in parse(llms).links())
    if len(found) != links:
        yield Finding(message=f"it holds {len(found)} files for {links} links.")
    split = dict.fromkeys(
        x.path for part in (manifest.parts if manifest else ()) for x in part.files
    )
    if split and [*split] != found:
        yield Finding(message="its parts do not hold the same files in the same order.")


def blocks(full: str) -> Iterator[tuple[str, str]]:
    """Path and text of each file in an llms-full.txt of ours; nothing for other texts."""
    fence = _fence(full)
    if not fence:
        return
    pieces = full.split(f"\n{fence}\n")
    for head, body in zip(pieces[1::2], pieces[2::2], strict=False):
        yield head.partition("\n")[0].removeprefix("File: "), body


def _fence(full: str) -> str:
    """The fence that the head tells; empty when it tells none."""
    for line in full[:10_000].split("\n")[:_FENCE_LINES]:
        words = line.split()
        if line.endswith("equals signs.") and len(words) > 2 and words[-3].isdecimal():
            length = int(words[-3][:9])
            return "=" * length if length < len(full) else ""
    return ""


def _malformed(llms: str, context: bytes) -> Iterator[Finding]:
    try:
        root = ElementTree.fromstring(context)
    except ElementTree.ParseError as error:
        yield Finding(message=f"{ArtifactName.LLMS_CTX} is not well-formed: {error}.")
        return
    links = [s.links for s in parse(llms).sections if s.name != "Optional"]
    found, wanted = len(root.findall("./*/doc")), sum(map(len, links))
    if found != wanted:
        yield Finding(message=f"it holds {found} documents for {wanted} links.")
