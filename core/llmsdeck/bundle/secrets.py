"""Strings that look like somebody's secret, taken out of everything that a bundle copies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from llmsdeck.bundle.outline import Link, Outline, Section
from llmsdeck.model import ArtifactName
from llmsdeck.verdict import Finding

MARK: Final = "(redacted secret)"
"""What stands where a secret stood; plain enough for every place that text can go to."""

_TOKENS: Final[tuple[tuple[str, str], ...]] = (
    ("ghp_", r"ghp_[A-Za-z0-9]{36,255}"),
    ("gho_", r"gho_[A-Za-z0-9]{36,255}"),
    ("ghu_", r"ghu_[A-Za-z0-9]{36,255}"),
    ("ghs_", r"ghs_[A-Za-z0-9]{36,255}"),
    ("ghr_", r"ghr_[A-Za-z0-9]{36,255}"),
    ("github_pat_", r"github_pat_[A-Za-z0-9_]{50,255}"),
    ("glpat-", r"glpat-[A-Za-z0-9_-]{20,255}"),
    ("gldt-", r"gldt-[A-Za-z0-9_-]{20,255}"),
    ("glrt-", r"glrt-[A-Za-z0-9_-]{20,255}"),
    ("AKIA", r"AKIA[A-Z2-7]{16}"),
    ("ASIA", r"ASIA[A-Z2-7]{16}"),
    ("AIza", r"AIza[A-Za-z0-9_-]{35}"),
    ("ya29.", r"ya29\.[A-Za-z0-9_-]{50,1000}"),
    ("GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{28}"),
    ("sk-ant-", r"sk-ant-[a-z]{2,10}\d{2}-[A-Za-z0-9_-]{60,255}"),
    ("sk-proj-", r"sk-proj-[A-Za-z0-9_-]{40,255}"),
    ("sk-svcacct-", r"sk-svcacct-[A-Za-z0-9_-]{40,255}"),
    ("T3BlbkFJ", r"sk-[A-Za-z0-9_-]{20,80}T3BlbkFJ[A-Za-z0-9_-]{20,80}"),
    ("sk-or-v1-", r"sk-or-v1-[0-9a-f]{64}"),
    ("gsk_", r"gsk_[A-Za-z0-9]{52}"),
    ("hf_", r"hf_[A-Za-z]{34}"),
    ("sk_live_", r"sk_live_[A-Za-z0-9]{20,255}"),
    ("rk_live_", r"rk_live_[A-Za-z0-9]{20,255}"),
    ("whsec_", r"whsec_[A-Za-z0-9+/]{32,255}"),
    ("npm_", r"npm_[A-Za-z0-9]{36}"),
    ("pypi-AgE", r"pypi-AgE[A-Za-z0-9_-]{50,1000}"),
    ("rubygems_", r"rubygems_[0-9a-f]{48}"),
    ("dckr_pat_", r"dckr_pat_[A-Za-z0-9_-]{27}"),
    ("dop_v1_", r"dop_v1_[0-9a-f]{64}"),
    ("SG.", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("xoxb-", r"xoxb-\d{8,20}-[A-Za-z0-9-]{20,255}"),
    ("xoxp-", r"xoxp-\d{8,20}-[A-Za-z0-9-]{20,255}"),
    ("xapp-", r"xapp-\d-[A-Z0-9]{8,20}-\d{8,20}-[a-f0-9]{40,255}"),
    ("hooks.slack.com/", r"hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/\w{24}"),
    ("/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_-]{60,80}"),
    ("shpat_", r"shpat_[0-9a-fA-F]{32}"),
    ("hvs.", r"hvs\.[A-Za-z0-9_-]{24,255}"),
    ("AccountKey=", r"AccountKey=[A-Za-z0-9+/]{86}=="),
    ("AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
)
"""What a token starts with, or surely holds, and its whole form as its provider documents it."""

_SHORTEST: Final = 20
"""Characters of the shortest token; each is one word, without white space."""
_KEY: Final = (
    r"(?P<secret>-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:\s{0,9}[A-Z][A-Za-z]{1,20}(?:-[A-Za-z]{1,20})?: [^\n]{0,200}){0,4}"
    r"[^-]{0,20000}(?:-----END [A-Z0-9 ]{0,60}KEY(?: BLOCK)?-----)?)"
)
_KEY_LINE: Final = re.compile(r"[A-Za-z0-9+/=]{40}")
_ADDRESS: Final = (
    r"://[^\s/:@'\"<>`]{1,64}:(?P<secret>[^\s/:@'\"<>`\\]{10,128})(?=@[A-Za-z0-9.-]{1,200})"
)
_EXAMPLE: Final = re.compile(
    r"(?i)example|x{6}|0{6}|1234|abcdef|(.)\1{5}|pass|secret|placeholder|redacted|[${}%*\[\]]"
)


def _is_token(text: str) -> bool:
    return not _EXAMPLE.search(text)


def _is_key(text: str) -> bool:
    """Whether there is a line of a real key between the marks, not just an ellipsis."""
    return bool(_KEY_LINE.search(text))


def _is_password(text: str) -> bool:
    """Whether this looks made by chance: letters and digits mixed, and no word of examples."""
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return mixed and not _EXAMPLE.search(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """One kind of secret."""

    mark: str
    """Occurs in every text that holds one; looking for it is much cheaper than the pattern."""
    pattern: str
    """With the group `secret`; linear in the text. Compiled when the mark first occurs anywhere."""
    is_real: Callable[[str], bool]
    """Whether what matched is no placeholder."""
    in_long_words: bool = False
    """It is never found but in a word of at least `_SHORTEST` characters."""


_FORMS: Final = (
    *(
        _Form(
            mark=mark,
            pattern=rf"(?<![A-Za-z0-9])(?P<secret>{form})(?![A-Za-z0-9])",
            is_real=_is_token,
            in_long_words=True,
        )
        for mark, form in _TOKENS
    ),
    _Form(mark="PRIVATE KEY", pattern=_KEY, is_real=_is_key),
    _Form(mark="://", pattern=_ADDRESS, is_real=_is_password),
)


def redacted(text: str) -> tuple[str, int]:
    """The text with a mark in place of each secret-looking string, and how many there were.

    Cost grows with the length of the text only: a form is tried only where its mark occurs, and
    most marks are looked for in the long words only, which are a quarter of it.
    """
    count = 0
    long_words = " ".join([word for word in text.split() if len(word) >= _SHORTEST])
    for form in _FORMS:
        if form.mark in (long_words if form.in_long_words else text):
            text, found = _hidden(form, text)
            count += found
    return text, count


def outline_without_secrets(outline: Outline) -> tuple[Outline, int]:
    """The outline with its words redacted; links whose address holds a secret are left out."""
    count = 0

    def clean(text: str) -> str:
        nonlocal count
        text, found = redacted(text)
        count += found
        return text

    def kept(links: tuple[Link, ...]) -> Iterator[Link]:
        for link in links:
            if clean(link.path) == link.path and clean(link.url) == link.url:
                yield replace(link, title=clean(link.title), note=clean(link.note))

    sections = tuple(Section(name=s.name, links=tuple(kept(s.links))) for s in outline.sections)
    cleaned = replace(
        outline,
        title=clean(outline.title),
        summary=clean(outline.summary),
        paragraph=clean(outline.paragraph),
        facts=tuple(map(clean, outline.facts)),
        sections=tuple(section for section in sections if section.links),
    )
    return cleaned, count


def secrets_in(texts: Mapping[ArtifactName, str]) -> Iterator[Finding]:
    """A finding for each artifact that still holds a secret-looking string."""
    for name, text in texts.items():
        _, count = redacted(text)
        if count:
            yield Finding(message=f"{name} holds {count} strings that look like secrets.")


def _hidden(form: _Form, text: str) -> tuple[str, int]:
    pieces: list[str] = []
    start = 0
    for match in re.finditer(form.pattern, text):
        if form.is_real(match["secret"]):
            pieces += (text[start : match.start("secret")], MARK)
            start = match.end("secret")
    return "".join((*pieces, text[start:])), len(pieces) // 2
