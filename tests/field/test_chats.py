"""Field cases of chats: what Dify hands over and no provider takes, and answers that are nearly right."""

import base64
import json
from typing import Any

import pytest

from harness.upstream import Reply, Upstream, json_reply
from tests.field.asking import chat, direct, refusal, tool, tool_turn
from tests.support import openai_format as openai
from tests.support.anthropic_format import claude_text
from tests.support.environment import Environment

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 16).decode()
WAV = base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 16).decode()
PDF = base64.b64encode(b"%PDF-1.7 " + b"\0" * 16).decode()


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(content) if len(content) != 1 else content[0]}


def text(data: str) -> dict[str, str]:
    return {"type": "text", "data": data}


def image(data: str, mime_type: str) -> dict[str, str]:
    ending = mime_type.rpartition("/")[2]
    return {"type": "image", "format": ending, "base64_data": data, "mime_type": mime_type}


def calls_of(env: Environment, upstream: Upstream, *deltas: Any, **fields: Any) -> Any:
    upstream.on("m", openai.stream(*deltas, openai.delta(finish_reason="tool_calls")))
    _, last = chat(env, "m", direct(upstream), tools=[tool()], **fields)
    return [
        (call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in last["message"]["tool_calls"]
    ]


def sent(env: Environment, upstream: Upstream, *messages: Any, **fields: Any) -> Any:
    upstream.on("m", openai.text_stream("ok"))
    chat(env, "m", direct(upstream), *messages, **fields)
    return upstream.asked_for("m")[-1]["messages"]


@pytest.mark.parametrize("call_id", [{}, {"id": ""}])
@pytest.mark.parametrize("in_one_chunk", [1, 0])
def test_p08_two_calls_of_one_tool_without_ids(
    env: Environment, upstream: Upstream, call_id: dict[str, str], in_one_chunk: int
) -> None:
    deltas = [
        openai.tool_delta(0, name="get_weather", arguments=json.dumps({"city": city}), **call_id)
        for city in ("Paris", "Rome")
    ]
    if in_one_chunk:
        both = [delta["choices"][0]["delta"]["tool_calls"][0] for delta in deltas]
        deltas = [openai.delta(tool_calls=both)]
    calls = calls_of(env, upstream, *deltas)
    assert calls == [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Rome"})]


@pytest.mark.parametrize("call_id", ["a", None])
def test_p08_a_call_that_is_said_once_more_at_its_end_is_one(
    env: Environment, upstream: Upstream, call_id: str | None
) -> None:
    named = {"id": call_id} if call_id else {}
    whole = openai.tool_delta(0, name="get_weather", arguments='{"city": "Paris"}', **named)
    assert calls_of(env, upstream, whole, whole) == [("get_weather", {"city": "Paris"})]


def test_p08_arguments_that_are_no_object_are_an_error(
    env: Environment, upstream: Upstream
) -> None:
    delta = openai.tool_delta(0, id="a", name="get_weather", arguments='{"city": "Par')
    upstream.on("m", openai.stream(delta, openai.delta(finish_reason="tool_calls")))
    assert "no JSON object" in refusal(env, "m", direct(upstream), tools=[tool()]).message


def test_p10_a_call_without_a_name_is_left_out(env: Environment, upstream: Upstream) -> None:
    real = openai.tool_delta(0, id="t1", name="get_weather", arguments="{}")
    nameless = openai.tool_delta(1, id="t2", name="", arguments="")
    assert calls_of(env, upstream, real, nameless) == [("get_weather", {})]
    upstream.on("m", openai.stream(nameless, openai.delta(finish_reason="tool_calls")))
    assert "without naming it" in refusal(env, "m", direct(upstream), tools=[tool()]).message


def test_p47_calls_with_one_id_get_ids_of_their_own(env: Environment, upstream: Upstream) -> None:
    deltas = [
        openai.tool_delta(n, id="functions.get:1", name="get_weather", arguments=arguments)
        for n, arguments in enumerate(['{"city": "Paris"}', '{"city": "Rome"}'])
    ]
    upstream.on("m", openai.stream(*deltas, openai.delta(finish_reason="tool_calls")))
    _, last = chat(env, "m", direct(upstream), tools=[tool()])
    first, second = (call["id"] for call in last["message"]["tool_calls"])
    assert first == "functions.get:1"
    assert second not in {first, ""}
    # The same id once more in the next round.
    turn = [user("?"), *tool_turn("functions.get:1")]
    _, last = chat(env, "m", direct(upstream), *turn, tools=[tool()])
    ids = [call["id"] for call in last["message"]["tool_calls"]]
    assert len({*ids, "functions.get:1"}) == 3


class WantsReasoning(Upstream):
    """Refuses a tool turn without the reasoning that led to it, or with it."""

    def __init__(self, *, refuses: bool = False) -> None:
        super().__init__()
        self._refuses = refuses

    def reply_to(self, asked: Any) -> Reply:
        if not isinstance(asked.body, dict) or "messages" not in asked.body:
            return super().reply_to(asked)
        turns = [m for m in asked.body["messages"] if m.get("tool_calls")]
        if self._refuses and any("reasoning_content" in turn for turn in turns):
            return openai.error("property 'reasoning_content' is unsupported", 400)
        if not self._refuses and any(not turn.get("reasoning_content") for turn in turns):
            words = "The `reasoning_content` in the thinking mode must be passed back to the API."
            return openai.error(words, 400)
        if turns:
            return openai.text_stream("Sunny.")
        return openai.stream(
            openai.delta(reasoning_content="I need "), openai.delta(reasoning_content="the weather."),
            openai.tool_delta(0, id="call_9", name="get_weather", arguments="{}"),
            openai.delta(finish_reason="tool_calls"),
        )  # fmt: skip


@pytest.mark.parametrize("text_of_the_turn", ["<think>\nI need the weather.\n</think>", ""])
def test_p12_reasoning_goes_back_with_the_call_it_led_to(
    env: Environment, text_of_the_turn: str
) -> None:
    with WantsReasoning() as upstream:
        form = direct(upstream)
        _, last = chat(env, "m", form, tools=[tool()])
        (call,) = last["message"]["tool_calls"]
        turns = [user("?"), *tool_turn(call["id"], text_of_the_turn)]
        assert chat(env, "m", form, *turns, tools=[tool()])[0] == "Sunny."
        asked = upstream.asked_for("m")
        assert len(asked) == 2
        assert asked[-1]["messages"][1]["reasoning_content"] == "I need the weather."
        assert asked[-1]["messages"][1]["content"] is None


def test_p12_reasoning_that_is_lost_is_filled_and_this_is_remembered(env: Environment) -> None:
    with WantsReasoning() as upstream:
        turns = [user("?"), *tool_turn("call_of_another_process")]
        for _ in range(2):
            assert chat(env, "m", direct(upstream), *turns, tools=[tool()])[0] == "Sunny."
        assert len(upstream.asked_for("m")) == 3


def test_p12_providers_that_refuse_it_are_asked_without(env: Environment) -> None:
    with WantsReasoning(refuses=True) as upstream:
        _, last = chat(env, "m", direct(upstream), tools=[tool()])
        turns = [user("?"), *tool_turn(last["message"]["tool_calls"][0]["id"])]
        for _ in range(2):
            assert chat(env, "m", direct(upstream), *turns, tools=[tool()])[0] == "Sunny."
        assert len(upstream.asked_for("m")) == 4


def test_p13_a_system_prompt_alone_is_answered_by_claude(env: Environment) -> None:
    env.upstream.on("claude-sonnet-4-5", claude_text("A line."))
    system = {"role": "system", "content": "Write a line."}
    assert chat(env, "known-claude", env.credentials, system)[0] == "A line."
    assert env.upstream.asked_for("claude-sonnet-4-5")[-1]["messages"][0]["role"] == "user"


@pytest.mark.parametrize(
    ("messages", "roles"),
    [
        ([{"role": "system", "content": "Write."}], ["user"]),
        ([{"role": "system", "content": "Be brief."}, {"role": "system", "content": "Write."}], ["user"]),
        ([{"role": "system", "content": " "}, user("?")], ["user"]),
        ([user("One"), user("Two")], ["user"]),
        ([user("?"), {"role": "assistant", "content": " "}, user("Again")], ["user"]),
        ([user("?"), {"role": "assistant", "content": "<think>x</think>"}, user("Again")], ["user"]),
        ([*tool_turn("a")[1:], user("?")], ["user"]),
        ([user("?"), tool_turn("a")[0], user("Again")], ["user", "assistant", "tool", "user"]),
        ([user("?"), *tool_turn("a"), user("Thanks")], ["user", "assistant", "tool", "user"]),
    ],
)  # fmt: skip
def test_p13_conversations_that_strict_providers_refuse(
    env: Environment, upstream: Upstream, messages: list[Any], roles: list[str]
) -> None:
    turns = sent(env, upstream, *messages)
    assert [turn["role"] for turn in turns] == roles
    for turn in turns:
        assert turn.get("content") is None or str(turn["content"]).strip()
    ids = [call["id"] for turn in turns for call in turn.get("tool_calls") or ()]
    assert ids == [turn["tool_call_id"] for turn in turns if turn["role"] == "tool"]


@pytest.mark.parametrize("blank", ["", " ", "\n\t"])
@pytest.mark.parametrize("text_first", [1, 0])
def test_p14_a_picture_without_words(
    env: Environment, upstream: Upstream, blank: str, text_first: int
) -> None:
    picture = image(PNG, "image/png")
    parts = [text(blank), picture] if text_first else [picture, text(blank)]
    (turn,) = sent(env, upstream, user(*parts))
    assert [part["type"] for part in turn["content"]] == ["image_url"]


def test_p14_a_blank_result_of_a_tool_has_words(env: Environment, upstream: Upstream) -> None:
    call, result = tool_turn("a")
    turns = sent(env, upstream, user("?"), call, {**result, "content": " "}, tools=[tool()])
    assert turns[2]["content"].strip()


EVENTS = b"".join(
    openai.text_stream("Hel", "lo").pieces  # type: ignore[arg-type]
)


@pytest.mark.parametrize("mode", ["streamed", "blocking"])
@pytest.mark.parametrize(
    "label", ["application/json", "text/plain; charset=utf-8", "application/octet-stream", ""]
)
def test_p15_a_stream_is_told_by_its_bytes(
    env: Environment, upstream: Upstream, label: str, mode: str
) -> None:
    for events in (
        EVENTS,
        b": ping\n\n" + EVENTS,
        b"event: message\n" + EVENTS,
        b"\xef\xbb\xbf" + EVENTS,
    ):
        pieces = [events[:3], events[3:40], events[40:]]
        upstream.on("m", Reply(pieces, 200, label))
        assert chat(env, "m", direct(upstream), stream=mode == "streamed")[0] == "Hello"


@pytest.mark.parametrize("label", ["text/event-stream", "text/plain", ""])
def test_p15_a_whole_answer_is_told_by_its_bytes(
    env: Environment, upstream: Upstream, label: str
) -> None:
    whole = openai.completion(content="Hello")
    upstream.on("m", Reply([b"\n ", *whole.pieces], 200, label))
    for stream in (True, False):
        assert chat(env, "m", direct(upstream), stream=stream)[0] == "Hello"


def thought(text: str) -> dict[str, Any]:
    return openai.delta(reasoning_content=text)


def said(text: str) -> dict[str, Any]:
    return openai.delta(content=text)


@pytest.mark.parametrize(
    ("deltas", "whole"),
    [
        ([thought("I think."), said("</think>\n\n"), said("Answer.")], "<think>\nI think.\n</think>\n\nAnswer."),
        ([thought("I think."), said("\n"), said("</thi"), said("nk>Answer.")], "<think>\nI think.\n</think>\n\nAnswer."),
        ([said("<think>a</think></think>"), said("Answer.")], "<think>\na\n</think>\n\nAnswer."),
        ([said("</think>"), said("Answer.")], "Answer."),
        ([said("<think>a</think>"), said("\n</th"), said("ink>\n"), said("Answer.")], "<think>\na\n</think>\n\nAnswer."),
        ([said("Answer with </think> inside.")], "Answer with </think> inside."),
        ([said("<"), said("b>Bold</b>")], "<b>Bold</b>"),
        ([said("</p>")], "</p>"),
    ],
)  # fmt: skip
def test_p25_tags_that_are_not_in_pairs(
    env: Environment, upstream: Upstream, deltas: list[Any], whole: str
) -> None:
    upstream.on("m", openai.stream(*deltas, openai.delta(finish_reason="stop")))
    assert chat(env, "m", direct(upstream))[0] == whole


@pytest.mark.parametrize(
    "name", ["docs.search pages", "天气", "1st-tool", "x" * 80, "a/b:c", "-dash"]
)
def test_p27_names_of_tools_go_out_as_everybody_takes_them_and_come_back(
    env: Environment, upstream: Upstream, name: str
) -> None:
    tools = [tool(name), tool(f"{name}!"), tool("plain_name")]
    upstream.on("m", openai.text_stream("ok"))
    chat(env, "m", direct(upstream), user("?"), *tool_turn("a", name=name), tools=tools)
    body = upstream.asked_for("m")[-1]
    out = [each["function"]["name"] for each in body["tools"]]
    assert out[2] == "plain_name"
    assert len(set(out)) == 3
    for each in out:
        assert each[0].isascii()
        assert each[0].isalpha()
        assert len(each) <= 64
        assert set(each) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
    assert body["messages"][1]["tool_calls"][0]["function"]["name"] == out[0]
    answer = openai.tool_delta(0, id="b", name=out[0], arguments="{}")
    upstream.on("m", openai.stream(answer, openai.delta(finish_reason="tool_calls")))
    _, last = chat(env, "m", direct(upstream), tools=tools)
    assert last["message"]["tool_calls"][0]["function"]["name"] == name


DETAILS = [{"type": "reasoning.text", "index": 0, "text": "Let me think."}]


@pytest.mark.parametrize(
    "fields",
    [
        {"provider_specific_fields": {"reasoning_details": DETAILS}},
        {"reasoning_details": DETAILS},
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "Let me think."}]},
        {"reasoning": "Let me think.", "reasoning_details": DETAILS},
    ],
)
def test_p28_reasoning_has_more_than_one_place(
    env: Environment, upstream: Upstream, fields: dict[str, Any]
) -> None:
    upstream.on("m", openai.completion(content="The answer.", **fields))
    assert chat(env, "m", direct(upstream), stream=False)[0] == "The answer."
    streamed = openai.stream(openai.delta(**fields), said("The answer."), openai.delta("stop"))
    upstream.on("m", streamed)
    whole, _ = chat(env, "m", direct(upstream))
    assert whole == "<think>\nLet me think.\n</think>\n\nThe answer."


@pytest.mark.parametrize("label", ["image/jpeg", "application/octet-stream", "image/png"])
def test_p45_a_picture_is_labelled_by_its_bytes(
    env: Environment, upstream: Upstream, label: str
) -> None:
    (turn,) = sent(env, upstream, user(text("?"), image(PNG, label)))
    assert turn["content"][1]["image_url"]["url"] == f"data:image/png;base64,{PNG}"


def test_p45_sounds_and_documents_too(env: Environment, upstream: Upstream) -> None:
    audio = {"type": "audio", "format": "mp3", "base64_data": WAV, "mime_type": "audio/mpeg"}
    document = {"type": "document", "format": "bin", "base64_data": PDF, "mime_type": "text/plain"}
    (turn,) = sent(env, upstream, user(text("?"), audio, document))
    assert turn["content"][1]["input_audio"]["format"] == "wav"
    assert turn["content"][2]["file"]["file_data"].startswith("data:application/pdf;base64,")


DIFYS = [f"00000000-0000-000{n}-0000-000000000000" for n in range(3)]


def test_p49_ids_that_dify_makes_are_nine_letters_and_digits(
    env: Environment, upstream: Upstream
) -> None:
    turns = sent(
        env, upstream, user("?"), *tool_turn(DIFYS[0]), {"role": "assistant", "content": "Sunny."},
        user("And?"), *tool_turn(DIFYS[1]), *tool_turn("call_1__thought__CiQB+/=="),
    )  # fmt: skip
    ids = [call["id"] for turn in turns for call in turn.get("tool_calls") or ()]
    results = [turn["tool_call_id"] for turn in turns if turn["role"] == "tool"]
    assert ids == results
    assert len(set(ids)) == 3
    for each in ids[:2]:
        assert len(each) == 9
        assert each.isalnum()
    assert ids[2] == "call_1__thought__CiQB+/=="


def test_p49_ids_of_our_own_are_such_too(env: Environment, upstream: Upstream) -> None:
    delta = openai.tool_delta(0, name="get_weather", arguments="{}")
    upstream.on("m", openai.stream(delta, openai.delta(finish_reason="tool_calls")))
    _, last = chat(env, "m", direct(upstream), tools=[tool()])
    (call,) = last["message"]["tool_calls"]
    assert len(call["id"]) == 9
    assert call["id"].isalnum()


MISTRAL = "Tool call id was {} but must be a-z, A-Z, 0-9, with a length of 9."


class Mistral(Upstream):
    """Takes ids as Mistral does."""

    def reply_to(self, asked: Any) -> Reply:
        if not isinstance(asked.body, dict) or "messages" not in asked.body:
            return super().reply_to(asked)
        for turn in asked.body["messages"]:
            for call in turn.get("tool_calls") or ():
                if len(call["id"]) != 9 or not call["id"].isalnum():
                    body = {"message": MISTRAL.format(call["id"]), "type": "invalid_function_call"}
                    return json_reply(
                        {"object": "error", "param": None, "code": "3280", **body}, 400
                    )
        return openai.text_stream("ok")


@pytest.mark.parametrize("call_id", [DIFYS[0], "call_of_another_model_1", "toolu_01"])
def test_p49_a_conversation_begun_with_another_model_goes_on_with_mistral(
    env: Environment, call_id: str
) -> None:
    with Mistral() as upstream:
        for _ in range(2):
            turns = [user("?"), *tool_turn(call_id)]
            assert chat(env, "m", direct(upstream), *turns, tools=[tool()])[0] == "ok"
        assert len(upstream.asked_for("m")) == (2 if call_id == DIFYS[0] else 3)


def test_a_parameter_that_is_refused_whatever_its_value_is_offered_no_longer(
    env: Environment, upstream: Upstream
) -> None:
    words = (
        "litellm.UnsupportedParamsError: m does not support temperature=0.7. Only temperature=1 is "
        "supported. To drop unsupported params, set `litellm.drop_params = True`\n\n"
        "LiteLLM: model group 'm' failed with the error above. Set a fallback if there is one."
    )
    upstream.on("m", openai.error(words, 400), openai.text_stream("Hi"))
    parameters = {"temperature": 0.7, "top_p": 0.5}
    for _ in range(2):
        assert chat(env, "m", direct(upstream), model_parameters=parameters)[0] == "Hi"
    asked = upstream.asked_for("m")
    assert ["temperature" in body for body in asked] == [True, False, False]
    assert all(body["top_p"] == 0.5 for body in asked)
    fields = {"model_type": "llm"}
    schema = next(env.plugin.call("get_ai_model_schemas", "m", direct(upstream), **fields))
    rules = {rule["name"] for rule in schema["model_schema"]["parameter_rules"]}
    assert "top_p" in rules
    assert "temperature" not in rules
