"""When another look at a run is worthwhile, as far as its store's history tells."""

from __future__ import annotations

from typing import Final

from llmsdeck.forecast import forecast
from llmsdeck.snapshot import DeckSnapshot

_SOONEST_S: Final = 1.0
_LATEST_S: Final = 30.0


def poll_after(snapshot: DeckSnapshot) -> float:
    """Seconds until the focused run of a snapshot is worth another look, from 1 to 30.

    When it usually has ended; without a history, or beyond it, as long as the run is old already,
    so that even an endless run is asked after seldom.
    """
    expected = forecast(snapshot)
    if snapshot.detail is None or expected is None:
        return _SOONEST_S
    ends = expected.ends.most if expected.ends else None
    age_s = (snapshot.taken_at - snapshot.detail.run.created_at).total_seconds()
    return min(max(age_s if ends is None else ends, _SOONEST_S), _LATEST_S)
