"""The part of the rubric that the text of an llms.txt alone decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import unquote

from llmsdeck.bundle.gates import quoted
from llmsdeck.bundle.parse import Parsed, ParsedLink
from llmsdeck.bundle.prose import NOTE_CHARACTERS, words
from llmsdeck.verdict import LinkAnswer, LinkState, Measure, Profile

SUMMARY_CHARACTERS: Final = (40, 300)
_INFO_CHARACTERS: Final = 80
_LINKS: Final = (10, 60)
_BYTES: Final = 12 * 1024
_SECTIONS: Final = (2, 8)
_WANTED_NOTES: Final = 0.9
"""Share of links with a telling note that is as good as all."""
_OPTIONAL: Final = "Optional"


def text_measures(parsed: Parsed, size: int, profile: Profile) -> Iterator[Measure]:
    """What can be measured in any file; `size` is in bytes."""
    links = [*parsed.links()]
    yield _summary(parsed.summary)
    yield _info(parsed.info)
    yield _notes(links)
    yield _titles(links)
    yield _sections(parsed, profile)
    yield _size(len(links), size)
    if profile is Profile.V2:
        yield _scope(links)


def share(good: int, total: int) -> float:
    """A part of a whole; of nothing, everything."""
    return good / total if total else 1.0


def counted(number: int, noun: str) -> str:
    """`1 link`, `2 links`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _summary(summary: str) -> Measure:
    shortest, longest = SUMMARY_CHARACTERS
    length, points = len(summary), 0.0
    if not summary:
        reason = "There is none; put one sentence as a quote ('> …') below the title."
    elif not shortest <= length <= longest:
        points, reason = 0.5, f"It has {length} characters; {shortest} to {longest} say enough."
    elif "![" in summary or "<img" in summary.lower():
        reason = "It shows an image; say in words what the project is."
    else:
        points, reason = 1.0, f"One quote of {length} characters."
    return Measure(name="summary", weight=5, points=points, reason=reason)


def _info(info: Sequence[str]) -> Measure:
    characters = sum(map(len, info))
    fine = len(info) > 1 or characters >= _INFO_CHARACTERS
    reason = f"{counted(len(info), 'line')} below the summary."
    if not fine:
        reason = "Say below the summary how to install it and what to know before reading on."
    return Measure(name="facts", weight=5, points=float(fine), reason=reason)


def _notes(links: Sequence[ParsedLink]) -> Measure:
    """A telling note adds words of its own to the title, other ones than every other note."""
    own = [words(link.note) - words(link.title) for link in links]
    times = Counter(own)
    shortest, longest = NOTE_CHARACTERS
    mute = [
        link
        for link, added in zip(links, own, strict=True)
        if not (shortest <= len(link.note) <= longest and len(added) >= 2 and times[added] == 1)
    ]
    told = share(len(links) - len(mute), len(links))
    points = min(1.0, told / _WANTED_NOTES)
    if not links:
        return Measure(name="notes", weight=10, points=0.0, reason="There are no links.")
    reason = f"{len(links) - len(mute)} of {len(links)} links have a note that tells something"
    if mute:
        reason += f"; write one of {shortest} to {longest} characters for {_named(mute[0])}"
    return Measure(name="notes", weight=10, points=points, reason=f"{reason}.")


def _titles(links: Sequence[ParsedLink]) -> Measure:
    times = Counter(link.title.lower() for link in links)
    poor = [link for link in links if _is_file_name(link) or times[link.title.lower()] > 1]
    if not links:
        return Measure(name="titles", weight=5, points=0.0, reason="There are no links.")
    reason = f"{len(links) - len(poor)} of {len(links)} links have a title of their own"
    if poor:
        reason += f"; {_named(poor[0])} is a file's name or occurs twice"
    points = share(len(links) - len(poor), len(links))
    return Measure(name="titles", weight=5, points=points, reason=f"{reason}.")


def _is_file_name(link: ParsedLink) -> bool:
    """Whether the title only repeats the end of the address."""
    title = link.title.lower()
    path = f"/{unquote(link.url).lower()}"
    return ("." in title or "/" in title) and path.endswith(f"/{title}")


def _named(link: ParsedLink) -> str:
    return f"{quoted(link.title)} in line {link.line}"


def _sections(parsed: Parsed, profile: Profile) -> Measure:
    names = [section.name for section in parsed.sections]
    fewest, most = _SECTIONS
    wrong: list[str] = []
    if not fewest <= len(names) <= most:
        wrong.append(
            f"{counted(len(names), 'section')}; {fewest} to {most} show how it is laid out."
        )
    if empty := [section for section in parsed.sections if not section.links]:
        wrong.append(f"Section {quoted(empty[0].name)} holds no link.")
    elif profile is Profile.V1 and (misplaced := _misplaced(names)):
        wrong.append(misplaced)
    reason = " ".join(wrong) or f"{counted(len(names), 'section')}, each with links."
    return Measure(name="sections", weight=10, points=1 - len(wrong) / 2, reason=reason)


def _misplaced(names: Sequence[str]) -> str:
    """What is wrong with Optional, which the first version of the format lets readers skip."""
    for name in names:
        if name != _OPTIONAL and name.lower() == _OPTIONAL.lower():
            return f"Write {_OPTIONAL!r} so, not {quoted(name)}, or nobody may skip it."
    if _OPTIONAL in names[:-1]:
        return f"{_OPTIONAL} is not the last section."
    return ""


def _size(links: int, size: int) -> Measure:
    fewest, most = _LINKS
    wrong: list[str] = []
    if not fewest <= links <= most:
        wrong.append(f"{counted(links, 'link')}; {fewest} to {most} are a good choice.")
    if size > _BYTES:
        wrong.append(f"{size} bytes; up to {_BYTES} are read at one go.")
    reason = " ".join(wrong) or f"{counted(links, 'link')} in {size} bytes."
    return Measure(name="size", weight=5, points=1 - len(wrong) / 2, reason=reason)


def _scope(links: Sequence[ParsedLink]) -> Measure:
    """Version 2: a file covers the pages beneath its own path."""
    relative = [link for link in links if "://" not in link.url]
    if not relative:
        reason = "All addresses are absolute, and where the file will stand is not known."
        return Measure(name="scope", weight=5, points=None, reason=reason)
    outside = [x for x in relative if x.url.startswith("/") or ".." in x.url.split("/")]
    reason = f"{len(relative) - len(outside)} of {len(relative)} relative links stay beneath it"
    if outside:
        reason += f"; {_named(outside[0])} leads out"
    points = share(len(relative) - len(outside), len(relative))
    return Measure(name="scope", weight=5, points=points, reason=f"{reason}.")


def live_links(answers: Sequence[LinkAnswer] | None) -> Measure:
    """Whether the links that were looked at are there; None: none was."""
    if answers is None:
        reason = "Not looked at; ask for it with --links."
        return Measure(name="live links", weight=10, points=None, reason=reason)
    dead = [answer for answer in answers if answer.state is LinkState.DEAD]
    alive = sum(answer.state is LinkState.ALIVE for answer in answers)
    unknown = len(answers) - alive - len(dead)
    if not alive + len(dead):
        reason = f"Nothing is known of {unknown} external links."
        return Measure(name="live links", weight=10, points=None, reason=reason)
    reason = f"{alive} alive, {len(dead)} dead, {unknown} unknown"
    if dead:
        reason += f"; mend {quoted(dead[0].url)} ({dead[0].reason})"
    points = share(alive, alive + len(dead))
    return Measure(name="live links", weight=10, points=points, reason=f"{reason}.")
