from __future__ import annotations

from pathlib import Path

import pytest
from two_decks import Stage, started

from llmsdeck.comparison import Change
from llmsdeck.errors import NoSuchRunError, RefusedError, UsageError
from llmsdeck.model import ArtifactName
from llmsdeck.verdict import Profile


async def test_an_artifact_that_is_not_there_is_refused(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    with pytest.raises(RefusedError):
        await stage.deck.read_artifact(run.run_id, ArtifactName.LLMS)


async def test_any_file_can_be_judged_and_compared(stage: Stage, tmp_path: Path) -> None:
    before, after = tmp_path / "a.txt", tmp_path / "b.txt"
    before.write_text("# T\n\n## D\n\n- [a](u)\n")
    after.write_text("# T\n\n## D\n\n- [b](u)\n")
    strict = await stage.deck.check(str(before), Profile.V1)
    lenient = await stage.deck.check(str(before), Profile.V2)
    assert (strict.passed, lenient.passed) == (False, True)
    comparison = await stage.deck.diff(str(before), str(after))
    assert [link.change for link in comparison.links] == [Change.RETITLED]
    assert (await stage.deck.diff(str(before), str(before))).equal


async def test_what_cannot_be_judged_says_why(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    with pytest.raises(RefusedError, match="has no bundle, it is pending"):
        await stage.deck.check(run.run_id, Profile.V1)
    with pytest.raises(NoSuchRunError):
        await stage.deck.check("zzzzzz", Profile.V1)
    with pytest.raises(UsageError, match="cannot be read"):
        await stage.deck.check("./nothing.txt", Profile.V1)
    with pytest.raises(RefusedError):
        await stage.deck.diff(run.run_id, run.run_id)
