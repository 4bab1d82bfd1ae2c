from __future__ import annotations

import io
import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from llmsdeck.cli import main
from llmsdeck.cli.commands.start import read_sources
from llmsdeck.cli.examples import EXAMPLES
from llmsdeck.cli.grammar import grammar
from llmsdeck.cli.options import parse
from llmsdeck.errors import UsageError

VERBS = [
    verb
    for action in grammar()._actions
    for verb in (action.choices or ())
    if action.dest == "verb"
]


@pytest.fixture(autouse=True)
def nothing_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMSDECK_HOME", str(tmp_path / "deck"))
    monkeypatch.setenv("LLMSDECK_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("LLMSDECK_MODEL__BASE_URL", "http://127.0.0.1:9/v1")


def test_every_verb_has_an_example() -> None:
    assert set(VERBS) == set(EXAMPLES)


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line in lines])
def test_every_example_is_understood(line: str) -> None:
    command = line.rpartition("| ")[2].partition(" >")[0]
    words = shlex.split(command)
    assert parse(words[words.index("llmsdeck") + 1 :]).verb


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_every_verb_ends_in_examples(
    capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    assert main([verb, "--help"]) == 0
    assert capsys.readouterr().out.rstrip().endswith(EXAMPLES[verb][-1])


def test_the_doctor_exits_1_when_something_does_not_work_and_says_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    assert {"python", "sqlite", "git", "store", "model"} <= {each["subject"] for each in found}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "✗ git" in said
    assert "→ Install git" in said
    assert not (tmp_path / "deck").exists()


def test_config_names_the_file_and_where_each_value_came_from(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["config", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["file"] == str(tmp_path / "config.toml")
    origins = {each["key"]: each["origin"] for each in document["settings"]}
    assert origins["model.base_url"] == "LLMSDECK_MODEL__BASE_URL"


def test_settings_that_cannot_be_read_are_usage(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text("[modle]\n")
    assert main(["config"]) == 2
    assert "did you mean model?" in capsys.readouterr().err


def test_bash_can_read_the_completion_script(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "llmsdeck", "completion", "bash"]
    script = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "doctor" in script
    subprocess.run(["bash", "-n"], input=script, text=True, check=True, timeout=60)


def test_a_dash_stands_for_the_lines_of_standard_input() -> None:
    lines = io.StringIO("a/b\n\n  c/d  \n")
    assert read_sources(["x/y", "-"], lines) == ["x/y", "a/b", "c/d"]


@pytest.mark.parametrize(("lines", "reason"), [("", "was empty"), ("a/b\n" * 10_001, "in parts")])
def test_too_few_and_too_many_lines_are_refused(lines: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        read_sources(["-"], io.StringIO(lines))


def test_a_file_is_judged_without_a_store(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "llms.txt").write_text(
        "# Tea\n\n> Brews tea.\n\nFor all.\n\n## Docs\n\n- [A](https://x/a)\n"
    )
    main(["check", str(tmp_path / "llms.txt"), "--json"])
    assert json.loads(capsys.readouterr().out)["passed"] is True
    assert main(["diff", str(tmp_path / "llms.txt"), str(tmp_path / "llms.txt")]) == 0
    assert not (tmp_path / "deck").exists()


def test_a_file_that_is_not_there_is_usage_and_makes_no_store(tmp_path: Path) -> None:
    assert main(["check", str(tmp_path / "none.txt")]) == 2
    assert not (tmp_path / "deck").exists()
