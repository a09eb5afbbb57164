"""Long Runs: a run in the background, through the real proxy, that survives whatever breaks meanwhile."""

import time
from dataclasses import replace
from typing import Any

import pytest

from harness.plugin_process import PluginError
from harness.upstream import HANG_UP, Pause, Reply, json_reply
from tests.support.environment import Environment, judged_plugin

CODEX = "gpt-5-codex"
RUN = "/v1/responses/resp_1"
LONG = {"long_runs": True}
PAGE = {"type": "url_citation", "url": "http://a.example", "title": "A", "start_index": 0,
        "end_index": 5}  # fmt: skip
OUTPUT: list[dict[str, Any]] = [
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]},
    {
        "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": "Found", "annotations": [PAGE]}],
    },
]  # fmt: skip


def run(status: str, output: list[dict[str, Any]] | None = None, **more: Any) -> Reply:
    usage = {
        "input_tokens": 11, "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 7, "output_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 18,
    }  # fmt: skip
    return json_reply(
        {
            "id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": CODEX,
            "output": output or [], "error": None, "incomplete_details": None, "background": True,
            "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
            "usage": usage if output else None, **more,
        }
    )  # fmt: skip


def ask(env: Environment, *polls: Reply, start: Reply | None = None, **fields: Any) -> Any:
    env.upstream.on(CODEX, start or run("queued"))
    env.upstream.on(RUN, *polls)
    parameters: dict[str, Any] = {**LONG, **fields.pop("parameters", {})}
    return env.chat("known-codex", model_parameters=parameters, **fields)


def text_of(deltas: list[dict[str, Any]]) -> str:
    return "".join(delta["message"]["content"] for delta in deltas)


def test_the_switch_is_there_for_providers_with_a_background_mode(env: Environment) -> None:
    def names(model: str) -> set[str]:
        answer = next(env.plugin.call("get_ai_model_schemas", model, env.credentials))
        return {rule["name"] for rule in answer["model_schema"]["parameter_rules"]}

    assert "long_runs" in names("known-codex")
    assert "long_runs" not in names("known-o3")


def test_a_run_is_started_in_the_background_and_asked_for_until_it_ends(env: Environment) -> None:
    history = [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "data": "Look"},
                {"type": "image", "format": "png", "base64_data": "iVBORw0K",
                 "mime_type": "image/png", "url": ""},
            ],
        },
    ]  # fmt: skip
    parameters = {
        "max_tokens": 500,
        "reasoning_effort": "high",
        "verbosity": "low",
        "session": "long-run",
    }
    deltas = ask(
        env, run("queued"), run("in_progress"), run("completed", OUTPUT),
        prompt_messages=history, parameters=parameters,
        credentials={**env.credentials, "settings": "custom", "citations": "append"},
    )  # fmt: skip
    asked = env.upstream.asked_for(CODEX)[-1]
    assert asked["background"] is True
    assert asked["store"] is True
    assert asked["max_output_tokens"] == 500
    assert asked["reasoning"] == {"effort": "high"}
    assert asked["text"] == {"verbosity": "low"}
    assert asked["input"][0] == {"role": "system", "content": "Be brief."}
    parts = asked["input"][1]["content"]
    assert [part["type"] for part in parts] == ["input_text", "input_image"]
    assert text_of(deltas) == "<think>\nHm.\n</think>\n\nFound\n\n1. [A](http://a.example)"
    usage = deltas[-1]["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (11, 7)
    # gpt-5-codex in LiteLLM's catalogue: 1.25 and 10 USD per million tokens.
    assert float(usage["total_price"]) == pytest.approx(11 * 1.25e-6 + 7 * 10e-6, abs=1e-7)


def test_a_cut_while_waiting_is_survived(env: Environment) -> None:
    bad = json_reply({"error": {"message": "bad gateway", "type": "x"}}, 502)
    deltas = ask(env, Reply([], status=HANG_UP), bad, run("completed", OUTPUT))
    assert text_of(deltas).endswith("Found")
    assert [asked for asked in env.upstream.asked_for(CODEX) if asked.get("background")]


def test_the_cost_is_booked_to_whom_the_run_was_for(env: Environment) -> None:
    """LiteLLM books a run where it is asked for, and not where it was started."""
    form = {**env.credentials, "settings": "custom", "tags": "team-a"}
    parameters = {"end_user": "alice", "session": "of-a-long-run"}
    ask(env, run("completed", OUTPUT), parameters=parameters, credentials=form)
    row = env.attributed(call_type="aget_responses", end_user="alice")
    assert "team-a" in row["request_tags"]
    assert float(row["response_cost"]) > 0


def test_a_model_that_stood_in_is_named(env: Environment) -> None:
    env.upstream.on("o3", run("queued", id="resp_2"))
    env.upstream.on("/v1/responses/resp_2", run("completed", OUTPUT, id="resp_2"))
    failing = json_reply({"error": {"message": "down", "type": "server_error"}}, 500)
    form = {
        **env.credentials,
        "settings": "custom",
        "extra_body": '{"fallbacks": ["known-o3"]}',
        "input_price": "1000 / 1000",
    }
    env.upstream.on(CODEX, failing)
    chunks = list(
        env.plugin.call(
            "invoke_llm", "known-codex", form, model_parameters=LONG, tools=None, stop=None,
            stream=True, prompt_messages=[{"role": "user", "content": "Hi"}],
        )
    )  # fmt: skip
    assert chunks[-1]["model"] == "known-o3"
    assert float(chunks[-1]["delta"]["usage"]["total_price"]) < 0.001


@pytest.mark.parametrize("status", [408, 409, 429, 500])
def test_a_refused_look_throws_no_run_away(env: Environment, status: int) -> None:
    refused = json_reply({"error": {"message": "Rate limit reached", "type": "x"}}, status)
    assert text_of(ask(env, refused, run("completed", OUTPUT))).endswith("Found")


def test_what_was_thought_is_no_answer(env: Environment) -> None:
    thought = {
        "type": "reasoning", "id": "rs_1", "summary": [],
        "content": [{"type": "reasoning_text", "text": "A private thought."}],
    }  # fmt: skip
    text = text_of(ask(env, run("completed", [thought, OUTPUT[1]])))
    assert text == "<think>\nA private thought.\n</think>\n\nFound"


@pytest.mark.slow
def test_a_run_that_nobody_waits_for_is_cancelled(env: Environment) -> None:
    env.upstream.on(CODEX, run("queued"))
    env.upstream.on(RUN, run("in_progress"))
    env.upstream.on(f"{RUN}/cancel", run("cancelled"))
    with judged_plugin({"PLUGIN_MAX_EXECUTION_TIMEOUT": "4"}) as plugin:
        short = replace(env, plugin=plugin)
        with pytest.raises(PluginError, match="took longer than Dify waits and was cancelled"):
            short.chat("known-codex", model_parameters=LONG)
    assert env.upstream.asked[-1].path == f"{RUN}/cancel"


@pytest.mark.slow
def test_a_look_that_hangs_ends_in_time(env: Environment) -> None:
    env.upstream.on(CODEX, run("queued"))
    env.upstream.on(RUN, Reply([Pause(30), b"{}"]))
    env.upstream.on(f"{RUN}/cancel", run("cancelled"))
    started = time.monotonic()
    with judged_plugin({"PLUGIN_MAX_EXECUTION_TIMEOUT": "4"}) as plugin:
        short = replace(env, plugin=plugin)
        with pytest.raises(PluginError):
            short.chat("known-codex", model_parameters=LONG)
    # The hanging answer alone would take 30 s.
    assert time.monotonic() - started < 20


def test_tools_and_text_of_the_form_stand_beside_the_apps(env: Environment) -> None:
    form = {
        **env.credentials,
        "settings": "custom",
        "extra_body": '{"tools": [{"type": "mcp", "server_label": "x"}], "text": {"a": 1}}',
    }
    ask(env, run("completed", OUTPUT), parameters={"verbosity": "low"}, credentials=form)
    asked = env.upstream.asked_for(CODEX)[-1]
    assert asked["text"] == {"a": 1, "verbosity": "low"}
    assert [tool["type"] for tool in asked["tools"]] == ["mcp"]


FAILED = {"code": "server_error", "message": "The model ran out of luck."}


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (run("failed", error=FAILED), "ran out of luck"),
        (run("failed", error={"code": "500", "message": "It crashed."}), "It crashed"),
        (run("failed", OUTPUT), "the run ended as failed"),
        (run("expired", OUTPUT), "the run ended as expired"),
        (run("incomplete", OUTPUT), "broke off before its end"),
        (run("cancelled"), "The run was cancelled"),
        (
            json_reply({"error": {"message": "Response with id not found", "type": "x"}}, 404),
            "LiteLLM does not know this run any more (expired, or started at another LiteLLM); start it again.",
        ),
        (
            run("incomplete", OUTPUT[:1], incomplete_details={"reason": "max_output_tokens"}),
            "Max Tokens",
        ),
        (
            run("incomplete", OUTPUT[1:], incomplete_details={"reason": "content_filter"}),
            "filter",
        ),
    ],
)
def test_every_end_says_what_it_is(env: Environment, end: Reply, words: str) -> None:
    with pytest.raises(PluginError) as error:
        ask(env, end)
    assert words in error.value.message


def test_tools_are_refused_before_anything_is_paid(env: Environment) -> None:
    before = env.upstream.posts
    tool = {"name": "add", "description": "", "parameters": {"type": "object", "properties": {}}}
    with pytest.raises(PluginError, match="Long Runs takes no tools"):
        ask(env, run("completed", OUTPUT), tools=[tool])
    assert env.upstream.posts == before


def test_stop_words_are_refused(env: Environment) -> None:
    with pytest.raises(PluginError, match="Long Runs takes no stop words"):
        ask(env, run("completed", OUTPUT), stop=["X"])


def test_a_refused_start_is_an_error_at_once(env: Environment) -> None:
    refusal = json_reply({"error": {"message": "Background is not for you", "type": "x"}}, 400)
    with pytest.raises(PluginError, match="Background is not for you"):
        ask(env, run("completed", OUTPUT), start=refusal)
