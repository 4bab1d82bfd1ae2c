"""The form that starts a run."""

from __future__ import annotations

import asyncio
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from llmsdeck.api import DeckApi
from llmsdeck.errors import UsageError
from llmsdeck.model import DEFAULT_ARTIFACTS, Actor, ArtifactName, Preflight, RunRequest, Started
from llmsdeck_tui import completion, form, keys
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import safe
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.widgets.choice import Choice
from llmsdeck_tui.widgets.plain_input import PlainInput

DEBOUNCE: Final = 0.25
"""Seconds without typing before the source is looked up."""

_CHOICES: Final = (ArtifactName.LLMS, ArtifactName.LLMS_FULL, ArtifactName.LLMS_CTX)


class SourceInput(PlainInput):
    """The source's line: tab completes folders."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.COMPLETE)


class StartForm(Dialog[Started | None]):
    """What to read, what to make, where to; checked while it is typed."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.START, keys.DIALOG)
    HEADING = "New run"

    def __init__(self, deck: DeckApi, actor: Actor, source: str = "") -> None:
        super().__init__()
        self._deck, self._actor = deck, actor
        self._source = source
        self._request: RunRequest | None = None

    def compose_inside(self) -> ComposeResult:
        """The fields, each on one line, and what the source is."""
        yield from _field(
            "Source",
            SourceInput(
                self._source, placeholder="a folder, owner/name or an address", id="source"
            ),
        )
        yield Static(id="offers", classes="hint")
        yield from _field(
            "Ref", PlainInput(placeholder="branch, tag or commit; as it is", id="ref")
        )
        with Horizontal(classes="field"):
            yield Static("Files", classes="label")
            for name in _CHOICES:
                yield Choice(name, name in DEFAULT_ARTIFACTS)
        yield from _field("Model", PlainInput(placeholder="none; or auto, or a name", id="model"))
        yield from _field(
            "Copy to", PlainInput(placeholder="nowhere: kept in the store", id="output")
        )
        yield from _field(
            "Timeout", PlainInput(placeholder="the policy's (90s, 30m)", id="timeout")
        )
        yield Static(classes="gap")
        yield Static(id="preflight")

    def on_mount(self) -> None:
        """Look at the empty form."""
        self.query_one("#source").focus()
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
        )

    @on(Input.Changed)
    @on(Choice.Changed)
    def check(self) -> None:
        """Say at once what is missing, and soon what the source is."""
        self.complain("")
        try:
            request = form.request(self.typed)
        except UsageError as error:
            self._request = None
            self._say(Content.assemble((str(error), words.QUIET)))
        else:
            self._request = request
            self._say(Content.assemble(("looking…", words.QUIET)))
            self.look_up(request)

    @on(Input.Changed, "#source")
    def offer(self) -> None:
        """Look for folders that complete the source."""
        self.list_folders(self._value("source"))

    @on(Input.Submitted)
    def submit(self) -> None:
        """Enter starts, from any field."""
        self.action_agree()

    def action_agree(self) -> None:
        """Start, when the form can be understood."""
        try:
            self.start(form.request(self.typed))
        except UsageError as error:
            self.complain(str(error))

    async def action_complete(self) -> None:
        """Complete the folder's name as far as it is certain; else go to the next field."""
        source = self.query_one("#source", SourceInput)
        longer = completion.common(await completion.look_up(source.value))
        if len(longer) > len(source.value):
            source.value = longer
            source.cursor_position = len(longer)
        else:
            self.focus_next()

    @work(group="offers", exclusive=True, exit_on_error=False)
    async def list_folders(self, typed: str) -> None:
        """Show which folders complete the source."""
        found = await completion.look_up(typed) if typed else []
        names = [folder.removesuffix("/").rpartition("/")[2] + "/" for folder in found]
        self.query_one("#offers", Static).update(safe("  ".join(names), 200))

    @work(group="preflight", exclusive=True, exit_on_error=False)
    async def look_up(self, request: RunRequest) -> None:
        """Ask the deck what the source is, once typing has paused."""
        await asyncio.sleep(DEBOUNCE)
        answer = await self._deck.preflight(request)
        if request == self._request:
            self._say(_verdict(answer))

    @work(group="start", exclusive=True, exit_on_error=False)
    async def start(self, request: RunRequest) -> None:
        """Start; a refusal is shown and everything typed stays."""
        (answer,) = await self._deck.start([request], self._actor)
        if answer.error is None:
            self.dismiss(answer)
        else:
            self._say(Content(""))
            self.complain(str(answer.error))

    def _value(self, field: str) -> str:
        return self.query_one(f"#{field}", PlainInput).value

    def _say(self, text: Content) -> None:
        self.query_one("#preflight", Static).update(text)


def _field(label: str, widget: PlainInput) -> ComposeResult:
    with Horizontal(classes="field"):
        yield Static(label, classes="label")
        yield widget


def _verdict(answer: Preflight) -> Content:
    mark = ("✓ ", words.GOOD) if answer.ok else ("! ", words.WARN)
    return Content.assemble(mark, safe(answer.message))
