"""What a key is, and Textual's binding for it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One thing that can be done from the keyboard."""

    id: str
    """Stable name, so that a keymap can rebind it."""
    keys: str
    """Textual's names of the keys, separated by commas."""
    action: str
    label: str
    """A word for the footer and the palette."""
    help: str
    """A sentence for the help and the palette."""
    display: str = ""
    """How the keys are written; the first key itself when empty."""
    footer: bool = False
    """Named at the foot of the screen."""
    acts: bool = False
    """Changes what is in the store, so that it is refused where one may only look."""

    @property
    def written(self) -> str:
        """The keys as people read them."""
        return self.display or self.keys.split(",")[0]


def bindings(*groups: tuple[Key, ...]) -> list[BindingType]:
    """Textual's bindings for some groups of keys."""
    return [
        Binding(
            key.keys,
            key.action,
            key.label,
            show=key.footer,
            key_display=key.written,
            tooltip=key.help,
            id=key.id,
        )
        for group in groups
        for key in group
    ]
