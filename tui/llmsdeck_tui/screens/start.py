"""The form that starts a run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import DescendantFocus, Paste
from textual.widget import Widget
from textual.widgets import Input, Static

from llmsdeck.answers import Preflight, Started
from llmsdeck.api import DeckApi, Field
from llmsdeck.errors import UsageError
from llmsdeck.model import DEFAULT_ARTIFACTS, Actor, ArtifactName, Run, RunRequest
from llmsdeck.states import TERMINAL
from llmsdeck_tui import completion, form, keys
from llmsdeck_tui.present import dialogs, replies, words
from llmsdeck_tui.safe import safe
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.widgets.choice import Choice
from llmsdeck_tui.widgets.plain_input import PlainInput

DEBOUNCE: Final = 0.25
"""Seconds without typing before the source is looked up."""

_CHOICES: Final = (ArtifactName.LLMS, ArtifactName.LLMS_FULL, ArtifactName.LLMS_CTX)


class CompletedInput(PlainInput):
    """A line that tab completes."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.COMPLETE)

    def __init__(self, field: Field, value: str, *, placeholder: str) -> None:
        super().__init__(value, placeholder=placeholder, id=field)
        self.field: Final = field

    @property
    def typed(self) -> str:
        """What is being typed, of several the last."""
        return self.value

    def complete(self, longer: str) -> None:
        """Put what is longer in the place of what is being typed."""
        self.value = self.value.removesuffix(self.typed) + longer
        self.cursor_position = len(self.value)


class SourceInput(CompletedInput):
    """The source's line: pasted lines are several sources."""

    @property
    def typed(self) -> str:
        """The last source."""
        return form.last(self.value)

    def on_paste(self, event: Paste) -> None:
        """Take every line that was pasted."""
        event.prevent_default()
        event.stop()
        lines = (line.strip() for line in event.text.splitlines())
        self.insert_text_at_cursor(", ".join(filter(None, lines)))


class StartForm(Dialog[Sequence[Started]]):
    """What to read, what to make, where to; checked while it is typed."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.START, keys.DIALOG)
    HEADING = "New run"

    def __init__(
        self, deck: DeckApi, actor: Actor, source: str = "", *, like: Run | None = None
    ) -> None:
        super().__init__()
        self._deck, self._actor, self._like = deck, actor, like
        self._asked = (
            form.Typed(source=form.joined([source] if source else []), artifacts=DEFAULT_ARTIFACTS)
            if like is None
            else form.typed_like(like)
        )
        self._requests: Sequence[RunRequest] = ()
        self._suggested: dict[tuple[Field, str], tuple[str, ...]] = {}
        self._accepted: tuple[Started, ...] = ()

    def compose_inside(self) -> ComposeResult:
        """The fields, each on one line, and what the source is."""
        asked = self._asked
        source = SourceInput(
            "source",
            asked.source,
            placeholder="folder, owner/name, address; commas between several",
        )
        yield from _field("Source", source)
        yield Static(id="offers", classes="hint")
        yield from _completed("Ref", "ref", asked.ref, "branch, tag or commit; as it is")
        with Horizontal(classes="field"):
            yield Static("Files", classes="label")
            for name in _CHOICES:
                yield Choice(name, name in asked.artifacts)
        yield from _completed("Model", "model", asked.model, "none; or auto, or a name")
        yield from self._line("Copy to", "output", asked.output_dir, "nowhere: kept in the store")
        yield from self._line("Timeout", "timeout", asked.timeout, "the policy's (90s, 30m)")
        yield from self._line("Priority", "priority", asked.priority, "0; higher starts sooner")
        yield Static(id="changes")
        yield Static(id="preflight")

    def on_mount(self) -> None:
        """Look at the form as it begins."""
        if self._like is not None:
            self.query_one("#frame").border_title = f"Like run {self._like.short_id}"
        self.query_one("#source" if self._like is None else "#ref").focus()
        self.check()

    @property
    def typed(self) -> form.Typed:
        """The fields as they stand."""
        return form.Typed(
            source=self._value("source"),
            ref=self._value("ref"),
            artifacts=tuple(ArtifactName(box.label) for box in self.query(Choice) if box.value),
            model=self._value("model"),
            output_dir=self._value("output"),
            timeout=self._value("timeout"),
            priority=self._value("priority"),
        )

    @property
    def changes(self) -> dict[str, tuple[str, str]]:
        """How the fields differ from the run that the form began with."""
        return form.changes(self._asked, self.typed)

    @on(Input.Changed)
    @on(Choice.Changed)
    def check(self) -> None:
        """Say at once what is missing, and soon what the source is."""
        self.complain("")
        if self._like is not None:
            said = dialogs.changes(self._like, self.changes)
            self.query_one("#changes", Static).update(said)
        try:
            requests = self._read()
        except UsageError as error:
            self._requests = ()
            self._say(Content.assemble((str(error), words.QUIET)))
        else:
            self._requests = requests
            self._say(Content.assemble(("looking…", words.QUIET)))
            self.look_up(requests)

    @on(Input.Changed)
    @on(DescendantFocus)
    def offer(self) -> None:
        """Show below a line what would complete it."""
        line, row = self.focused, self.query_one("#offers", Static)
        row.update(Content(""))
        if isinstance(line, CompletedInput) and isinstance(line.parent, Widget):
            self.query_one("#frame").move_child(row, after=line.parent)
            self.list_offers(line)

    @on(Input.Submitted)
    def submit(self) -> None:
        """Enter starts, from any field."""
        self.action_agree()

    def action_agree(self) -> None:
        """Start, when the form can be understood; what the source is no longer matters then."""
        self._requests = ()
        try:
            self.start(self._read())
        except UsageError as error:
            self.complain(str(error))

    async def action_complete(self) -> None:
        """Complete a line as far as it is certain; else go to the next field."""
        line = self.focused
        if isinstance(line, CompletedInput) and line.typed:
            longer = completion.common([*await self._offers(line)])
            if len(longer) > len(line.typed):
                line.complete(longer)
                return
        self.focus_next()

    @work(group="offers", exclusive=True, exit_on_error=False)
    async def list_offers(self, line: CompletedInput) -> None:
        """Show what completes a line, folders by their last name."""
        about = self._about(line)
        if about not in self._suggested:
            self._suggested[about] = await self._deck.suggest(*about)
        found = [offer for offer in await self._offers(line) if offer != line.typed]
        names = [f"{o[:-1].rpartition('/')[2]}/" if o.endswith("/") else o for o in found]
        if line.has_focus:
            self.query_one("#offers", Static).update(safe("  ".join(names), 200))

    async def _offers(self, line: CompletedInput) -> Sequence[str]:
        """What begins with what is being typed, as far as the deck has told; folders first."""
        typed = line.typed
        folders = await completion.look_up(typed) if line.field == "source" and typed else []
        known = self._suggested.get(self._about(line), ())
        past = (v for v in known if v.startswith(typed) and f"{v}/" not in folders)
        return (*folders, *past)

    def _about(self, line: CompletedInput) -> tuple[Field, str]:
        """The field, and the source that its values depend on."""
        return line.field, form.last(self._value("source")) if line.field == "ref" else ""

    @work(group="preflight", exclusive=True, exit_on_error=False)
    async def look_up(self, requests: Sequence[RunRequest]) -> None:
        """Ask the deck what the sources are, once typing has paused."""
        await asyncio.sleep(DEBOUNCE)
        answers = [await self._deck.preflight(request) for request in requests]
        if requests == self._requests:
            self._say(_verdict(answers))

    @work(group="start", exclusive=True, exit_on_error=False)
    async def start(self, requests: Sequence[RunRequest]) -> None:
        """Start; what is refused stays typed, and why is shown."""
        answers = await self._answer(requests)
        self._accepted += tuple(answer for answer in answers if answer.error is None)
        refused = [answer for answer in answers if answer.error is not None]
        if not refused:
            self.dismiss(self._accepted)
            return
        if len(answers) > 1:
            left = [
                request.source
                for request, answer in zip(requests, answers, strict=True)
                if answer.error is not None
            ]
            with self.prevent(Input.Changed):
                self.query_one("#source", SourceInput).value = form.joined(left)
        self._say(Content(""))
        self.complain(replies.refused(refused, accepted=len(answers) - len(refused)))

    async def _answer(self, requests: Sequence[RunRequest]) -> Sequence[Started]:
        """A retry names its parent; only an ended run of the same source can be one."""
        run, changes = self._like, self.changes
        if run is None or run.status not in TERMINAL or "source" in changes:
            return await self._deck.start(requests, self._actor)
        typed = {key: new for key, (_, new) in changes.items()}
        return await self._deck.retry([run.run_id], self._actor, typed)

    def _read(self) -> Sequence[RunRequest]:
        """What is asked for; a clone is of one source, whatever its name holds."""
        typed = self.typed
        return form.requests(typed) if self._like is None else (form.request(typed),)

    def action_close(self) -> None:
        """Close; what was accepted before is told."""
        self.dismiss(self._accepted)

    def _line(self, label: str, field: str, value: str, hint: str) -> ComposeResult:
        yield from _field(label, PlainInput(value, placeholder=hint, id=field))

    def _value(self, field: str) -> str:
        return self.query_one(f"#{field}", PlainInput).value

    def _say(self, text: Content) -> None:
        self.query_one("#preflight", Static).update(text)


def _completed(label: str, field: Field, value: str, hint: str) -> ComposeResult:
    yield from _field(label, CompletedInput(field, value, placeholder=hint))


def _field(label: str, widget: PlainInput) -> ComposeResult:
    with Horizontal(classes="field"):
        yield Static(label, classes="label")
        yield widget


def _verdict(answers: Sequence[Preflight]) -> Content:
    """What the source is; of several the first that cannot be used, if there is one."""
    bad = next((answer for answer in answers if not answer.ok), None)
    if bad is not None:
        return Content.assemble(("! ", words.WARN), safe(bad.message))
    said = answers[0].message if len(answers) == 1 else f"{len(answers)} sources can be used."
    return Content.assemble(("✓ ", words.GOOD), safe(said))
