"""A text on a run's screen: an artifact rendered, as it is, or as an outline; a call's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from llmsdeck.calls import CallText, ModelCall
from llmsdeck.model import ArtifactName
from llmsdeck.pages import ArtifactText
from llmsdeck_tui.present import calls, markdown, words
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
    """A text made ready to be shown in one view; use `prepare` or `prepare_call`."""

    title: Content
    view: View
    page: Page
    """Empty for an outline."""
    text: ArtifactText | None = None
    """The artifact that can be shown in other views; None for a call."""
    outline: tuple[Heading, ...] = ()


def prepare(text: ArtifactText, view: View, width: int) -> Document:
    """Make an artifact ready; call it beside the event loop, since it may take seconds."""
    title = _title(text, view)
    if view is View.OUTLINE:
        return Document(title, view, Page([]), text, tuple(markdown.outline(text.content)))
    is_prose = view is View.RENDERED and text.name is not ArtifactName.MANIFEST
    page = Page((markdown.rendered if is_prose else markdown.source)(text.content))
    page.fold(width)
    return Document(title, view, page, text)


def prepare_call(call: ModelCall, said: CallText, width: int) -> Document:
    """Make what was said in a call ready, beside the event loop too."""
    page = Page(calls.text(call, said))
    page.fold(width)
    return Document(calls.title(call), View.SOURCE, page)


class Reader(Vertical):
    """Shows one document, at the same place of the text whatever the view."""

    def __init__(self) -> None:
        super().__init__()
        self.document: Document | None = None

    def compose(self) -> ComposeResult:
        """What it is, and its lines."""
        yield Static(id="reader-heading")
        yield Lines(id="reader-lines")

    @property
    def lines(self) -> Lines:
        """The list that shows the text."""
        return self.query_one(Lines)

    @property
    def view(self) -> View:
        """How the text is shown."""
        return self.document.view if self.document is not None else View.RENDERED

    @property
    def place(self) -> int:
        """The line of the text that is at the top, or whose heading is chosen."""
        rows, document = self.lines.rows, self.document
        if document is not None and document.outline:
            return document.outline[self.lines.cursor or 0].line
        return rows.line_at(self.lines.scroll_offset.y) if isinstance(rows, Rows) else 0

    def read(self, document: Document | None, place: int = 0) -> None:
        """Show a document from this line on, or none."""
        self.document = document
        self.lines.show(())
        self.lines.restart()
        if document is not None:
            self.query_one("#reader-heading", Static).update(document.title)
            self._draw(document, place)

    def on_resize(self) -> None:
        """Fit the outline to the width."""
        if self.document is not None and self.document.outline:
            self._draw(self.document, self.place)

    def _draw(self, document: Document, place: int) -> None:
        if document.view is View.OUTLINE:
            chosen = sum(heading.line <= place for heading in document.outline) - 1
            self.lines.show(self._outline(document), cursor=bool(document.outline))
            self.lines.go_to(max(0, chosen))
            return
        self.lines.show(document.page)
        if isinstance(rows := self.lines.rows, Rows):
            self.lines.go_to(rows.row_of(place))

    def _outline(self, document: Document) -> Sequence[Content]:
        if not document.outline:
            return [Content("This text has no headings.")]
        width = max(20, self.lines.scrollable_content_region.width)
        return [markdown.outline_line(heading, width) for heading in document.outline]


def _title(text: ArtifactText, view: View) -> Content:
    """What is shown, in which view, how much of it, and how many tokens that may be."""
    extent = f"{words.number(text.total_chars)} characters"
    if text.truncated:
        extent = f"the first {words.number(len(text.content))} of {extent}"
    estimate = f"{words.tokens(text.total_chars)} (characters / {words.CHARS_PER_TOKEN})"
    return Content.assemble(
        (str(text.name), words.STRONG),
        (f"  {view}  ", words.LIVE),
        (f"{extent}  {estimate}", words.QUIET),
    )
