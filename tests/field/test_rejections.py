"""Requests that a provider rejects for a reason that it names, and what is asked instead, end to end."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness.plugin_process import PluginError
from harness.upstream import Asked, Reply, Upstream, json_reply
from tests.field.asking import call, chat, direct, embed, refusal, saved, tool, tool_turn
from tests.support import openai_format as openai
from tests.support.environment import Environment

type Answer = Callable[[dict[str, Any]], Reply]
USER = {"role": "user", "content": "Hi"}
SYSTEM = {"role": "system", "content": "Be brief."}


class Particular(Upstream):
    """Answers what it is asked by a function of the body."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._answer = answer
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []

    def reply_to(self, asked: Asked) -> Reply:
        if asked.method != "POST" or not isinstance(asked.body, dict):
            return super().reply_to(asked)
        self.bodies.append(asked.body)
        self.headers.append({name.lower(): value for name, value in asked.headers.items()})
        return self._answer(asked.body)


def answered(body: dict[str, Any], *texts: str) -> Reply:
    if body.get("stream"):
        return openai.text_stream(*(texts or ("Hi",)))
    return openai.completion(content="".join(texts) or "Hi")


def rejects(when: Callable[[dict[str, Any]], bool], words: str, param: str | None = None, status: int = 400) -> Answer:  # fmt: skip
    error = {
        "error": {"message": words, "type": "invalid_request_error", "param": param, "code": None}
    }
    return lambda body: json_reply(error, status) if when(body) else answered(body)


OF_DIFYS_OWN: dict[str, tuple[Answer, dict[str, Any]]] = {
    "temperature": (
        rejects(lambda b: "temperature" in b, "claude-opus-4-7 does not support temperature=0.7. Only temperature=1 is supported"),
        {"model_parameters": {"temperature": 0.7}},
    ),
    "max_tokens": (
        rejects(lambda b: "max_tokens" in b, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "max_tokens"),
        {"model_parameters": {"max_tokens": 9}},
    ),
    "later system messages": (
        rejects(lambda b: any(m["role"] == "system" for m in b["messages"][1:]), "System message must be at the beginning."),
        {"prompt_messages": [SYSTEM, USER, SYSTEM, USER]},
    ),
    "only streams": (
        rejects(lambda b: not b.get("stream"), "This model only support stream mode, please enable the stream parameter to access the model."),
        {"stream": False},
    ),
    "no streams": (rejects(lambda b: bool(b.get("stream")), "Streaming is not supported for this model"), {}),
    "stream_options": (
        rejects(lambda b: "stream_options" in b or "stream_options" not in b.get("additional_drop_params", []), "Unknown parameter: 'stream_options'."),
        {},
    ),
    "effort beside tools": (
        rejects(lambda b: "reasoning_effort" not in b, "Function tools with reasoning_effort are not supported for gpt-5.6 in /v1/chat/completions.", "reasoning_effort"),
        {"tools": [tool()]},
    ),
    "ids that repeat": (
        rejects(lambda b: len({c["id"] for m in b["messages"] for c in m.get("tool_calls", [])}) < 2, "Duplicate tool_call id: call_0"),
        {"prompt_messages": [USER, *tool_turn("call_0"), *tool_turn("call_0")], "tools": [tool()]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_DIFYS_OWN)
def test_what_dify_sets_by_itself_is_replaced_once_and_remembered(
    env: Environment, name: str
) -> None:
    answer, fields = OF_DIFYS_OWN[name]
    with Particular(answer) as upstream:
        for _ in range(2):
            deltas = env.chat("m", credentials=direct(upstream), **fields)
            assert "".join(delta["message"]["content"] for delta in deltas) == "Hi"
        assert len(upstream.bodies) == 3


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    "pieces", [["I look.\nObserv", "ation: made up"], ["I look.\n", "Observation"], ["I look.\nObservation: x"]]
)  # fmt: skip
def test_h02_stop_words_that_a_model_does_not_take_cut_its_text_here(
    env: Environment, pieces: list[str], *, stream: bool
) -> None:
    words = "Unsupported parameter: 'stop' is not supported with this model."
    rejection = rejects(lambda body: "stop" in body, words, "stop")

    def answer(body: dict[str, Any]) -> Reply:
        return rejection(body) if "stop" in body else answered(body, *pieces)

    with Particular(answer) as upstream:
        for _ in range(2):
            text, last = chat(env, "m", direct(upstream), stop=["Observation"], stream=stream)
            assert (text, last["finish_reason"]) == ("I look.\n", "stop")
        assert ["stop" in body for body in upstream.bodies] == [True, False, False]
        # Without stop words nothing is cut.
        assert "Observation" in chat(env, "m", direct(upstream))[0]


def test_h02_a_model_whose_list_lacks_stop_is_not_sent_it(env: Environment) -> None:
    row = {"model_group": "m", "mode": "chat", "supported_openai_params": ["temperature", "tools"]}
    with Particular(lambda body: answered(body, "One. END two")) as upstream:
        upstream.on("/model_group/info", json_reply({"data": [row]}))
        assert chat(env, "m", direct(upstream), stop=["END"])[0] == "One. "
        assert "stop" not in upstream.bodies[-1]


def vectors(body: dict[str, Any]) -> Reply:
    return openai.embeddings([[float(n), 1.0] for n in range(len(body["input"]))])


@pytest.mark.parametrize(("dify", "nvidia"), [("document", "passage"), ("query", "query")])
def test_h15_documents_and_queries_in_the_providers_words(
    env: Environment, dify: str, nvidia: str
) -> None:
    error = openai.error("'input_type' parameter is required for asymmetric models", 400)
    with Particular(lambda body: vectors(body) if body.get("input_type") in {"passage", "query"} else error) as upstream:  # fmt: skip
        for _ in range(2):
            assert embed(env, "m", direct(upstream), ["a"], input_type=dify) == [[0.0, 1.0]]
        assert [body.get("input_type") for body in upstream.bodies] == [None, nvidia, nvidia]


def test_h46_dimensions_are_allowed_by_name(env: Environment) -> None:
    words = (
        "litellm.UnsupportedParamsError: Setting dimensions is not supported for OpenAI `text-embedding-3` and "
        "later models. To drop it from the call, set `litellm.drop_params = True`."
    )
    with Particular(lambda body: vectors(body) if "allowed_openai_params" in body else openai.error(words, 400)) as upstream:  # fmt: skip
        form = direct(upstream, dimensions="4")
        for _ in range(2):
            embed(env, "m", form, ["a"])
        assert [body["dimensions"] for body in upstream.bodies] == [4, 4, 4]
        assert upstream.bodies[-1]["allowed_openai_params"] == ["dimensions"]


NO_SESSION = {"error": {"message": "Request has no session id", "type": "x", "param": "session_id", "code": "400"}}  # fmt: skip


class WantsSessions(Particular):
    """LiteLLM with `general_settings.missing_session_id: reject`."""

    def reply_to(self, asked: Asked) -> Reply:
        if asked.method == "POST" and len(asked.headers.get("x-litellm-session-id", "")) < 8:
            return json_reply(NO_SESSION, 400)
        return super().reply_to(asked)


def test_a_session_is_named_where_litellm_requires_one(env: Environment) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        missing = json_reply({"error": {"message": "x", "param": "messages", "code": "400"}}, 400)
        if "messages" in body:
            return answered(body)
        return vectors(body) if "input" in body else missing

    with WantsSessions(answer) as upstream:
        upstream.on("/v1/models", json_reply({"data": [{"id": "m"}]}))
        for _ in range(2):
            assert chat(env, "m", direct(upstream))[0] == "Hi"
            assert embed(env, "m", direct(upstream), ["a"]) == [[0.0, 1.0]]
        ids = {headers["x-litellm-session-id"] for headers in upstream.headers}
        assert len(ids) == len(upstream.headers) == 4
        # Saving names one, too, and the next process knows that one is wanted.
        stored = saved(env, "m", direct(upstream))
        assert "session-header" in stored["__litellm_facts"]


def test_h13_documents_are_ranked_in_batches(env: Environment) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        count = len(body["documents"])
        if count > 32:
            return json_reply({"error": f"batch size {count} > maximum allowed batch size 32"}, 422)
        rows = [
            {"index": n, "relevance_score": float(text)} for n, text in enumerate(body["documents"])
        ]
        return json_reply({"results": rows[::-1]})

    documents = [str(number) for number in range(60)]
    fields: dict[str, Any] = {
        "query": "q", "docs": documents, "score_threshold": None, "top_n": 3, "model_type": "rerank",
    }  # fmt: skip
    with Particular(answer) as upstream:
        for _ in range(2):
            ranked = call(env, "invoke_rerank", "m", direct(upstream), **fields)
            assert [doc["index"] for doc in ranked["docs"]] == [59, 58, 57]
            assert [doc["text"] for doc in ranked["docs"]] == ["59", "58", "57"]
        assert [len(body["documents"]) for body in upstream.bodies] == [60, 32, 28, 32, 28]
        # Something else that is wrong is_permanent nothing.
    with Particular(lambda _: openai.error("Unknown model", 400)) as upstream:
        with pytest.raises(PluginError, match="Unknown model"):
            call(env, "invoke_rerank", "m", direct(upstream), **fields)
        assert len(upstream.bodies) == 1


@pytest.mark.parametrize("top_n", [-1, None, 100])
def test_no_ranked_document_is_lost_for_an_odd_top_n(env: Environment, top_n: int | None) -> None:
    rows = [{"index": n, "relevance_score": 0.5} for n in range(3)]
    with Particular(lambda _: json_reply({"results": rows})) as upstream:
        ranked = call(
            env, "invoke_rerank", "m", direct(upstream), model_type="rerank",
            query="q", docs=["a", "b", "c"], score_threshold=None, top_n=top_n,
        )  # fmt: skip
        assert len(ranked["docs"]) == 3


def test_p57_a_speech_server_that_takes_less(env: Environment) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        if len(body["input"]) > 400:
            words = "XTTS can only generate text with a maximum of 400 tokens."
            return openai.error(words, 400)
        return Reply([b"ID3" + body["input"].encode()], content_type="audio/mpeg")

    text = "A sentence of some words. " * 130
    request = {"content_text": text, "voice": "", "tenant_id": "t", "model_type": "tts"}
    with Particular(answer) as upstream:
        for _ in range(2):
            answers = env.plugin.call("invoke_tts", "m", direct(upstream), **request)
            audio = b"".join(bytes.fromhex(each["result"]) for each in answers)
            assert audio.replace(b"ID3", b"").decode() == text
        lengths = [len(body["input"]) for body in upstream.bodies]
        assert [length for length in lengths if length > 400] == [len(text)]


def test_p57_a_later_part_that_is_too_long_is_made_shorter(env: Environment) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        if len(body["input"]) > 2000:
            return openai.error("The input is too long: at most 2,000 characters", 400)
        return Reply([b"ID3" + body["input"].encode()], content_type="audio/mpeg")

    text = "a" * 900 + ". " + "b" * 6000
    request = {"content_text": text, "voice": "", "tenant_id": "t", "model_type": "tts"}
    with Particular(answer) as upstream:
        answers = env.plugin.call("invoke_tts", "m", direct(upstream), **request)
        audio = b"".join(bytes.fromhex(each["result"]) for each in answers)
        spoken = audio.replace(b"ID3", b"").decode()
        assert spoken.replace(" ", "") == text.replace(" ", "")


def test_h13_one_bad_document_is_found_in_few_requests(env: Environment) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        if "bad" in body["documents"]:
            return openai.error("Invalid element in array: string is not allowed", 400)
        rows = [{"index": n, "relevance_score": 0.5} for n in range(len(body["documents"]))]
        return json_reply({"results": rows})

    documents = [*map(str, range(99)), "bad"]
    with Particular(answer) as upstream:
        with pytest.raises(PluginError):
            call(
                env, "invoke_rerank", "m", direct(upstream), model_type="rerank",
                query="q", docs=documents, score_threshold=None, top_n=None,
            )  # fmt: skip
        assert len(upstream.bodies) < 25


STRICT = {
    "H17: an object without properties": ({"type": "object"}, {"type": "object", "properties": {}}),
    "nothing at all": ({}, {"type": "object", "properties": {}}),
    "a list without items": (
        {"type": "object", "properties": {"a": {"type": "array"}, "b": {"type": ["array", "null"]}}},
        {"type": "object", "properties": {"a": {"type": "array", "items": {}}, "b": {"type": ["array", "null"], "items": {}}}},
    ),
    "an inner object": (
        {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "object"}}}},
        {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "object", "properties": {}}}}},
    ),
    "alternatives and definitions": (
        {"type": "object", "properties": {"a": {"anyOf": [{"type": "array"}, {"type": "null"}]}}, "$defs": {"d": {"type": "object"}}},
        {"type": "object", "properties": {"a": {"anyOf": [{"type": "array", "items": {}}, {"type": "null"}]}},
         "$defs": {"d": {"type": "object", "properties": {}}}},
    ),
    "nulls, and required names that are not there": (
        {"type": "object", "properties": {"a": {"type": "string", "description": None}}, "required": ["a", "b"], "title": None},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    ),
    "values, tuples and alternatives that require": (
        {"type": "object", "properties": {"a": {"const": None}, "b": {"type": "array", "items": [{"type": "object"}]}},
         "anyOf": [{"required": ["a"]}, {"required": ["b"]}], "additionalProperties": {"type": "array"}},
        {"type": "object", "properties": {"a": {"const": None}, "b": {"type": "array", "items": [{"type": "object", "properties": {}}]}},
         "anyOf": [{"required": ["a"]}, {"required": ["b"]}], "additionalProperties": {"type": "array", "items": {}}},
    ),
    "any value": ({"properties": {"a": True}, "required": None}, {"type": "object", "properties": {"a": {}}}),
}  # fmt: skip


@pytest.mark.parametrize("name", STRICT)
def test_tools_go_out_as_strict_providers_want_them(env: Environment, name: str) -> None:
    given, sent = STRICT[name]
    with Particular(answered) as upstream:
        chat(
            env,
            "m",
            direct(upstream),
            tools=[{"name": "f", "description": "", "parameters": given}],
        )
        assert upstream.bodies[0]["tools"][0]["function"]["parameters"] == sent


def test_h03_one_declaration_for_each_name(env: Environment) -> None:
    tools = [{**tool("search"), "description": text} for text in ("first", "second")]
    with Particular(answered) as upstream:
        chat(env, "m", direct(upstream), tools=[*tools, tool("other")])
        functions = [each["function"] for each in upstream.bodies[0]["tools"]]
        assert [each["name"] for each in functions] == ["search", "other"]
        assert functions[0]["description"] == "first"


def test_h04_arguments_have_names_that_claude_takes_and_come_back_as_difys(
    env: Environment,
) -> None:
    names = ["filter[city]", "城市", "city name", "plain", "a" * 70]
    inner = {"type": "object", "properties": {"nested key": {"type": "string"}}}
    schema = {
        "type": "object",
        "properties": {**{name: {"type": "string"} for name in names}, "inner": inner},
        "required": ["city name"],
    }
    declared = [{"name": "f", "description": "", "parameters": schema}]
    sent_names: dict[str, str] = {}

    def answer(body: dict[str, Any]) -> Reply:
        parameters = body["tools"][0]["function"]["parameters"]
        keys = list(parameters["properties"])
        sent_names.update(zip([*names, "inner"], keys, strict=True))
        (nested,) = parameters["properties"]["inner"]["properties"]
        assert parameters["required"] == [sent_names["city name"]]
        arguments = json.dumps({**dict.fromkeys(keys[:-1], "x"), "inner": {nested: "y"}})
        return openai.stream(
            openai.tool_delta(0, id="t1", name="f", arguments=arguments),
            openai.delta(finish_reason="tool_calls"),
        )

    with Particular(answer) as upstream:
        _, last = chat(env, "m", direct(upstream), tools=declared)
        (made,) = last["message"]["tool_calls"]
        arguments = json.loads(made["function"]["arguments"])
        assert arguments == {**dict.fromkeys(names, "x"), "inner": {"nested key": "y"}}
        assert all(
            name.isascii() and len(name) <= 64 and " " not in name for name in sent_names.values()
        )
        assert sent_names["plain"] == "plain"
        history = [USER, {"role": "assistant", "content": "", "tool_calls": [made]},
                   {"role": "tool", "content": "Sunny", "tool_call_id": made["id"]}]  # fmt: skip
        chat(env, "m", direct(upstream), *history, tools=declared)
        back = upstream.bodies[-1]["messages"][1]["tool_calls"][0]["function"]["arguments"]
        assert set(json.loads(back)) == set(sent_names.values())


def test_as_many_tokens_as_an_app_asks_for_where_nothing_is_known(env: Environment) -> None:
    with Particular(answered) as upstream:
        chat(env, "m", direct(upstream), model_parameters={"max_tokens": 16000, "top_p": 0.001})
        assert (upstream.bodies[0]["max_tokens"], upstream.bodies[0]["top_p"]) == (16000, 0.001)


@pytest.mark.parametrize(
    ("extra", "is_json"),
    [
        ({"response_mime_type": "text/plain"}, False),
        ({"format": "markdown"}, False),
        ({"response_mime_type": "application/json"}, True),
        ({"format": "json"}, True),
        ({"format": {"type": "object"}}, True),
        ({"guided_json": {"type": "object"}}, True),
    ],
)
def test_other_formats_are_no_json(
    env: Environment, extra: dict[str, Any], *, is_json: bool
) -> None:
    """Before JSON a thought never stands in the text."""
    reply = openai.stream(
        openai.delta(reasoning_content="hm"), openai.delta(content="{}"), openai.delta(finish_reason="stop")
    )  # fmt: skip
    with Particular(lambda _: reply) as upstream:
        form = direct(upstream, extra_body=json.dumps(extra))
        text, _ = chat(env, "m", form)
        assert ("<think>" in text) is not is_json


@pytest.mark.parametrize("name", ["seed", "top_k", "reasoning_effort"])
def test_what_only_a_person_sets_stays_an_error_that_names_it(env: Environment, name: str) -> None:
    words = (
        f"litellm.UnsupportedParamsError: x does not support parameters: ['{name}'], for model=m."
    )
    with Particular(rejects(lambda body: name in body, words)) as upstream:
        form = direct(upstream, extra_body=json.dumps({name: 1}))
        assert name in refusal(env, "m", form).message
        assert len(upstream.bodies) == 1


def test_three_fallbacks_at_most_and_none_twice(env: Environment) -> None:
    words = "Unknown parameters: 'temperature', 'top_p', 'stream_options', 'litellm_metadata'"
    with Particular(lambda _: openai.error(words, 400)) as upstream:
        parameters = {"temperature": 0.7, "top_p": 0.5}
        assert (
            "temperature"
            in refusal(env, "m", direct(upstream), model_parameters=parameters).message
        )
        assert len(upstream.bodies) == 4
        # Nothing was learned, since nothing helped.
        refusal(env, "m", direct(upstream), model_parameters=parameters)
        assert upstream.bodies[4] == upstream.bodies[0]
