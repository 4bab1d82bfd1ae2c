"""`calls`: what a run asked of a model, and every word of one call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llmsdeck.api import DeckApi
from llmsdeck.calls import ModelCall
from llmsdeck.cli.describe import duration, table
from llmsdeck.cli.options import Options
from llmsdeck.cli.output import Output
from llmsdeck.cli.tones import Line, Tone, Toned
from llmsdeck.contract import call_document, call_text_document
from llmsdeck.errors import UsageError


async def calls(deck: DeckApi, options: Options, output: Output) -> int:
    """The calls of a run; with a number, what was said in that one, as it is."""
    run = await deck.find(options.run)
    made = await deck.calls(run.run_id)
    if options.number is None:
        document = {"run_id": run.run_id, "calls": [call_document(call) for call in made]}
        output.result(document, _lines(made))
        return 0
    if options.number > len(made):
        raise UsageError(f"Run {run.short_id} has no call {options.number}; it made {len(made)}.")
    call = made[options.number - 1]
    said = await deck.read_call(run.run_id, call)
    if output.as_json:
        output.result(call_text_document(run, call, said), ())
    else:
        output.raw(said.whole)
    return 0


def _lines(made: Sequence[ModelCall]) -> Iterator[Line]:
    if not made:
        yield "It made no call to a model."
        return
    rows = [("CALL", "PURPOSE", "MODEL", "IN", "OUT", "TOOK", "ANSWER", "REASON")]
    rows += [
        (
            str(call.number),
            call.purpose,
            call.model,
            str(call.prompt_tokens),
            str(call.completion_tokens),
            duration(call.seconds),
            _verdict(call),
            call.reason,
        )
        for call in made
    ]
    yield from table(rows)


def _verdict(call: ModelCall) -> Toned:
    if not call.accepted:
        return Toned("not used", Tone.WARN)
    return Toned("in part" if call.reason else "used", Tone.GOOD)
