"""A text that is painted only when it says something else."""

from __future__ import annotations

from textual.content import Content
from textual.css.scalar import Scalar
from textual.widgets import Static


class Said(Static):
    """Safe content of which only a change costs something, and a layout only where it must be."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._said = Content("")

    def say(self, text: Content) -> None:
        """Say this from now on."""
        before, self._said = self._said, text
        if not text.is_same(before):
            self.update(text, layout=self._is_resized(before, text))

    def say_or_hide(self, text: Content) -> None:
        """Say this, and take no room while it is nothing."""
        if self.display is not bool(text):
            self.display = bool(text)
        self.say(text)

    def notify_style_update(self) -> None:
        """Paint it in the new colours, those that it only names among them."""
        super().notify_style_update()
        self.refresh()

    def _is_resized(self, before: Content, after: Content) -> bool:
        styles, width = self.styles, self.content_region.width
        if not width:
            return True
        if _is_auto(styles.width) and before.cell_length != after.cell_length:
            return True
        rules = styles.get_render_rules()
        return _is_auto(styles.height) and (
            before.get_height(rules, width) != after.get_height(rules, width)
        )


def _is_auto(size: Scalar | None) -> bool:
    return size is not None and size.is_auto
