"""The text of an artifact on a run's screen: rendered, as it is, or as an outline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from llmsdeck.model import ArtifactName, ArtifactText, RunId
from llmsdeck_tui.present import markdown, words
from llmsdeck_tui.present.markdown import Heading
from llmsdeck_tui.present.page import Page, Rows
from llmsdeck_tui.widgets.lines import Lines


class View(StrEnum):
    """How a text is shown."""

    RENDERED = "Markdown"
    SOURCE = "source"
    OUTLINE = "outline"


@dataclass(frozen=True, slots=True)
class Document:
    """An artifact made ready to be shown; `prepare` takes a while when it is long."""

    run_id: RunId
    text: ArtifactText
    rendered: Page
    source: Page
    outline: tuple[Heading, ...] = field(default=())

    @property
    def name(self) -> ArtifactName:
        """Which artifact it is."""
        return self.text.name


def prepare(run_id: RunId, text: ArtifactText) -> Document:
    """Make a text ready; call it beside the event loop."""
    source = Page(markdown.source(text.content))
    if text.name is ArtifactName.MANIFEST:
        return Document(run_id, text, source, source)
    rendered = Page(markdown.rendered(text.content))
    return Document(run_id, text, rendered, source, tuple(markdown.outline(text.content)))


class Reader(Vertical):
    """Shows one document, always at the same place of the text whatever the view."""

    def __init__(self) -> None:
        super().__init__()
        self.document: Document | None = None
        self.view = View.RENDERED

    def compose(self) -> ComposeResult:
        """What it is, and its lines."""
        yield Static(id="reader-heading")
        yield Lines(id="reader-lines")

    @property
    def lines(self) -> Lines:
        """The list that shows the text."""
        return self.query_one(Lines)

    def read(self, document: Document | None) -> None:
        """Show a document from its begin, or none."""
        self.document = document
        self.view = View.RENDERED
        self.lines.show(())
        self._draw(0)
        self.lines.restart()

    def turn_to(self, view: View) -> None:
        """Show the text in another way, at the same place."""
        place = self._place()
        self.view = view
        self._draw(place)

    def go_to_heading(self) -> None:
        """Go from the outline to where the chosen heading stands."""
        document, cursor = self.document, self.lines.cursor
        if document is not None and cursor is not None and document.outline:
            self.view = View.RENDERED
            self._draw(document.outline[cursor].line)

    def on_resize(self) -> None:
        """Fit the outline to the width."""
        if self.view is View.OUTLINE:
            self._draw(self._place())

    def _place(self) -> int:
        """The line of the text that is at the top, or whose heading is chosen."""
        rows, document = self.lines.rows, self.document
        if self.view is View.OUTLINE and document is not None and document.outline:
            return document.outline[self.lines.cursor or 0].line
        return rows.line_at(self.lines.scroll_offset.y) if isinstance(rows, Rows) else 0

    def _draw(self, place: int) -> None:
        document = self.document
        if document is None:
            return
        self.query_one("#reader-heading", Static).update(self._heading(document))
        if self.view is View.OUTLINE:
            chosen = sum(heading.line <= place for heading in document.outline) - 1
            self.lines.show(self._outline(document), cursor=bool(document.outline))
            self.lines.go_to(max(0, chosen))
            return
        page = document.rendered if self.view is View.RENDERED else document.source
        self.lines.show(page)
        if isinstance(rows := self.lines.rows, Rows):
            self.lines.go_to(rows.row_of(place))

    def _outline(self, document: Document) -> Sequence[Content]:
        if not document.outline:
            return [Content("This text has no headings.")]
        width = max(20, self.lines.scrollable_content_region.width)
        return [markdown.outline_line(heading, width) for heading in document.outline]

    def _heading(self, document: Document) -> Content:
        text = document.text
        extent = f"{words.number(text.total_chars)} characters"
        if text.truncated:
            extent = f"the first {words.number(len(text.content))} of {extent}"
        estimate = f"{markdown.tokens(text.total_chars)} (characters / {markdown.CHARS_PER_TOKEN})"
        return Content.assemble(
            (str(document.name), words.STRONG),
            (f"  {self.view}  ", words.LIVE),
            (f"{extent}  {estimate}", words.QUIET),
        )
