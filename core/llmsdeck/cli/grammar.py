"""The verbs of the command line and what each takes; loads nothing but argparse."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Final

from llmsdeck import __version__
from llmsdeck.cli import parsing
from llmsdeck.cli.examples import below

DECISIONS: Final = ("go", "without-model", "cancel")
"""Those of `llmsdeck.states`, which help does not load; a test compares them."""


def grammar() -> argparse.ArgumentParser:
    """The whole command line, verb by verb."""
    width = parsing.columns() - 2
    parser = parsing.Parser(
        prog="llmsdeck",
        formatter_class=partial(argparse.HelpFormatter, width=width),
        description="Start, watch, cancel and prune runs that turn repositories into llms.txt "
        "bundles. Without a verb, open the dashboard.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"llmsdeck {__version__}")
    _add_common(parser, store=None, json=False)
    _add_dashboard(parser)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", parser_class=parsing.Verb)

    def add_verb(name: str, summary: str) -> argparse.ArgumentParser:
        verb = verbs.add_parser(
            name,
            help=summary,
            description=summary,
            epilog=below(name),
            formatter_class=partial(argparse.RawDescriptionHelpFormatter, width=width),
            allow_abbrev=False,
        )
        _add_common(verb, store=argparse.SUPPRESS, json=argparse.SUPPRESS)
        return verb

    for add in (
        _add_start,
        _add_looking,
        _add_acting,
        _add_prune,
        _add_judging,
        _add_transfer,
        _add_policy,
        _add_working,
        _add_installation,
        _add_mcp,
        _add_serve,
    ):
        add(add_verb)
    return parser


_AddVerb = Callable[[str, str], argparse.ArgumentParser]


def _add_common(parser: argparse.ArgumentParser, *, store: object, json: object) -> None:
    parser.add_argument(
        "--store",
        type=parsing.path,
        metavar="DIR",
        default=store,
        help="folder of the store (default: $LLMSDECK_HOME, else the platform's state folder)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        default=json,
        help="print one JSON document on stdout and nothing else",
    )


def _add_dashboard(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--demo", action="store_true", help="show runs that are made up; your store stays shut"
    )
    parser.add_argument(
        "--read-only", action="store_true", help="look and change nothing, not even by accident"
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="no screen: what happens to all runs, one line each, until Ctrl+C",
    )


def _add_start(add_verb: _AddVerb) -> None:
    start = add_verb("start", "enqueue a run for each source")
    start.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="a folder, owner/name on GitHub, or the address of a repository; - reads them from "
        "standard input, one a line",
    )
    start.add_argument(
        "--ref", help="branch, tag or commit (default: what is checked out, or the default branch)"
    )
    start.add_argument(
        "--artifacts", metavar="NAMES", help="comma-separated (default: llms.txt,llms-full.txt)"
    )
    start.add_argument(
        "--model",
        default="none",
        metavar="NAME",
        help="a model of your server, or `auto` for whichever is loaded (default: none)",
    )
    start.add_argument("--output", metavar="DIR", help="keep copies of the bundle's files in DIR")
    start.add_argument(
        "--timeout", type=parsing.duration, metavar="TIME", help="such as 90s or 30m, for the run"
    )
    start.add_argument(
        "--priority",
        type=parsing.priority,
        default=0,
        metavar="N",
        help="higher starts sooner (default: 0)",
    )
    start.add_argument(
        "--force",
        action="store_true",
        help="start another run although an equal one is live, and make its bundle anew",
    )
    start.add_argument(
        "--wait",
        action="store_true",
        help="show progress, print the folder of each bundle and exit as the run ends; "
        "Ctrl+C cancels",
    )


def _add_looking(add_verb: _AddVerb) -> None:
    listing = add_verb("list", "show runs, newest first")
    _add_filter(listing, "only runs that match, such as 'status:failed age<2d -source:legacy'")
    listing.add_argument(
        "--sort",
        default="",
        metavar="KEYS",
        help="created (default), age, finished, duration, score, status or source; -KEY turns it "
        "around, and KEY,KEY puts runs that are equal by the first in order by the next",
    )
    listing.add_argument(
        "--limit", type=parsing.count, default=50, metavar="N", help="(default: 50)"
    )
    listing.add_argument("--cursor", metavar="C", help="go on after the page that named C")
    show = add_verb("show", "show one run")
    _add_run(show)
    events = add_verb("events", "show what happened to a run, or to the deck itself")
    events.add_argument("run", nargs="?", default="", metavar="RUN", help="id, or the start of one")
    events.add_argument("--follow", action="store_true", help="go on until the run has ended")
    calls = add_verb("calls", "show what a run asked of a model, or all that was said in one call")
    _add_run(calls)
    calls.add_argument(
        "number", nargs="?", type=parsing.count, metavar="CALL", help="number of a call, from 1"
    )
    why = add_verb("why", "explain the state of a run: evidence, limits, what to do next")
    _add_run(why)
    read = add_verb("read", "print an artifact of a run")
    _add_run(read)
    read.add_argument("artifact", metavar="ARTIFACT", help="such as llms.txt")
    add_verb("workers", "show who executes runs")


def _add_acting(add_verb: _AddVerb) -> None:
    cancel = add_verb("cancel", "ask runs to stop")
    _add_choice(cancel, "every run that matches and has not ended")
    cancel.add_argument("--wait", action="store_true", help="wait until they have stopped")
    answer = add_verb("answer", "answer runs that ask whether to go on over their budget")
    _add_choice(answer, "every run that matches and asks")
    answer.add_argument(
        "decision",
        choices=DECISIONS,
        help="go on with the model, go on without it, or cancel the runs",
    )
    retry = add_verb("retry", "start new runs like ended ones")
    _add_choice(retry, "every run that matches and has ended")
    retry.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="KEY=VALUE",
        help="what is to be different: model, ref, timeout, priority, artifacts or output",
    )
    retry.add_argument(
        "--fresh",
        action="store_true",
        help="begin at the start: read and ask everything anew (default: what earlier runs got "
        "from a host or a model is used again while it holds)",
    )


def _add_prune(add_verb: _AddVerb) -> None:
    prune = add_verb("prune", "remove ended runs and their bundles")
    prune.add_argument(
        "--older-than",
        type=parsing.duration,
        metavar="TIME",
        help="only runs that ended this long ago, such as 36h or 14d (default: the store's limits)",
    )
    prune.add_argument(
        "--keep", type=parsing.number, metavar="N", help="the newest N of the ended runs stay"
    )
    prune.add_argument(
        "--keep-each", type=parsing.number, metavar="N", help="the newest N of each source stay"
    )
    _add_filter(prune, "only ended runs that match, such as 'outcome:degraded score<60'")
    restore = add_verb("restore", "bring pruned runs back, or list those that can be")
    restore.add_argument("runs", nargs="*", metavar="RUN", help="id, or the start of one")
    certainty = prune.add_mutually_exclusive_group()
    certainty.add_argument("--dry-run", action="store_true", help="only show what would go")
    certainty.add_argument("--yes", action="store_true", help="do not ask")


def _add_judging(add_verb: _AddVerb) -> None:
    check = add_verb("check", "judge an llms.txt: exit 0 when it passes its gates, 1 when not")
    check.add_argument("subject", metavar="FILE|RUN", help="a file, or the id of a run")
    check.add_argument(
        "--profile",
        choices=("v1", "v2"),
        default="v1",
        help="v1: strict, as the reference parser reads (default); v2: of August 2026, "
        "only the title is required",
    )
    check.add_argument("--links", action="store_true", help="look at external links too")
    check.add_argument(
        "--allow-private", action="store_true", help="with --links, ask hosts of your network too"
    )
    diff = add_verb("diff", "compare two bundles: exit 0 when they are equal, 1 when not")
    diff.add_argument("before", metavar="RUN|FILE", help="id of a run, or a file")
    diff.add_argument("after", metavar="RUN|FILE")
    diff.add_argument("--text", action="store_true", help="show the changed lines too")


def _add_transfer(add_verb: _AddVerb) -> None:
    export = add_verb("export", "write ended runs and their bundles into a file for another store")
    _add_choice(export, "every run that matches and has ended")
    export.add_argument(
        "--to",
        required=True,
        type=parsing.path,
        metavar="FILE",
        help="a new file, such as runs.tar.gz",
    )
    arrival = add_verb("import", "take in the runs of an export; those that are known are skipped")
    arrival.add_argument(
        "file", type=parsing.path, metavar="FILE", help="what `llmsdeck export` wrote"
    )


def _add_policy(add_verb: _AddVerb) -> None:
    policy = add_verb("policy", "show or change the limits that every process obeys")
    policy.add_argument(
        "settings",
        nargs="*",
        metavar="KEY[=VALUE]",
        help="such as slots=2, ttl_failed=30d or queue_cap=default",
    )


def _add_working(add_verb: _AddVerb) -> None:
    worker = add_verb("worker", "execute runs until stopped")
    worker.add_argument(
        "--slots", type=parsing.count, metavar="N", help="runs at once (default: cores)"
    )
    worker.add_argument("--until-idle", action="store_true", help="exit once the queue is empty")
    worker.add_argument(
        "--tether", action="store_true", help="finish the queue and exit once stdin is closed"
    )


def _add_installation(add_verb: _AddVerb) -> None:
    doctor = add_verb("doctor", "examine this installation and say what to do")
    doctor.add_argument(
        "--online", action="store_true", help="ask the hosts whether they accept their tokens"
    )
    add_verb("config", "show every setting, its value and where it came from")
    add_verb("drill", "prove the guarantees on this machine: break things in a throwaway store")
    add_verb("skill", "print what an agent should know, as an Agent Skill (SKILL.md)")
    completion = add_verb("completion", "print a script that lets a shell complete this command")
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))


def _add_mcp(add_verb: _AddVerb) -> None:
    mcp = add_verb("mcp", "serve agents by the Model Context Protocol, on stdin and stdout")
    mcp.add_argument(
        "--http",
        type=parsing.address,
        metavar="HOST:PORT",
        help="serve streamable HTTP there instead, such as 127.0.0.1:8765; needs a token",
    )


def _add_serve(add_verb: _AddVerb) -> None:
    serve = add_verb("serve", "show the dashboard in a browser, at an address only you know")
    serve.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="the one address to listen on (default: 127.0.0.1, which only this machine reaches)",
    )
    serve.add_argument(
        "--port", type=parsing.port, default=0, metavar="N", help="(default: one that is free)"
    )
    serve.add_argument(
        "--allow-actions",
        action="store_true",
        help="let the browser start, cancel and prune; without it, it can only look",
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="id, or the start of one")


def _add_choice(parser: argparse.ArgumentParser, matching: str) -> None:
    parser.add_argument("runs", nargs="*", metavar="RUN", help="id, or the start of one")
    _add_filter(parser, f"instead of names: {matching}")


def _add_filter(parser: argparse.ArgumentParser, summary: str) -> None:
    parser.add_argument("--filter", metavar="Q", help=summary)
