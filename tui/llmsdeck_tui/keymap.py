"""Which key does what, after the user's own choices."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from itertools import combinations
from typing import Final

from textual.keys import KEY_NAME_REPLACEMENTS, Keys, format_key

from llmsdeck.errors import UsageError
from llmsdeck_tui import keys
from llmsdeck_tui.keys import Key

VIM: Final = frozenset({"h", "j", "k", "l", "g", "G", "ctrl+d", "ctrl+u"})
"""Keys of vi for moving, which can be switched off."""
_NAMED: Final = frozenset(key.value for key in Keys if not key.value.startswith("<"))
_MODIFIERS: Final = frozenset({"ctrl", "shift", "alt", "super"})


def _sign_name(sign: str) -> str:
    """Textual's name of a punctuation mark."""
    name = unicodedata.name(sign).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


@cache
def _signs() -> Mapping[str, str]:
    """Punctuation marks by Textual's names of their keys; most people's keys need none of them."""
    return {_sign_name(sign): sign for sign in string.punctuation}


@dataclass(frozen=True, slots=True)
class Keymap:
    """Keys by the names of what they do, where they are not the usual ones."""

    chosen: Mapping[str, str] = field(default_factory=dict[str, str])
    """From the configuration, in Textual's names, separated by commas."""
    vim: bool = True
    """The letters of vi move."""

    def changed(self) -> Mapping[str, str]:
        """What Textual is to bind otherwise."""
        without = {} if self.vim else dict(_without_vim())
        return {**without, **self.chosen}

    def written(self, key: Key) -> str:
        """A key's keys as people read them."""
        changed = self.changed().get(key.id)
        return key.written if changed is None else " ".join(map(_written, changed.split(",")))


def read(chosen: Mapping[str, str], *, vim: bool = True) -> Keymap:
    """The keymap that a configuration asks for; raises UsageError naming what is nearest.

    A key that two things would share is refused when both can be in force at once.
    """
    known = {key.id: key for key in keys.EVERY}
    for name in chosen:
        if name not in known:
            raise UsageError(f"There is no {name!r} to bind a key to in [keys]; {_near(name)}")
    keymap = Keymap({name: _key_names(name, text) for name, text in chosen.items()}, vim)
    _refuse_shared(keymap)
    return keymap


def _near(name: str) -> str:
    known = [key.id for key in keys.EVERY]
    tails = {known_name.partition(".")[2]: known_name for known_name in known}
    near = [tails[tail] for tail in get_close_matches(name, tails, n=1, cutoff=0.8)]
    near = near or get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}."


def _key_names(name: str, text: str) -> str:
    """Textual's names of the keys in a text such as `x, ctrl+d` or `?`."""
    parts = [text] if text == "," else [part.strip() for part in text.split(",")]
    return ",".join(_key_name(name, part) for part in parts)


def _key_name(name: str, text: str) -> str:
    *modifiers, last = text.split("+") if len(text) > 1 else [text]
    last = _sign_name(last) if last in _signs().values() else last
    letter = len(last) == 1 and last.isalnum()
    if not (letter or last in _signs() or last in _NAMED) or not _MODIFIERS.issuperset(modifiers):
        near = get_close_matches(text, [*_NAMED, *_signs()], n=1)
        hint = f"did you mean {near[0]!r}?" if near else "write a letter, f5, ctrl+d or space."
        raise UsageError(f"[keys] {name}: there is no key {text!r}; {hint}")
    return "+".join([*modifiers, last])


def _written(name: str) -> str:
    return _signs().get(name) or format_key(name)


def _without_vim() -> Iterator[tuple[str, str]]:
    for key in keys.EVERY:
        names = key.keys.split(",")
        kept = [name for name in names if name not in VIM]
        if kept and len(kept) < len(names):
            yield key.id, ",".join(kept)


def _refuse_shared(keymap: Keymap) -> None:
    changed = keymap.changed()
    for group in keys.TOGETHER:
        for one, other in combinations(group, 2):
            mine = set(changed.get(one.id, one.keys).split(","))
            shared = mine & set(changed.get(other.id, other.keys).split(","))
            if shared and (one.id in keymap.chosen or other.id in keymap.chosen):
                key = _written(min(shared))
                raise UsageError(
                    f"[keys]: {key!r} would be both {one.id} and {other.id}; choose another key."
                )
