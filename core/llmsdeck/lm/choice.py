"""Which of a server's models is asked."""

from __future__ import annotations

from typing import Final

from llmsdeck.lm.discovery import Offer, ServerKind, ServerView
from llmsdeck.lm.errors import Fault, ModelError
from llmsdeck.text import visible

AUTO: Final = "auto"
"""The configured model, else the one that is loaded."""
_EMBEDDING: Final = "embed"
"""Part of the name of most models that write no text."""
_RELOADING: Final = (ServerKind.OLLAMA, ServerKind.LLAMA_CPP)
"""Servers that forget a model after a while and load it again when it is asked."""
_LISTED: Final = 8
_NAME_CHARACTERS: Final = 80


def choose(view: ServerView, wanted: str, place: str) -> Offer:
    """The model to ask: by name, or for `auto` the one that is loaded.

    The first by name when several qualify, so that the choice can be repeated. Raises ModelError.
    """
    if wanted == AUTO:
        return _loaded(view, place)
    named = [offer for offer in view.offers if wanted in (offer.name, offer.key, *offer.others)]
    named.sort(key=lambda offer: (not offer.loaded, offer.name != wanted, offer.name))
    if not named:
        return _unlisted(view, wanted, place)
    if not named[0].loaded and not view.loads:
        message = (
            f"{place} has not loaded {visible(wanted, _NAME_CHARACTERS)!r}; load it there first."
        )
        raise ModelError(Fault.UNKNOWN_MODEL, message)
    return named[0]


def _loaded(view: ServerView, place: str) -> Offer:
    writers = [offer for offer in view.offers if _EMBEDDING not in offer.name.lower()]
    loaded = [offer for offer in writers if offer.loaded]
    if view.kind is ServerKind.OTHER and len(loaded) > 1:
        message = (
            f"{place} does not say which model is loaded; name one with --model{_known(view)}."
        )
        raise ModelError(Fault.UNKNOWN_MODEL, message)
    if not loaded and len(writers) == 1 and view.kind in _RELOADING:
        return writers[0]
    if loaded:
        return loaded[0]
    message = f"{place} has no model loaded; load one or name it with --model{_known(view)}."
    raise ModelError(Fault.UNKNOWN_MODEL, message)


def _unlisted(view: ServerView, wanted: str, place: str) -> Offer:
    if not view.offers and view.kind is ServerKind.OTHER:
        return Offer(name=wanted, key=wanted)
    message = f"{place} has no model {visible(wanted, _NAME_CHARACTERS)!r}{_known(view)}."
    raise ModelError(Fault.UNKNOWN_MODEL, message)


def _known(view: ServerView) -> str:
    names = sorted({offer.key or offer.name for offer in view.offers})
    if not names:
        return "; it has none"
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return (
        "; it has " + ", ".join(visible(name, _NAME_CHARACTERS) for name in names[:_LISTED]) + more
    )
