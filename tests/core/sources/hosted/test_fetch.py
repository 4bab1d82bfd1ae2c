from __future__ import annotations

import pytest
from hosting import fetched, hosts, source
from notebook import Notebook
from sample_repositories import PROJECT

from llmsdeck.answers import Preflight
from llmsdeck.errors import SourceError
from llmsdeck.hosts import HostKind
from llmsdeck.sources import About, SourceKind
from llmsdeck.sources.hosted import is_unchanged, look
from llmsdeck.testing.apis import FakeRepository, Reply
from llmsdeck.testing.archives import commit_of
from llmsdeck.testing.forge import FakeForge

COMMIT = commit_of(PROJECT)
OTHER = {"README.md": "# Older tea\n"}


@pytest.fixture
def tea(forge: FakeForge) -> FakeRepository:
    """A repository that anybody may read."""
    return forge.add("O/Tea", FakeRepository(files=PROJECT, refs={"v1": OTHER, "dev/x": OTHER}))


async def refusal(forge: FakeForge, project: str = "o/tea", ref: str | None = None) -> str:
    with pytest.raises(SourceError) as refused:
        await fetched(forge, project, ref)
    return str(refused.value)


async def test_the_texts_of_the_default_branch(forge: FakeForge, tea: FakeRepository) -> None:
    material = await fetched(forge)
    assert {file.path: file.text for file in material.files} == tea.files
    assert (material.kind, material.name, material.commit) == (SourceKind.HOST, "Tea", COMMIT)


@pytest.mark.parametrize("ref", ["v1", "dev/x", commit_of(OTHER)])
async def test_a_tag_a_branch_or_a_commit(forge: FakeForge, tea: FakeRepository, ref: str) -> None:
    material = await fetched(forge, ref=ref)
    assert (material.commit, len(material.files)) == (commit_of(OTHER), 1)


async def test_at_most_three_requests_one_after_the_other(
    forge: FakeForge, tea: FakeRepository
) -> None:
    await fetched(forge)
    assert len(forge.seen) == (3 if forge.kind is HostKind.GITHUB else 2)


@pytest.mark.parametrize(
    ("kind", "base"),
    [
        (HostKind.GITHUB, "{web}/O/Tea/raw/{commit}/docs/"),
        (HostKind.GITLAB, "{web}/O/Tea/-/raw/{commit}/docs/"),
        (HostKind.GITEA, "{web}/O/Tea/raw/commit/{commit}/docs/"),
    ],
)
async def test_a_folder_of_it_with_links_to_its_files(kind: HostKind, base: str) -> None:
    with FakeForge(kind) as forge:
        forge.add("O/Tea", FakeRepository(files=PROJECT))
        material = await fetched(forge, "o/tea//docs")
        assert "guide.md" in material.by_path
        assert material.name == "docs"
        assert material.link_base == base.format(web=f"http://{forge.name}", commit=COMMIT)


async def test_the_links_of_github_lead_to_its_host_of_raw_files(github: FakeForge) -> None:
    github.add("O/Tea", FakeRepository(files=PROJECT))
    material = await fetched(github, raw="https://raw.githubusercontent.com")
    assert material.link_base == f"https://raw.githubusercontent.com/O/Tea/{COMMIT}/"


async def test_what_the_host_knows_about_it(forge: FakeForge, tea: FakeRepository) -> None:
    tea.description = "  Brews\ttea.\x1b[31m\n"
    tea.homepage = "https://tea.example"
    tea.topics = ("tea", "http")
    tea.licence = "MIT"
    tea.archived = True
    about = (await fetched(forge)).about
    said = forge.kind is not HostKind.GITLAB
    assert about == About(
        address=f"http://{forge.name}/O/Tea",
        description="Brews tea.␛[31m",
        homepage="https://tea.example" if said else "",
        topics=("tea", "http"),
        licence="MIT" if said else "",
        archived=True,
    )


async def test_a_homepage_that_is_no_web_address_is_dropped(github: FakeForge) -> None:
    github.add("o/tea", FakeRepository(files=PROJECT, homepage="javascript:alert(1)"))
    about = (await fetched(github)).about
    assert about is not None
    assert about.homepage == ""


async def test_a_renamed_repository_is_read_under_its_present_name(
    forge: FakeForge, tea: FakeRepository
) -> None:
    forge.add("o/leaf", FakeRepository(moved_to="O/Tea"))
    material = await fetched(forge, "o/leaf")
    assert material.name == "Tea"
    assert [warning.message for warning in material.warnings] == ["o/leaf is called O/Tea now."]


async def test_a_repository_that_is_not_shown_is_absent_or_private(forge: FakeForge) -> None:
    forge.add("o/hidden", FakeRepository(files=PROJECT, token="t"))
    absent, private = await refusal(forge), await refusal(forge, "o/hidden")
    assert private == absent.replace("o/tea", "o/hidden")
    assert "absent, or private" in private
    assert "token_env" in private


async def test_a_private_repository_is_read_with_its_token(
    forge: FakeForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge.add("o/tea", FakeRepository(files=PROJECT, token="hunter2"))
    monkeypatch.setenv("OURS", "hunter2")
    assert len((await fetched(forge, token_env="OURS")).files) == len(PROJECT)


async def test_a_token_that_may_not_read_it_is_named(
    forge: FakeForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge.add("o/tea", FakeRepository(files=PROJECT, token="hunter2"))
    monkeypatch.setenv("OURS", "wrong")
    with pytest.raises(SourceError, match="the token in OURS may not read it"):
        await fetched(forge, token_env="OURS")


async def test_an_empty_repository_is_said(forge: FakeForge) -> None:
    forge.add("o/tea", FakeRepository())
    assert "has no commit yet" in await refusal(forge)


async def test_an_unknown_ref_is_said(forge: FakeForge, tea: FakeRepository) -> None:
    assert await refusal(forge, ref="v9") == "O/Tea has no branch, tag or commit named 'v9'."


async def test_a_ref_of_a_page_may_have_been_cut_short(
    forge: FakeForge, tea: FakeRepository
) -> None:
    assert "give the whole name" in await refusal(forge, "o/tea//x/docs", "dev")


async def test_an_unknown_folder_is_said(forge: FakeForge, tea: FakeRepository) -> None:
    assert await refusal(forge, "o/tea//dox") == "O/Tea has no folder 'dox' there."


async def test_a_repository_without_texts_is_said(forge: FakeForge) -> None:
    forge.add("o/tea", FakeRepository(files={"a.png": b"\x89PNG"}))
    assert await refusal(forge) == "None of its files is readable text: 1 binary."


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"full_name": 3}', b"[" * 100_000])
async def test_an_answer_without_sense_is_refused(github: FakeForge, body: bytes) -> None:
    github.next.append(Reply(body=[body]))
    assert "makes no sense" in await refusal(github)


async def test_a_name_that_would_lead_elsewhere_is_refused(github: FakeForge) -> None:
    github.next.append(Reply(body=[b'{"full_name": "../../evil"}']))
    assert "name that cannot be used" in await refusal(github)


async def test_a_repository_that_stands_still_costs_one_request(
    forge: FakeForge, tea: FakeRepository
) -> None:
    asked = source(forge, "o/tea"), None, COMMIT, hosts(forge), Notebook()
    assert await is_unchanged(*asked)
    assert len(forge.seen) == 1


async def test_a_repository_that_moved_on_is_noticed(forge: FakeForge, tea: FakeRepository) -> None:
    tea.files = OTHER
    asked = source(forge, "o/tea"), None, COMMIT, hosts(forge), Notebook()
    assert not await is_unchanged(*asked)


async def test_a_tag_that_stands_still_is_unchanged_although_the_branch_moved_on(
    forge: FakeForge, tea: FakeRepository
) -> None:
    tea.files = {"README.md": "# Green tea\n"}
    asked = source(forge, "o/tea"), "v1", commit_of(OTHER), hosts(forge), Notebook()
    assert await is_unchanged(*asked)


@pytest.mark.parametrize(
    ("ref", "sentence"),
    [
        (None, " O/Tea, public, {size}default branch main."),
        ("v1", " O/Tea, public, {size}v1 at " + commit_of(OTHER)[:7] + "."),
    ],
)
async def test_a_look_says_what_it_is(
    forge: FakeForge, tea: FakeRepository, ref: str | None, sentence: str
) -> None:
    size = "" if forge.kind is HostKind.GITLAB else "2 KB, "
    found = await look(source(forge, "o/tea"), ref, hosts(forge))
    assert found == Preflight(ok=True, message=forge.name + sentence.format(size=size))


async def test_a_look_says_why_it_cannot_be_read(forge: FakeForge, tea: FakeRepository) -> None:
    absent = await look(source(forge, "o/coffee"), None, hosts(forge))
    unknown = await look(source(forge, "o/tea"), "v9", hosts(forge))
    assert not absent.ok
    assert "shows no repository o/coffee" in absent.message
    assert unknown == Preflight(ok=False, message="O/Tea has no branch, tag or commit named 'v9'.")
