from __future__ import annotations

import time
from dataclasses import replace

import pytest

from llmsdeck.bundle.outline import Link, Outline, Section
from llmsdeck.bundle.render import render
from llmsdeck.bundle.secrets import MARK, outline_without_secrets, redacted, secrets_in
from llmsdeck.model import ArtifactName

CHANCE = "q7Rk2ZtP9vLw4XcB8nHd5JsF6mGy3TbQ1eUi"
TOKENS = (
    "ghp_" + CHANCE,
    "github_pat_" + CHANCE + CHANCE,
    "glpat-" + CHANCE[:20],
    "AKIA" + "QWERTYUIOPLKJHGF",
    "AIza" + CHANCE[:35],
    "sk-proj-" + CHANCE + CHANCE,
    "sk-ant-api03-" + CHANCE + CHANCE,
    "sk_live_" + CHANCE,
    "npm_" + CHANCE,
    "xoxb-7392018465-" + CHANCE,
    "SG." + CHANCE[:22] + "." + CHANCE + CHANCE[:7],
)
KEY = "-----BEGIN {0}PRIVATE KEY-----\n" + (CHANCE * 2 + "\n") * 4 + "-----END {0}PRIVATE KEY-----"


@pytest.mark.parametrize("token", TOKENS)
def test_tokens_of_providers_are_replaced(token: str) -> None:
    assert redacted(f'token = "{token}"; next') == (f'token = "{MARK}"; next', 1)


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_is_found_where_it_stands_alone(token: str) -> None:
    assert redacted(f"one\n{token}\ttwo\n") == (f"one\n{MARK}\ttwo\n", 1)


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH "])
def test_private_keys_are_replaced_as_a_whole(kind: str) -> None:
    text = f"before\n{KEY.format(kind)}\nafter"
    assert redacted(text) == (f"before\n{MARK}\nafter", 1)


def test_a_key_with_headers_or_without_an_end_is_still_one() -> None:
    headed = f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{CHANCE * 2}\n"
    assert redacted(headed) == (MARK, 1)


def test_only_the_password_of_an_address_is_replaced() -> None:
    text = "postgres://app:kX82nvQpL0zt@db.intern/x"
    assert redacted(text) == (f"postgres://app:{MARK}@db.intern/x", 1)


@pytest.mark.parametrize(
    "text",
    [
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "if line.startswith('-----BEGIN RSA PRIVATE KEY-----'): pass",
        "postgresql://user:password@localhost:5432/db",
        "https://user:${TOKEN_1_OF_CI}@host.example/x",
        "redis://:6379/0 and http://a.example:8080/x@y",
        "sk-learn and task-proj-management, ghp_short",
        MARK,
    ],
)
def test_placeholders_and_prose_are_left_alone(text: str) -> None:
    assert redacted(text) == (text, 0)


def outline(**words: str) -> Outline:
    link = Link(title="README", path="README.md", url="README.md")
    plain = Outline(
        title="Tea",
        summary="Brews tea.",
        facts=("Version: 1",),
        sections=(Section(name="Docs", links=(link,)),),
    )
    return replace(plain, **words)  # type: ignore[arg-type]


def test_every_word_of_the_outline_is_redacted() -> None:
    note = Link(title=TOKENS[0], path="a.md", url="a.md", note=f"Use {TOKENS[1]} here.")
    full = replace(
        outline(title=TOKENS[2], summary=TOKENS[3], paragraph=TOKENS[4]),
        facts=(f"Website: {TOKENS[5]}",),
        sections=(Section(name="Docs", links=(note,)),),
    )
    cleaned, count = outline_without_secrets(full)
    assert count == 6
    assert not any(token in render(cleaned) for token in TOKENS)


def test_a_file_named_like_a_secret_is_not_linked() -> None:
    named = Link(title="x", path=TOKENS[0], url=TOKENS[0])
    both = Section(name="Docs", links=(named, Link(title="y", path="y", url="y")))
    alone = Section(name="API", links=(named,))
    cleaned, _ = outline_without_secrets(replace(outline(), sections=(both, alone)))
    assert [(s.name, [link.path for link in s.links]) for s in cleaned.sections] == [
        ("Docs", ["y"])
    ]


def test_an_artifact_with_a_secret_is_named() -> None:
    texts = {ArtifactName.LLMS: "fine\n", ArtifactName.LLMS_FULL: f"{TOKENS[0]} {TOKENS[1]}\n"}
    assert [*map(str, secrets_in(texts))] == [
        "llms-full.txt holds 2 strings that look like secrets."
    ]


def test_hostile_text_costs_little() -> None:
    start = time.process_time()
    for text in (
        "-----BEGIN PRIVATE KEY-----" * 20_000,
        "-----BEGIN PRIVATE KEY-----\n" + "A-a: b\n" * 90_000,
        "://" + "a" * 600_000,
        "://a:" * 100_000 + "@",
        "sk-" * 200_000 + "T3BlbkFJ",
        "ghp_" * 150_000,
        "hooks.slack.com/services/T" + "A" * 500_000,
    ):
        redacted(text)
    assert time.process_time() - start < 2
