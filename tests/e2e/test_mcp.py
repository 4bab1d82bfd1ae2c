"""The server as agents start it: real processes, the official client, stdio and HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import httpx2
import mcp_types as types
import pytest
from agents import Handle, TaskClient, TaskState, never_asked, task, told
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from program import INSTALLED, PATIENCE_S, Program, until
from writing import Writer

from llmsdeck.testing.model_server import ModelServer


@pytest.fixture
def program(program: Program, small: Path, large: Path) -> Program:
    """The program for which the sample sources are open to agents."""
    roots = json.dumps([str(small), str(large)])
    return replace(program, variables={"LLMSDECK_MCP__ROOTS": roots})


def stdio(program: Program) -> StdioServerParameters:
    return StdioServerParameters(
        command=str(INSTALLED), args=["mcp"], env=dict(program.environment), cwd=program.home
    )


def agent(
    program: Program,
    *,
    old: bool = False,
    tasks: TaskClient | None = None,
    asked: bool = False,
) -> Client:
    return Client(
        stdio_client(stdio(program)),
        mode="legacy" if old else "auto",
        extensions=[tasks] if tasks else None,
        elicitation_callback=never_asked if asked else None,
        read_timeout_seconds=PATIENCE_S,
    )


@contextmanager
def spoken_to(program: Program) -> Generator[subprocess.Popen[bytes]]:
    """A server whose pipes the test holds in its own hands."""
    with subprocess.Popen(
        [INSTALLED, "mcp"],
        env=program.environment,
        cwd=program.home,
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            yield server
        finally:
            server.kill()


def say(server: subprocess.Popen[bytes], **message: object) -> None:
    assert server.stdin
    server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


def hear(server: subprocess.Popen[bytes]) -> Any:
    assert server.stdout
    return json.loads(server.stdout.readline())


def shake_hands(server: subprocess.Popen[bytes]) -> Any:
    client = {"name": "by-hand", "version": "1"}
    params = {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": client}
    say(server, id=1, method="initialize", params=params)
    answer = hear(server)
    say(server, method="notifications/initialized")
    return answer


def test_a_client_of_the_first_protocol_sees_the_tools_of_the_predecessor(program: Program) -> None:
    with spoken_to(program) as server:
        assert shake_hands(server)["result"]["protocolVersion"] == "2024-11-05"
        say(server, id=2, method="tools/list")
        names = {tool["name"] for tool in hear(server)["result"]["tools"]}
    assert names >= {
        "lmstxt_generate_llms_txt",
        "lmstxt_generate_llms_full",
        "lmstxt_generate_llms_ctx",
        "lmstxt_list_runs",
        "lmstxt_read_artifact",
    }


@pytest.mark.parametrize("old", [True, False])
async def test_generate_then_progress_then_read_then_diff(
    program: Program, small: Path, old: bool
) -> None:
    heard: list[str] = []

    async def hear_progress(progress: float, total: float | None, message: str | None) -> None:
        heard.append(message or "")

    async with agent(program, old=old) as client:
        made = await client.call_tool(
            "lmstxt_generate_llms_full",
            {"repo_url": str(small), "wait_s": 60},
            progress_callback=hear_progress,
        )
        run = told(made)
        asked = {"artifact_name": "llms-full.txt", "run_id": run["run_id"], "limit": 100}
        piece = told(await client.call_tool("lmstxt_read_artifact", asked))
        both = {"before": run["run_id"], "after": run["run_id"]}
        assert told(await client.call_tool("lmstxt_diff", both))["equal"]
    assert run["status"] == "completed"
    assert heard
    assert piece["content"]
    assert piece["truncated"]
    assert len(piece["content"]) == 100


async def test_a_run_over_its_budget_asks_and_the_answer_outlives_servers(
    program: Program, small: Path
) -> None:
    async with ModelServer(Writer()) as model:
        program = replace(
            program, variables={**program.variables, "LLMSDECK_MODEL__BASE_URL": model.url}
        )
        assert program.run("policy", "token_budget=10").returncode == 0
        asked = {"url": str(small), "model": "tiny"}
        async with agent(program, tasks=TaskClient(), asked=True) as first:
            created = await first.session.call_tool(
                "lmstxt_generate_llms_txt", asked, allow_claimed=True
            )
            assert isinstance(created, Handle)
            state = await ended(first, created.task_id)
        assert state.status == "input_required"
        assert "the budget is 10" in state.inputRequests["budget"]["params"]["message"]
        (run,) = program.json("list")["runs"]
        assert (run["status"], run["attempt"]) == ("pending", 0)
        assert run["question"]["token_budget"] == 10
        assert model.calls == 0
        async with agent(program, tasks=TaskClient(), asked=True) as second:
            answer = {"action": "accept", "content": {"decision": "go"}}
            responses = {"budget": answer}
            await task(second.session, "tasks/update", created.task_id, inputResponses=responses)
            state = await ended(second, created.task_id)
    record = state.result["structuredContent"]
    assert (record["status"], record["question"]) == ("completed", None)
    told_events = program.json("events", record["run_id"])["events"]
    kinds = {event["kind"]: event["actor"] for event in told_events}
    assert kinds["answered"].startswith("agent:")
    assert "model_call" in kinds
    said = program.json("calls", record["run_id"], "1")
    assert "BEGIN DATA" in said["user"]
    assert said["answer"]


def test_copies_are_never_set_up_to_go_outside_the_roots(program: Program) -> None:
    elsewhere = {**program.variables, "LLMSDECK_MCP__OUTPUT_DIR": "/etc"}
    refused = replace(program, variables=elsewhere).run("mcp")
    assert (refused.returncode, refused.stdout) == (4, "")
    assert "not within allowed root" in refused.stderr


async def test_a_handle_outlives_a_killed_server(program: Program, large: Path) -> None:
    with spoken_to(program) as first:
        asked = {"repo_url": str(large)}
        created = ask(first, "tools/call", name="lmstxt_generate_llms_full", arguments=asked)
        assert created["resultType"] == "task"
        until(lambda: program.json("list")["runs"][0]["status"] == "processing", "work")
        first.kill()
    tasks = TaskClient()
    async with agent(program, tasks=tasks) as client:
        state = await ended(client, created["taskId"])
    assert state.status == "completed"
    assert not state.result["isError"]
    record = state.result["structuredContent"]
    assert (record["status"], record["attempt"]) == ("completed", 1)


async def ended(client: Client, task_id: str) -> TaskState:
    """A task once it is at work no more, asked after as often as it wants."""
    for _ in range(20):
        state = await task(client.session, "tasks/get", task_id)
        if state.status != "working":
            return state
        await asyncio.sleep(state.pollIntervalMs / 1000)
    raise AssertionError("the task does not end")


def ask(server: subprocess.Popen[bytes], method: str, **params: object) -> Any:
    """One request of protocol 2026-07-28 from a client that declares tasks."""
    meta: dict[str, object] = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "by-hand", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {
            "extensions": {"io.modelcontextprotocol/tasks": {}}
        },
    }
    say(server, id=7, method=method, params={**params, "_meta": meta})
    while (answer := hear(server)).get("id") != 7:
        continue
    return answer["result"]


async def test_a_run_is_cancelled_through_its_task(program: Program, large: Path) -> None:
    async with agent(program, tasks=TaskClient()) as client:
        created = await client.session.call_tool(
            "lmstxt_generate_llms_full", {"repo_url": str(large)}, allow_claimed=True
        )
        assert isinstance(created, Handle)
        await task(client.session, "tasks/cancel", created.task_id)
        state = await ended(client, created.task_id)
    assert state.status == "cancelled"


def test_nothing_but_the_protocol_is_on_stdout(program: Program) -> None:
    with spoken_to(program) as server:
        assert server.stdin
        shake_hands(server)
        for line in (b"no json\n", b"\xff\xfe\n", b"[]\n", b'{"jsonrpc": "2.0", "id": 4}\n'):
            server.stdin.write(line)
        say(server, id=9, method="tools/call", params={"name": "lmstxt_list_runs"})
        while (answer := hear(server)).get("id") != 9:
            assert answer["jsonrpc"] == "2.0"
        server.stdin.close()
        assert server.wait(PATIENCE_S) == 0
        assert server.stdout
        assert server.stdout.read() == b""


def test_a_message_without_end_ends_the_connection_not_the_memory(program: Program) -> None:
    with spoken_to(program) as server:
        assert server.stdin
        shake_hands(server)
        endless = b"x" * 64 * 1024 * 1024
        with pytest.raises(BrokenPipeError):
            pour(server.stdin, endless)
        assert server.wait(PATIENCE_S) == 0


def pour(pipe: IO[bytes], data: bytes) -> None:
    """Write everything, however little the pipe takes at once."""
    rest = memoryview(data)
    while rest:
        rest = rest[pipe.write(rest) :]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_server_in_order(program: Program, number: signal.Signals) -> None:
    with spoken_to(program) as server:
        shake_hands(server)
        server.send_signal(number)
        assert server.wait(15) == 0


def test_without_the_extra_the_verb_says_how_to_install_it(program: Program) -> None:
    blocked = (
        "import sys; sys.modules['mcp'] = None; sys.modules['mcp_types'] = None;"
        "from llmsdeck.cli import main; sys.exit(main(['mcp']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", blocked],
        env=program.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'llmsdeck[mcp]'" in done.stderr


@contextmanager
def served(program: Program) -> Generator[tuple[str, str]]:
    """Address and token of a server over HTTP, which must end in order."""
    with subprocess.Popen(
        [INSTALLED, "mcp", "--http", "127.0.0.1:0"],
        env=program.environment,
        cwd=program.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as server:
        try:
            assert server.stderr
            (address,) = re.findall(r"http://\S+", server.stderr.readline().decode())
            yield address, (program.store / "mcp-token").read_text()
            server.send_signal(signal.SIGTERM)
            assert server.wait(15) == 0
            assert server.stdout
            assert server.stdout.read() == b""
        finally:
            server.kill()


@asynccontextmanager
async def over_http(
    place: tuple[str, str], *, old: bool = False, tasks: TaskClient | None = None
) -> AsyncGenerator[Client]:
    """A client that shows the token."""
    address, token = place
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=PATIENCE_S) as http,
        Client(
            streamable_http_client(address, http_client=http),
            mode="legacy" if old else "auto",
            extensions=[tasks] if tasks else None,
        ) as client,
    ):
        yield client


@pytest.mark.parametrize("old", [True, False])
async def test_generate_and_read_over_http(program: Program, small: Path, old: bool) -> None:
    with served(program) as place:
        async with over_http(place, old=old) as client:
            asked = {"repo_url": str(small), "wait_s": 60}
            run = told(await client.call_tool("lmstxt_generate_llms_full", asked))
            uri = f"lmstxt://runs/{run['run_id']}/llms.txt"
            (contents,) = (await client.read_resource(uri)).contents
    assert run["status"] == "completed"
    assert isinstance(contents, types.TextResourceContents)
    assert contents.text.startswith("# Birdsong")
    hashes = {each["name"]: each["hash_sha256"] for each in run["artifacts"]}
    assert hashlib.sha256(contents.text.encode()).hexdigest() == hashes["llms.txt"]


async def test_a_task_is_followed_over_http(program: Program, small: Path) -> None:
    tasks = TaskClient()
    with served(program) as place:
        async with over_http(place, tasks=tasks) as client:
            asked = {"repo_url": str(small)}
            run = told(await client.call_tool("lmstxt_generate_llms_full", asked))
    assert run["status"] == "completed"
    assert len(tasks.handles) == 1
    assert tasks.polls <= 5


def test_not_every_interface_can_be_served_at_once(program: Program) -> None:
    done = program.run("mcp", "--http", "0.0.0.0:0")
    assert done.returncode == 2
    assert "Name the one address" in done.stderr
