"""Why a run is in its state, as a page: the reason, what it rests on, what may be done."""

from __future__ import annotations

from textual.content import Content

from llmsdeck.why import Explanation
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import plain, safe


def lines(explanation: Explanation) -> list[Content]:
    """The headline, the evidence with the limits in force, and the next steps, safest first."""
    width = max((len(each.fact) for each in explanation.evidence), default=0)
    return [
        Content.assemble((plain(explanation.headline), words.STRONG)),
        Content(""),
        Content.assemble(("EVIDENCE", words.HEADING)),
        *(
            Content.assemble(
                (f"  {plain(each.fact, 60):<{width}}  ", words.QUIET),
                safe(each.value),
                (f"   limit {plain(each.limit, 80)}" if each.limit else "", words.QUIET),
            )
            for each in explanation.evidence
        ),
        Content(""),
        Content.assemble(("WHAT MAY BE DONE", words.HEADING)),
        *(
            Content.assemble(
                ("  → ", words.LIVE),
                safe(step.sentence),
                (f"   {plain(step.command, 200)}" if step.command else "", words.QUIET),
            )
            for step in explanation.next_steps
        ),
    ]
