from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from agents import Agency, agency, refusal, text_of

from llmsdeck.errors import DeckError, RefusedError, UsageError
from llmsdeck.mcp.roots import Roots
from llmsdeck.model import RunRequest
from llmsdeck.testing import FakeDeck

OUTSIDE = ("etc", "etc/passwd", "root", "secret", "secret/deep", "..", "proc/self")
WAYS_UP = (
    "../",
    "../../",
    "./../",
    "flask/../../",
    "flask/../../../",
    "./flask/./../..//",
    "/",
    "//",
    "/./",
    "/../",
    "~/",
    "~/../",
    "~root/",
    "link/",
    "link/../",
    "./link/",
    "flask/up/",
    "flask/up/../",
)
TAILS = ("", "/", "/.", "//", "/../x")


def escapes() -> list[str]:
    """Ways to name a place outside the root."""
    return ["".join(parts) for parts in product(WAYS_UP, OUTSIDE, TAILS)]


@pytest.fixture
def roots(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Roots:
    """A root with links that lead out of it, and a home folder outside."""
    (tmp_path / "secret" / "deep").mkdir(parents=True)
    (root / "link").symlink_to(tmp_path)
    (root / "flask" / "up").symlink_to("../..")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return Roots.of((root,), tmp_path / "store", root)


def test_no_attempt_gets_out_of_the_roots(roots: Roots, root: Path) -> None:
    refused = 0
    for attempt in escapes():
        try:
            placed = Path(roots.place(attempt))
        except DeckError:
            refused += 1
        else:
            assert placed.is_relative_to(root.resolve()), attempt
    assert refused >= 500


def test_no_attempt_is_vetted_as_a_source_or_an_output(roots: Roots, root: Path) -> None:
    for attempt in escapes():
        path = (root / Path(attempt).expanduser()) if attempt[0] != "~" else Path(attempt[1:])
        if path.resolve().is_relative_to(root.resolve()):
            continue
        with pytest.raises(RefusedError):
            roots.vet(RunRequest(source=str(path)))
        with pytest.raises(RefusedError):
            roots.vet(RunRequest(source="https://github.com/a/b", output_dir=str(path)))


@pytest.mark.parametrize("inside", [".", "./flask", "flask", "new/folder", "./flask/../flask"])
def test_what_is_inside_may_be_named(roots: Roots, root: Path, inside: str) -> None:
    assert roots.place(inside) == str((root / inside).resolve())


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "~nobody-by-this-name/x", "x" * 5000])
def test_what_is_no_path_is_refused_with_a_sentence(roots: Roots, text: str) -> None:
    with pytest.raises((UsageError, RefusedError)):
        roots.place(f"/{text}" if text[0] == "x" else text)


def test_the_store_is_out_of_reach_also_within_a_root(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    roots = Roots.of((tmp_path,), tmp_path / "store", tmp_path)
    with pytest.raises(RefusedError, match="store"):
        roots.place("store/bundles")
    with pytest.raises(RefusedError, match="store"):
        roots.vet(RunRequest(source=str(tmp_path)))


@pytest.mark.parametrize("started_in", ["/", "home", "home/.."])
def test_a_server_started_above_everything_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started_in: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    roots = Roots.of((), tmp_path / "store", tmp_path / started_in)
    with pytest.raises(RefusedError, match=r"mcp\.roots"):
        roots.place("anything")


def test_a_server_started_in_a_project_opens_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "project").mkdir()
    roots = Roots.of((), tmp_path / "store", tmp_path / "project")
    assert roots.folders == ((tmp_path / "project").resolve(),)


@pytest.mark.parametrize("parameter", ["url", "output_dir"])
async def test_a_tool_refuses_what_is_outside_and_starts_nothing(
    office: Agency, deck: FakeDeck, parameter: str
) -> None:
    asked = {"url": "./flask", parameter: "/etc"}
    async with office.client() as agent:
        result = await agent.call_tool("lmstxt_generate_llms_txt", asked)
    assert "not within allowed root" in text_of(result)
    assert (await deck.page()).runs == ()


@pytest.mark.parametrize("tool", ["lmstxt_check", "lmstxt_diff"])
async def test_no_file_outside_is_judged(office: Agency, tool: str, tmp_path: Path) -> None:
    (tmp_path / "llms.txt").write_text("# Secret\n")
    file = str(tmp_path / "llms.txt")
    asked = {"subject": file} if tool == "lmstxt_check" else {"before": file, "after": file}
    async with office.client() as agent:
        result = await agent.call_tool(tool, asked)
    assert refusal(result)["kind"] == "refused"


async def test_a_run_of_the_operator_outside_is_not_tried_again_for_an_agent(
    deck: FakeDeck, root: Path, tmp_path: Path
) -> None:
    run_id = deck.add("/srv/private")
    deck.claim(run_id)
    deck.complete(run_id, {})
    async with agency(deck, root, tmp_path / "store") as office, office.client() as agent:
        again = await agent.call_tool("lmstxt_retry_run", {"run_id": run_id})
        full = await agent.call_tool(
            "lmstxt_generate_llms_full", {"repo_url": "x", "run_id": run_id}
        )
    assert refusal(again)["kind"] == refusal(full)["kind"] == "refused"
    assert len((await deck.page()).runs) == 1


def test_only_whole_places_are_veiled(roots: Roots, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/root")
    said = f"{roots.store}/bundles /root/src /roots /root.bak /root"
    assert roots.veiled(said) == "<store>/bundles ~/src /roots /root.bak ~"
    monkeypatch.setenv("HOME", "/")
    assert roots.veiled("/etc/passwd") == "/etc/passwd"
