"""How long a run will still take, as far as its store's history tells."""

from __future__ import annotations

from typing import Final

from llmsdeck.model import RunDetail
from llmsdeck.states import LIVE, RunStatus

_SOONEST_S: Final = 1.0
_LATEST_S: Final = 30.0


def poll_after(detail: RunDetail, age_s: float) -> float:
    """Seconds until another look at a run is worthwhile, from 1 to 30.

    What is left of the running phase by its usual time; without history, or beyond it, as long as
    the run is old already, so that even an endless run is asked after seldom.
    """
    run = detail.run
    if run.status not in LIVE:
        return _SOONEST_S
    running = next((phase for phase in detail.phases if phase.running), None)
    left = 0.0
    if running and running.usual_s and run.status is RunStatus.PROCESSING:
        left = running.usual_s[1] - running.seconds
    return min(max(left if left > 0 else age_s, _SOONEST_S), _LATEST_S)
