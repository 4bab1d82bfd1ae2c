from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from asking import Said, lane_to, prompt

from llmsdeck.config import ModelConfig
from llmsdeck.lm import Fault, ModelDownError, ModelError, ServerKind, open_lane
from llmsdeck.lm.glance import names
from llmsdeck.testing.behaviours import Heard, says
from llmsdeck.testing.model_server import Loaded, ModelServer

GOOD = says('{"text": "hello"}')


async def refusal(server: ModelServer, folder: Path, wanted: str = "auto") -> ModelError:
    with pytest.raises(ModelError) as caught:
        async with server, lane_to(server.url, folder, wanted):
            pass
    return caught.value


@pytest.mark.parametrize("kind", list(ServerKind))
async def test_every_kind_of_server_is_known_and_answers(kind: ServerKind, tmp_path: Path) -> None:
    async with ModelServer(GOOD, kind=kind) as server, lane_to(server.url, tmp_path) as lane:
        assert lane.server is kind
        assert (await lane.ask(prompt())).value == Said(text="hello")


@pytest.mark.parametrize("kind", [kind for kind in ServerKind if kind is not ServerKind.OTHER])
async def test_the_budget_is_the_context_that_is_loaded(kind: ServerKind, tmp_path: Path) -> None:
    server = ModelServer(GOOD, kind=kind, context_tokens=5000)
    async with server, lane_to(server.url, tmp_path) as lane:
        assert lane.context_tokens == 5000
        assert 4000 < lane.room(500) < 4500


async def test_a_context_that_nobody_tells_is_the_configured_one(tmp_path: Path) -> None:
    async with ModelServer(GOOD, kind=ServerKind.OTHER) as server:
        for configured, expected in ((None, 4096), (30_000, 30_000)):
            settings = ModelConfig(base_url=server.url, context_tokens=configured)
            async with open_lane(settings, "auto", tmp_path) as lane:
                assert lane.context_tokens == expected


async def test_auto_is_the_first_loaded_model_by_name(tmp_path: Path) -> None:
    server = ModelServer(GOOD, models=("zeta", "alpha", "beta"), loaded=("zeta", "beta"))
    async with server, lane_to(server.url, tmp_path) as lane:
        assert lane.model == "beta"


@pytest.mark.parametrize("kind", [ServerKind.OLLAMA, ServerKind.LLAMA_CPP])
async def test_a_server_that_loads_by_itself_is_asked_for_a_model_by_name(
    kind: ServerKind, tmp_path: Path
) -> None:
    async with ModelServer(GOOD, kind=kind, models=("a", "b"), loaded=("b",)) as server:
        async with lane_to(server.url, tmp_path) as lane:
            assert lane.model == "b"
        async with lane_to(server.url, tmp_path, "a") as lane:
            assert (await lane.ask(prompt())).value == Said(text="hello")


async def test_auto_is_no_guess_where_the_server_does_not_tell(tmp_path: Path) -> None:
    server = ModelServer(GOOD, kind=ServerKind.OTHER, models=("a", "b"))
    message = str(await refusal(server, tmp_path))
    assert "does not say which model is loaded; name one with --model; it has a, b." in message


async def test_auto_is_never_a_model_for_embeddings(tmp_path: Path) -> None:
    names = ("all-embed", "writer")
    server = ModelServer(GOOD, kind=ServerKind.OTHER, models=names)
    async with server, lane_to(server.url, tmp_path) as lane:
        assert lane.model == "writer"


async def test_auto_is_the_configured_model_where_there_is_one(tmp_path: Path) -> None:
    async with ModelServer(GOOD, models=("a", "b"), loaded=("a", "b")) as server:
        settings = ModelConfig(base_url=server.url, name="b")
        async with open_lane(settings, "auto", tmp_path) as lane:
            assert lane.model == "b"


@pytest.mark.parametrize("kind", [ServerKind.LM_STUDIO, ServerKind.LM_STUDIO_OLD])
async def test_no_model_loaded_says_what_to_do(kind: ServerKind, tmp_path: Path) -> None:
    error = await refusal(ModelServer(GOOD, kind=kind, models=("a", "b"), loaded=()), tmp_path)
    assert error.fault is Fault.UNKNOWN_MODEL
    assert str(error).startswith("LM Studio at http://127.0.0.1:")
    assert "no model loaded; load one or name it with --model; it has a, b." in str(error)


@pytest.mark.parametrize("kind", list(ServerKind))
async def test_a_name_the_server_does_not_know_lists_what_it_has(
    kind: ServerKind, tmp_path: Path
) -> None:
    error = await refusal(ModelServer(GOOD, kind=kind, models=("a", "b")), tmp_path, "other")
    assert error.fault is Fault.UNKNOWN_MODEL
    assert "has no model 'other'; it has a, b." in str(error)


async def test_an_old_lm_studio_loads_nothing_by_name(tmp_path: Path) -> None:
    server = ModelServer(GOOD, kind=ServerKind.LM_STUDIO_OLD, models=("a", "b"), loaded=("a",))
    assert "has not loaded 'b'; load it there" in str(await refusal(server, tmp_path, "b"))


async def test_names_of_a_server_are_not_trusted(tmp_path: Path) -> None:
    hostile = ("\x1b[2Jevil", "x" * 100_000, "", "fine")
    server = ModelServer(GOOD, models=hostile, loaded=hostile)
    async with server, lane_to(server.url, tmp_path) as lane:
        assert lane.model == "fine"


async def test_a_named_model_is_loaded_and_unloaded_again(tmp_path: Path) -> None:
    async with ModelServer(GOOD, models=("a", "b"), loaded=("a",)) as server:
        async with lane_to(server.url, tmp_path, "b") as lane:
            assert list(server.instances) == ["a", "b"]
            assert lane.context_tokens == server.instances["b"].context_tokens
        assert list(server.instances) == ["a"]
        unloads = server.asked("/api/v1/models/unload")
    assert [request.body for request in unloads] == [{"instance_id": "b"}]


async def test_only_documented_keys_are_sent_to_load_a_model(tmp_path: Path) -> None:
    async with ModelServer(GOOD, loaded=()) as server:
        async with lane_to(server.url, tmp_path, "tiny"):
            pass
        assert server.asked("/api/v1/models/load")[0].body.keys() == {"model", "context_length"}


async def test_a_model_that_was_loaded_before_is_used_and_stays(tmp_path: Path) -> None:
    async with ModelServer(GOOD) as server:
        async with lane_to(server.url, tmp_path, "tiny") as lane:
            assert lane.model == "tiny"
        assert not server.asked("/api/v1/models/load")
        assert list(server.instances) == ["tiny"]


async def test_many_at_once_load_a_model_once_and_the_last_unloads_it(tmp_path: Path) -> None:
    inside = asyncio.Barrier(4)

    async def use() -> str:
        async with lane_to(server.url, tmp_path, "tiny") as lane:
            await inside.wait()
            assert list(server.instances) == ["tiny"]
            return lane.model

    async with ModelServer(GOOD, loaded=()) as server:
        assert set(await asyncio.gather(*(use() for _ in range(4)))) == {"tiny"}
        assert len(server.asked("/api/v1/models/load")) == 1
        assert len(server.asked("/api/v1/models/unload")) == 1
        assert not server.instances


async def test_a_model_stays_loaded_while_anybody_uses_it(tmp_path: Path) -> None:
    async with ModelServer(GOOD, loaded=()) as server:
        async with lane_to(server.url, tmp_path, "tiny"):
            async with lane_to(server.url, tmp_path, "tiny"):
                pass
            assert server.instances
        assert not server.instances


async def test_a_model_is_unloaded_after_an_error_too(tmp_path: Path) -> None:
    async with ModelServer(GOOD, loaded=()) as server:
        with pytest.raises(ZeroDivisionError):
            async with lane_to(server.url, tmp_path, "tiny"):
                raise ZeroDivisionError
        assert not server.instances


async def test_what_a_crashed_process_had_loaded_is_never_unloaded(tmp_path: Path) -> None:
    """By then the same id may name an instance that the user loaded."""
    async with ModelServer(GOOD, models=("a", "b"), loaded=("a",)) as server:
        async with lane_to(server.url, tmp_path, "b"):
            (ledger,) = tmp_path.glob("*/loaded")
            left = ledger.read_text()
        ledger.write_text(left)
        server.instances["b"] = Loaded("b", 4096)
        async with lane_to(server.url, tmp_path, "b"):
            pass
        assert set(server.instances) == {"a", "b"}


async def test_a_model_is_not_loaded_with_more_context_than_it_has(tmp_path: Path) -> None:
    server = ModelServer(GOOD, loaded=(), most_context_tokens=2048)
    async with server, lane_to(server.url, tmp_path, "tiny") as lane:
        assert lane.context_tokens == 2048


@pytest.mark.parametrize(("status", "expected"), [(401, ModelError), (503, ModelDownError)])
async def test_a_server_that_lets_nobody_in_says_why(
    status: int, expected: type[Exception], tmp_path: Path
) -> None:
    class Closed(ModelServer):
        def about(self, request: Heard) -> tuple[int, object]:
            return status, {"error": {"message": "not now, not you"}}

    with pytest.raises(expected, match="not now, not you"):
        async with Closed(GOOD) as server, lane_to(server.url, tmp_path):
            pass


async def test_a_load_that_fails_says_why(tmp_path: Path) -> None:
    class Full(ModelServer):
        def about(self, request: Heard) -> tuple[int, object]:
            if request.path.endswith("/load"):
                return 200, {"error": {"message": "insufficient memory"}}
            return super().about(request)

    error = await refusal(Full(GOOD, loaded=()), tmp_path, "tiny")
    assert "insufficient memory" in str(error)


async def test_ollama_loads_a_model_first_and_then_tells_its_context(tmp_path: Path) -> None:
    server = ModelServer(GOOD, kind=ServerKind.OLLAMA, loaded=(), context_tokens=2048)
    async with server, lane_to(server.url, tmp_path) as lane:
        assert (lane.model, lane.context_tokens) == ("tiny", 2048)
        assert len(server.asked("/api/generate")) == 1


async def test_ollamas_latest_need_not_be_named(tmp_path: Path) -> None:
    server = ModelServer(GOOD, kind=ServerKind.OLLAMA, models=("q:latest",), loaded=("q:latest",))
    async with server, lane_to(server.url, tmp_path, "q") as lane:
        assert lane.model == "q:latest"


@pytest.mark.parametrize("kind", list(ServerKind))
async def test_what_a_server_offers_is_listed_with_what_is_loaded_first(kind: ServerKind) -> None:
    async with ModelServer(GOOD, kind=kind, models=("alpha", "zeta"), loaded=("zeta",)) as server:
        found = await names(ModelConfig(base_url=server.url))
        assert set(found) >= {"zeta"}
        assert found[0] == "zeta" or kind in (ServerKind.OTHER, ServerKind.VLLM)


async def test_a_server_that_is_away_offers_nothing() -> None:
    with pytest.raises(ModelDownError):
        await names(ModelConfig(base_url="http://127.0.0.1:9"))
