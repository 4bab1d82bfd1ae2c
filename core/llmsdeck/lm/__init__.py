"""Asking a language model, through the OpenAI-compatible server that a user runs.

```
async with open_lane(config.model, wanted, folder, observer) as lane:   # discovery, load
    reply = await lane.ask(Prompt(purpose=…, system=…, user=…, shape=…, max_tokens=…))
    lane.settle(reply, accepted=True)                                   # completes its record
```
`shape` is a pydantic model: it becomes the strict schema of the request and checks the reply.
ModelError means that one call misbehaved (`error.fault` says how), ModelDownError that no call can
succeed until the server is back. `Observer` hears of waiting, tokens, every call's record, and
whether the server stopped after a cancel. `folder` holds the locks by which all processes share a
server. Everything a server sends is bounded and never trusted.
"""

from __future__ import annotations

from llmsdeck.lm.choice import AUTO
from llmsdeck.lm.discovery import Offer, ServerKind
from llmsdeck.lm.errors import Fault, ModelDownError, ModelError
from llmsdeck.lm.lane import Lane, open_lane
from llmsdeck.lm.limits import LIMITS, Limits
from llmsdeck.lm.prompt import Call, Observer, Prompt, Reply, Stopped, Unobserved

__all__ = [
    "AUTO",
    "LIMITS",
    "Call",
    "Fault",
    "Lane",
    "Limits",
    "ModelDownError",
    "ModelError",
    "Observer",
    "Offer",
    "Prompt",
    "Reply",
    "ServerKind",
    "Stopped",
    "Unobserved",
    "open_lane",
]
