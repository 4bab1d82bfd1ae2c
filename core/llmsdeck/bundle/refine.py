"""Improving an outline with a model: words, grouping and order, but never the links."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from llmsdeck.bundle import prompts
from llmsdeck.bundle.answers import Answers, NoAnswers, Questions, Tally
from llmsdeck.bundle.arrange import arranged
from llmsdeck.bundle.doubt import Ground, doubt
from llmsdeck.bundle.evidence import of_link, of_project
from llmsdeck.bundle.outline import Link, Outline
from llmsdeck.bundle.prose import NOTE_CHARACTERS, SUMMARY_CHARACTERS, leading_sentences
from llmsdeck.bundle.survey import Survey
from llmsdeck.lm import Call, Lane, ModelDownError, Prompt
from llmsdeck.sources import Material

_SUMMARY_LENGTHS: Final = (40, SUMMARY_CHARACTERS)
_PARAGRAPH_LENGTHS: Final = (60, prompts.PARAGRAPH_CHARACTERS)
_OVERVIEW_TOKENS: Final = (4000, 300)
"""Most and least material for the summary: more makes a slow machine read for minutes."""
_LINK_TOKENS: Final = (450, 120)
"""Most and least material for one note."""
_SAMPLED: Final = 2000
_BATCH: Final = 6
"""Links per call: few enough for a small model to keep apart."""
_TIMEOUTS: Final = 2
"""Calls in a row that may run out of time, or get no turn, before the rest is given up."""
_LOWERED: Final = "lowers the score"

Judge = Callable[[Outline], int]
"""How good an outline is; 0 when it may not be published. Called on a thread."""
Told = Callable[[int, int], None]
"""Called with the calls done and their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refined:
    """What came of it."""

    outline: Outline
    """The one that was given, where the model delivered nothing useful."""
    used: Mapping[str, int]
    """How much of the model's work stands: `summary`, `paragraph`, `notes`, `places`."""
    reasons: tuple[str, ...]
    """Why the rest does not; empty when everything was delivered and used."""
    calls: tuple[Call, ...]
    down: ModelDownError | None = None
    """What ended it early. Asking again resumes where it ended, if answers are kept."""


async def refine(
    outline: Outline,
    material: Material,
    survey: Survey,
    lane: Lane,
    judge: Judge,
    *,
    answers: Answers | None = None,
    told: Told = lambda done, total: None,
) -> Refined:
    """Let a model improve the words and the arrangement of an outline, call by call.

    Links come from the outline alone: the model answers with numbers. Whatever it writes is used
    only when nothing speaks against it and the judge's score does not fall.
    """
    first = len(lane.calls)
    standing, questions = _Standing(outline, judge), Questions(lane, answers or NoAnswers())
    await standing.measure()
    down = await _Refining(standing, material, survey, lane, questions).run(told)
    return Refined(
        outline=standing.outline,
        used=dict(standing.used),
        reasons=tuple(questions.reasons),
        calls=tuple(lane.calls[first:]),
        down=down,
    )


async def expected_tokens(
    outline: Outline,
    material: Material,
    survey: Survey,
    lane: Lane,
    *,
    answers: Answers | None = None,
) -> int:
    """About how many tokens `refine` would let the model read, beside those answered before.

    Repetitions of a prompt that was too long are not in it, and the last prompt lists the notes as
    they are now. Raises ModelDownError.
    """
    tally = Tally(lane, answers or NoAnswers())
    standing = _Standing(outline, lambda _: 0)
    await _Refining(standing, material, survey, lane, tally).measure()
    return tally.tokens


class _Standing:
    """The outline as it stands, which only ever gets better."""

    def __init__(self, outline: Outline, judge: Judge) -> None:
        self.outline = outline
        self.used: Counter[str] = Counter()
        self._judge = judge
        self._floor = 0

    async def measure(self) -> None:
        """Set the score below which nothing may fall."""
        self._floor = await asyncio.to_thread(self._judge, self.outline)

    async def adopt(self, candidate: Outline, what: str, amount: int = 1) -> bool:
        """Take the candidate, and count what it brings, unless it is worse."""
        points = await asyncio.to_thread(self._judge, candidate)
        if points < self._floor:
            return False
        self.outline, self._floor = candidate, points
        self.used[what] += amount
        return True


class _Refining:
    """The calls, one after the other."""

    def __init__(
        self,
        standing: _Standing,
        material: Material,
        survey: Survey,
        lane: Lane,
        questions: Questions,
    ) -> None:
        self._standing = standing
        self._links = dict(enumerate(standing.outline.links(), start=1))
        self._material = material
        self._survey = survey
        self._lane = lane
        self._questions = questions

    async def run(self, told: Told) -> ModelDownError | None:
        """Make every call; the error of a server that went away."""
        try:
            await self._lane.calibrate(self._sample())
            steps = self._steps()
            for done, step in enumerate(steps, start=1):
                await step()
                told(done, len(steps))
                if self._questions.timeouts >= _TIMEOUTS and done < len(steps):
                    left = f"{len(steps) - done} further calls were not made."
                    self._questions.reasons.append(f"The model is too slow or too busy; {left}")
                    break
        except ModelDownError as error:
            self._questions.reasons.append(str(error))
            return error
        return None

    async def measure(self) -> None:
        """Go through every step with questions that are only counted."""
        await self._lane.calibrate(self._sample())
        for step in self._steps():
            await step()

    def _sample(self) -> str:
        """Text of the kind that the prompts will hold."""
        paths = [link.path for link in self._links.values()][:_BATCH]
        texts = (self._material.by_path[path].text for path in paths)
        return prompts.SYSTEM + "\n".join(text[:_SAMPLED] for text in texts)

    def _steps(self) -> Sequence[Callable[[], Awaitable[None]]]:
        numbers = list(self._links)
        batches = [numbers[start : start + _BATCH] for start in range(0, len(numbers), _BATCH)]
        notes = [
            partial(self._note, batch, f"notes {count}/{len(batches)}")
            for count, batch in enumerate(batches, start=1)
        ]
        return (self._describe, *notes, self._arrange)

    async def _describe(self) -> None:
        """Summary and paragraph."""
        read = ""

        def build(tokens: int) -> Prompt[prompts.Overview]:
            nonlocal read
            outline, estimate = self._standing.outline, self._lane.estimate
            read = of_project(outline, self._material, self._survey, tokens, estimate)
            return prompts.overview(read)

        answer = await self._questions.ask(build, *_OVERVIEW_TOKENS)
        if answer is None:
            return
        ground, refused = Ground(read, prompts.INSTRUCTIONS), Counter[str]()
        for what, said, lengths, put in (
            ("summary", answer.value.summary, _SUMMARY_LENGTHS, _with_summary),
            ("paragraph", answer.value.paragraph, _PARAGRAPH_LENGTHS, _with_paragraph),
        ):
            text = _tidy(said, lengths[1])
            why = doubt(text, ground, lengths)
            if not why and not await self._standing.adopt(put(self._standing.outline, text), what):
                why = _LOWERED
            refused.update([f"the {what} {why}"] if why else [])
        self._questions.settle(answer, refused, used=refused.total() < 2)

    async def _note(self, numbers: Sequence[int], purpose: str) -> None:
        """The notes of a few links."""
        read: dict[int, str] = {}

        def build(tokens: int) -> Prompt[prompts.Notes]:
            each = tokens // len(numbers)
            for number in numbers:
                page = (self._links[number], self._material, self._survey)
                read[number] = of_link(number, *page, each, self._lane.estimate)
            return prompts.notes("\n\n".join(read.values()), len(numbers), purpose)

        bounds = (bound * len(numbers) for bound in _LINK_TOKENS)
        answer = await self._questions.ask(build, *bounds)
        if answer is None:
            return
        notes, refused = self._believed(answer.value, read)
        used = await self._adopt_notes(notes)
        refused[_LOWERED] += len(notes) - used
        if not answer.value.notes:
            refused["holds no note"] = 1
        self._questions.settle(answer, +refused, used=used > 0 or not +refused)

    def _believed(
        self, answer: prompts.Notes, read: Mapping[int, str]
    ) -> tuple[dict[str, str], Counter[str]]:
        """New notes by path, and why others are not used."""
        notes, refused = dict[str, str](), Counter[str]()
        for said in answer.notes:
            link, text = self._links.get(said.number), _tidy(said.note, NOTE_CHARACTERS[1])
            if link is None or said.number not in read or link.path in notes:
                refused["names no file, or one twice"] += 1
                continue
            ground = Ground(read[said.number], prompts.INSTRUCTIONS)
            known = f"{link.title} {link.path}"
            if why := doubt(text, ground, NOTE_CHARACTERS, known):
                refused[why] += text != link.note
            elif text != link.note:
                notes[link.path] = text
        return notes, refused

    async def _adopt_notes(self, notes: Mapping[str, str]) -> int:
        """How many were adopted: all at once, else each that does no harm."""
        standing = self._standing
        every = _with_notes(standing.outline, notes)
        if not notes or await standing.adopt(every, "notes", len(notes)):
            return len(notes)
        used = 0
        for path, note in notes.items():
            used += await standing.adopt(_with_notes(standing.outline, {path: note}), "notes")
        return used

    async def _arrange(self) -> None:
        """Grouping and order."""
        outline = self._standing.outline
        links = list(outline.links())
        if not 1 < len(links) <= prompts.MOST_LINKS:
            return
        listing = prompts.listing(outline)
        size = self._lane.estimate(listing)
        answer = await self._questions.ask(
            lambda tokens: prompts.arrangement(listing if tokens else "", len(links)), size, size
        )
        if answer is None:
            return
        candidate, why = arranged(outline, answer.value, self._survey), ""
        if isinstance(candidate, str):
            why = candidate
        elif candidate != outline:
            moved = sum(a != b for a, b in zip(candidate.links(), links, strict=True))
            adopted = await self._standing.adopt(candidate, "places", moved)
            why = "" if adopted else _LOWERED
        self._questions.settle(answer, Counter([why] if why else []), used=not why)


def _with_summary(outline: Outline, text: str) -> Outline:
    return replace(outline, summary=text)


def _with_paragraph(outline: Outline, text: str) -> Outline:
    return replace(outline, paragraph=text)


def _with_notes(outline: Outline, notes: Mapping[str, str]) -> Outline:
    def noted(link: Link) -> Link:
        return replace(link, note=notes.get(link.path, link.note))

    sections = (replace(part, links=tuple(map(noted, part.links))) for part in outline.sections)
    return replace(outline, sections=tuple(sections))


def _tidy(text: str, longest: int) -> str:
    """The text without what models put around it; whole sentences, as many as fit."""
    text = text.strip().strip('"“”').strip()
    shorter = leading_sentences(text, longest) if len(text) > longest else text
    return text if shorter.endswith("…") else shorter
