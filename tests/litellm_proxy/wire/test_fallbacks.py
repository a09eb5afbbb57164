"""Every fallback: a rejection as LiteLLM or a provider was seen to write it, and both requests."""

import json
from typing import Any

import pytest

from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.audio import SpeechRequest
from litellm_proxy.wire.call_ids import strict_call_id
from litellm_proxy.wire.chat import ChatRequest
from litellm_proxy.wire.embeddings import EmbeddingsRequest
from litellm_proxy.wire.images import ImageRequest
from litellm_proxy.wire.moderations import ModerationRequest
from litellm_proxy.wire.options import ProxyRequest, RequestOptions
from litellm_proxy.wire.rejected_requests.fallbacks import (
    FALLBACKS,
    NAMES,
    applied,
    fallbacks_for,
    for_model,
    for_version,
    is_learned,
)
from litellm_proxy.wire.rejected_requests.rejections import is_permanent
from litellm_proxy.wire.rerank import RerankRequest

UNSUPPORTED = ("UnsupportedParamsError",)
USER: Any = {"role": "user", "content": "Hi"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}
WHO = RequestOptions(user="u", tags=("t",), app="a", session_id="session-1")


def chat(*messages: Any, stream: bool = True, **more: Any) -> ChatRequest:
    return ChatRequest("m", list(messages) or [USER], stream=stream, **more)


CLIP = "data:video/mp4;base64,QQ=="


def video(**file: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "file", "file": {"format": "video/mp4", **file}}]}


def moderation(**options: Any) -> ModerationRequest:
    return ModerationRequest("m", "t", RequestOptions(**options))


def embedding(**more: Any) -> EmbeddingsRequest:
    return EmbeddingsRequest("m", ["a"], **more)


def called(call_id: str, **more: Any) -> dict[str, Any]:
    call = {"id": call_id, "type": "function", "function": {"name": "f", "arguments": "{}"}}
    return {"role": "assistant", "content": None, "tool_calls": [call], **more}


def result(call_id: str) -> dict[str, Any]:
    return {"role": "tool", "content": "Sunny", "tool_call_id": call_id}


def system(text: str) -> dict[str, Any]:
    return {"role": "system", "content": text}


USAGE = {"stream": True, "stream_options": {"include_usage": True}}
STRICT = strict_call_id("call_0")
TURN = [USER, called("call_0"), result("call_0")]
ROWS: dict[str, list[tuple[ProxyRequest, Any, dict[str, Any]]]] = {
    # name: what is asked, the rejection (its words, or fields), what is different in the body
    "stream-only": [
        (chat(stream=False), "This model only support stream mode, please enable the stream parameter to access the model.", USAGE),
        (chat(stream=False), "parameter.enable_thinking must be set to false for non-streaming calls", USAGE),
        (chat(stream=False), "Non-streaming requests are not supported for this model", USAGE),
    ],
    "no-stream": [
        (chat(), "Streaming is not supported for this model.", {"stream": None, "stream_options": None}),
        (chat(), "this model does not support streaming", {"stream": None, "stream_options": None}),
    ],
    "no-usage-in-streams": [
        (chat(), "Unknown parameter: 'stream_options'.", {"stream_options": None, "additional_drop_params": ["stream_options"]}),
        (chat(), "include_usage: Extra inputs are not permitted", {"stream_options": None, "additional_drop_params": ["stream_options"]}),
        (chat(options=RequestOptions(extra={"additional_drop_params": ["x"]})), "Unknown parameter: 'stream_options'.",
         {"stream_options": None, "additional_drop_params": ["x", "stream_options"]}),
    ],
    "one-system-message": [
        (chat(system("A"), USER, system("B"), USER), "System message must be at the beginning.",
         {"messages": [system("A\n\nB"), USER, USER]}),
        (chat(system("A"), system("B"), USER), "Only one system message is allowed",
         {"messages": [system("A\n\nB"), USER]}),
    ],
    "stop-cut-here": [
        (chat(stop=["Observation"]), {"message": "openai does not support parameters: ['stop'], for model=gpt-5.", "classes": UNSUPPORTED},
         {"stop": None}),
        (chat(stop=["Observation"]), {"message": "Unsupported parameter: 'stop' is not supported with this model.", "param": "stop"},
         {"stop": None}),
    ],
    "video-url": [
        (chat(video(file_data=CLIP)), {"message": "Invalid value: 'file'. Supported values are: 'text', 'image_url' and 'video_url'."},
         {"messages": [{"role": "user", "content": [{"type": "video_url", "video_url": {"url": CLIP}}]}]}),
        (chat(video(file_id="https://h/a.mp4")), {"message": "Unsupported content part type: file"},
         {"messages": [{"role": "user", "content": [{"type": "video_url", "video_url": {"url": "https://h/a.mp4"}}]}]}),
    ],
    "default-reasoning-effort": [
        (chat(tools=[TOOL], default_effort="medium"),
         {"message": "Function tools with reasoning_effort are not supported for gpt-5.6 in /v1/chat/completions.", "param": "reasoning_effort"},
         {"reasoning_effort": "medium"}),
    ],
    "max-completion-tokens": [
        (chat(parameters={"max_tokens": 9}),
         {"message": "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "param": "max_tokens"},
         {"max_tokens": None, "max_completion_tokens": 9}),
    ],
    "temperature-without-top_p": [
        (
            chat(parameters={"temperature": 0.7, "top_p": 0.5}),
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
            {"top_p": None},
        ),
    ],
    "no-temperature": [
        (chat(parameters={"temperature": 0.7}), "claude-opus-4-7 does not support temperature=0.7. Only temperature=1 is supported", {"temperature": None}),
        (chat(parameters={"temperature": 0.7}), {"message": "Unsupported value: 'temperature' does not support 0.7 with this model.", "param": "temperature"}, {"temperature": None}),
    ],
    "no-top_p": [(chat(parameters={"top_p": 0.5}), "`top_p` is deprecated for this model", {"top_p": None})],
    "no-presence_penalty": [
        (chat(parameters={"presence_penalty": 1}), {"message": "does not support parameters: ['presence_penalty']", "classes": UNSUPPORTED}, {"presence_penalty": None}),
    ],
    "no-frequency_penalty": [
        (chat(parameters={"frequency_penalty": 1}), "frequency_penalty: Extra inputs are not permitted", {"frequency_penalty": None}),
    ],
    "no-tools-of-the-history": [
        (chat(*TURN, tools_of_the_history=[TOOL]), "Unknown parameter: 'tools'", {"tools": None}),
    ],
    "filled-reasoning": [
        (chat(*TURN), "The `reasoning_content` in the thinking mode must be passed back to the API.",
         {"messages": [USER, called("call_0", reasoning_content=" "), result("call_0")]}),
    ],
    "no-reasoning-back": [
        (chat(USER, called("call_0", reasoning_content="x"), result("call_0")), "property 'reasoning_content' is unsupported", {"messages": TURN}),
        (chat(USER, called("call_0", reasoning_items=[{}]), result("call_0")), "Item 'rs_1' of type 'reasoning' was provided without its required following item.", {"messages": TURN}),
    ],
    "no-signed-reasoning": [
        (chat(USER, called("call_0", thinking_blocks=[{}]), result("call_0")), "messages.1.content.0: Invalid `signature` in `thinking` block", {"messages": TURN}),
    ],
    "no-more-reasoning": [
        (chat(*TURN, parameters={"reasoning_effort": "low"}), "Expected `thinking` or `redacted_thinking`, but found `tool_use`", {"reasoning_effort": None}),
    ],
    "distinct-call-ids": [
        (chat(*TURN, called("call_0"), result("call_0")), "Duplicate tool call id: call_0",
         {"messages": [*TURN, called("call_0_2"), result("call_0_2")]}),
        (chat(*TURN, called("call_0"), result("call_0")), "tool_call ids must be unique",
         {"messages": [*TURN, called("call_0_2"), result("call_0_2")]}),
    ],
    "strict-call-ids": [
        (chat(*TURN), "Tool call id was call_0 but must be a-z, A-Z, 0-9, with a length of 9.",
         {"messages": [USER, called(STRICT), result(STRICT)]}),
    ],
    "wav": [(SpeechRequest("m", "t", "v"), "Unsupported response format: mp3. Supported response formats: pcm, wav", {"response_format": "wav"})],
    "image-url": [(ImageRequest("m", "p"), "Unknown parameter: 'output_format'.", {"output_format": None, "response_format": "url"})],
    "any-image": [
        (ImageRequest("m", "p", options=RequestOptions(fallbacks=frozenset({"image-url"}))), "Unknown parameter: 'response_format'.", {"response_format": None}),
    ],
    "dimensions-allowed": [
        (embedding(dimensions=4), {"message": "Setting dimensions is not supported for OpenAI `text-embedding-3` and later models.", "classes": UNSUPPORTED},
         {"allowed_openai_params": ["dimensions"]}),
    ],
    "passage-and-query": [
        (embedding(input_type="document"), "'input_type' parameter is required for asymmetric models", {"input_type": "passage"}),
        (embedding(input_type="query"), "'input_type' parameter is required for asymmetric models", {"input_type": "query"}),
        (embedding(input_type="document", sends_input_type=True), "input_type must be one of: query, passage", {"input_type": "passage"}),
    ],
    "blank-as-dot": [
        (EmbeddingsRequest("m", ["a", " "]), {"message": "input cannot be an empty string"}, {"input": ["a", "."]}),
        (RerankRequest("m", "q", ["a", " "]), {"message": "documents[1] must be non-empty"}, {"documents": ["a", "."]}),
    ],
    "no-input-type": [(embedding(input_type="query", sends_input_type=True), "input_type: Extra inputs are not permitted", {"input_type": None})],
    "no-encoding": [
        (embedding(), {"message": "jina_ai does not support parameters: {'encoding_format': 'base64'}", "classes": UNSUPPORTED}, {"encoding_format": None}),
    ],
    "floats": [
        (embedding(), "encoding_format must be float", {"encoding_format": "float"}),
        (embedding(), "base64 is not a supported encoding", {"encoding_format": "float"}),
    ],
    "end-user-in-body": [
        (moderation(user="u"), {"message": "Authentication Error, 'user' param not passed in", "status": 401, "classes": ("UserRequired",)},
         {"litellm_metadata": None, "user": "u"}),
    ],
    "no-end-user": [(moderation(user="u"), "Unknown parameter: 'litellm_metadata'", {"litellm_metadata": None})],
    "no-tag-of-the-app": [
        (moderation(app="a", tags=("t",)), {"message": "Not allowed to access model due to tags configuration", "status": 401, "classes": ("TagsRejected",)},
         {"metadata": {"tags": ["t"], "spend_logs_metadata": {"dify_app": "a"}}}),
    ],
    "no-metadata": [(moderation(tags=("t",)), "Unknown field 'metadata'", {"metadata": None})],
    "no-session": [(moderation(session_id="s-1234567"), "litellm_trace_id: Extra inputs are not permitted", {"litellm_trace_id": None})],
    "session-header": [(moderation(), {"message": "Request has no session id", "param": "session_id"}, {})],
    "any-type": [(moderation(), {"message": "Not Acceptable", "status": 406}, {})],
}  # fmt: skip
CASES = [(name, *case) for name, cases in ROWS.items() for case in cases]


def rejection(given: Any) -> ProxyRejected:
    fields = {"message": given} if isinstance(given, str) else given
    return ProxyRejected(**{"status": 400, **fields})


@pytest.mark.parametrize(("name", "asked", "given", "different"), CASES)
def test_a_rejection_is_answered_by_its_fallback(
    name: str, asked: ProxyRequest, given: Any, different: dict[str, Any]
) -> None:
    before = applied(asked.request(), asked.options.fallbacks)
    written = json.dumps(before.body())
    error = rejection(given)
    (fallback,), after = fallbacks_for(error, before, ())
    assert fallback.name == name
    expected = {**before.body(), **different}
    assert after.body() == {n: v for n, v in expected.items() if v is not None}
    # What was passed in is not changed, and no row is tried twice.
    assert json.dumps(before.body()) == written
    assert name not in [each.name for each in fallbacks_for(error, before, {name})[0]]


def test_every_row_has_a_rejection() -> None:
    found_by_version = {"end-user-in-metadata"}
    assert set(ROWS) | found_by_version == NAMES
    assert len(NAMES) == len(FALLBACKS)


def named(words: str, asked: ProxyRequest, **more: Any) -> list[str]:
    error = ProxyRejected(**{"message": words, "status": 400, **more})
    return [each.name for each in fallbacks_for(error, asked.request(), ())[0]]


def test_headers_hold_what_a_body_may_not() -> None:
    request = applied(WHO.request("/x", {}), ["no-metadata"])
    assert request.sent_headers()["x-litellm-tags"] == "t,dify-app:a"
    session = applied(RequestOptions().request("/x", {}), ["session-header"])
    assert len(session.sent_headers()["x-litellm-session-id"]) == 32
    other = applied(RequestOptions(session_id="größe").request("/x", {}), ["session-header"])
    again = applied(RequestOptions(session_id="größe").request("/x", {}), ["session-header"])
    assert other.sent_headers() == again.sent_headers()
    assert applied(RequestOptions().request("/x", {}), ["any-type"]).sent_headers() == {
        "Accept": "*/*"
    }


@pytest.mark.parametrize(
    "words",
    [
        "The seed is too large",
        "I like mp3 players",
        "The metadata of this model is not supported",
        "Unknown field 'metadata_x'",
        "Please stop: invalid request",
        "The tools of this model are not supported here",
    ],
)
def test_words_of_any_sentence_are_no_field(words: str) -> None:
    asked = chat(*TURN, tools_of_the_history=[TOOL], stop=["a"], options=WHO)
    assert named(words, asked) == []
    assert named(words, SpeechRequest("m", "t", "v")) == []


@pytest.mark.parametrize("status", [401, 402, 403, 404, 408, 409, 425, 429, 502, 503, 504])
def test_what_is_not_about_the_request_changes_nothing(status: int) -> None:
    assert named("Unknown parameter 'litellm_metadata'", moderation(user="u"), status=status) == []


def test_of_a_value_that_a_person_chose_nothing_changes() -> None:
    extra = {"metadata": {"x": 1}, "temperature": 1, "stop": ["a"], "dimensions": 4}
    asked = chat(options=RequestOptions(extra=extra), parameters={"seed": 7})
    for name in ("metadata", "temperature", "stop", "dimensions", "seed"):
        assert named(f"Unknown parameter: '{name}'", asked, param=name) == []


def test_all_that_litellms_own_check_names_is_changed_at_once() -> None:
    numbers = {"temperature": 0.7, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0}
    words = f"openai does not support parameters: {list(numbers)}"
    rows = [f"no-{name}" for name in numbers]
    asked = chat(parameters=numbers)
    assert named(words, asked, classes=UNSUPPORTED) == rows
    assert named(words, asked) == rows[:1]


PROMPT = "Why does my server say: Unknown field 'metadata' in the request?"


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        (f"Your prompt was refused: {PROMPT}", []),
        (f"Your prompt was refused: {json.dumps(PROMPT)}", []),
        ("Unknown field 'metadata' in the request", []),
        ("Extra inputs are not permitted: 'metadata'", ["no-metadata"]),
    ],
)
def test_words_of_the_request_itself_name_nothing(words: str, rows: list[str]) -> None:
    asked = chat({"role": "user", "content": PROMPT}, options=RequestOptions(tags=("t",)))
    assert named(words, asked) == rows


@pytest.mark.parametrize("status", [None, 408, 409, 425, 429, 500, 502, 503, 504])
def test_nothing_is_learned_of_what_passes(status: int | None) -> None:
    assert not is_permanent(ProxyRejected(message="x", status=status))


@pytest.mark.parametrize("status", [400, 401, 403, 406, 422])
def test_a_rejection_of_the_request_teaches(status: int) -> None:
    assert is_permanent(ProxyRejected(message="x", status=status))


def row(name: str) -> Any:
    return next(each for each in FALLBACKS if each.name == name)


def test_a_parameter_that_is_rejected_under_a_condition_is_offered_on() -> None:
    words = "temperature may only be set to 1 when thinking is enabled"
    assert named(words, chat(parameters={"temperature": 0.7})) == ["no-temperature"]
    assert not is_learned(row("no-temperature"), ProxyRejected(message=words, status=400))
    assert is_learned(row("no-temperature"), ProxyRejected(message="temperature: no", status=400))
    assert not is_learned(row("no-signed-reasoning"), ProxyRejected(message="x", status=400))


def test_what_is_known_before_any_rejection() -> None:
    assert for_version((1, 82, 9)) == {"end-user-in-metadata"}
    assert for_version((1, 83, 0)) == set()
    assert for_model(None) == set()
    assert for_model(["dimensions", "user"]) == {"no-encoding", "stop-cut-here"}
    assert for_model(["dimensions", "encoding_format", "stop"]) == set()
    assert for_model(["tools", "stop"]) == set()
    for provider in ("openai", "dashscope", "zai", "moonshot", "openrouter", "fireworks_ai"):
        assert for_model(None, provider) == {"video-url"}
    for provider in ("gemini", "vertex_ai-language-models", "hosted_vllm", "bedrock_converse"):
        assert for_model(None, provider) == set()


GROQ = (
    "'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2' : property "
    "'reasoning_content' is unsupported)]"
)
NUMBERS = {"temperature": 1.5, "top_p": 1, "max_tokens": 9}
TURNS = [*TURN, called("call_0"), result("call_0")]


@pytest.mark.parametrize(
    "words",
    [
        "temperature: range: 0..1",
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 5 instead.",
        "temperature must be non-negative, got -1.0.",
        "top_p must be in (0, 1], got 0.0.",
        "Invalid top_p value, the valid range of top_p is (0, 1.0]",
        "Range of top_p should be (0.0, 1.0]",
        "The upstream model is not available",
        "Upstream model gpt-x is not allowed for this token",
        "The upstream is not supported by this route",
        "Invalid schema for function 'get': In context=('properties', 'temperature'), schema must have a type",
        'OpenrouterException - {"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"Invalid image data"}}}',
        "[{'type': 'value_error', 'msg': 'Value error, foo is not allowed here.', 'input': {'stream_options': {'include_usage': True}}}]",
        "Unsupported value: 'reasoning_effort' does not support 'xhigh' with this model.",
        "`max_tokens` must be greater than `thinking.budget_tokens`",
        "This model's maximum context length is 8192 tokens, with the reasoning tokens",
        "Invalid model name passed in model=qwen-thinking",
        "Budget exceeded for deepseek-reasoning",
        "The request signature we calculated does not match the signature you provided.",
        "tools: Tool names must be unique.",
        "The same tool was called with invalid arguments",
        "System prompt cannot be empty; start with text",
        "The system message is too long: the first 1000 tokens",
    ],
)
def test_an_error_of_something_else_changes_nothing(words: str) -> None:
    asked = chat(
        system("A"), *TURNS[:3], called("call_1", thinking_blocks=[{}]), result("call_1"), system("B"),
        parameters={**NUMBERS, "reasoning_effort": "xhigh"}, tools=[TOOL], options=WHO,
    )  # fmt: skip
    assert named(words, asked) == []


@pytest.mark.parametrize(
    ("words", "row_name", "more"),
    [
        ("Model grok-4 does not support parameter stop.", "stop-cut-here", {}),
        ("Argument not supported on this model: stop", "stop-cut-here", {}),
        ("stop: Extra inputs are not permitted", "stop-cut-here", {}),
        ("metadata.tags: Extra inputs are not permitted", "no-metadata", {}),
        ("Unrecognized request argument supplied: metadata", "no-metadata", {}),
        ("Argument not supported on this model: presencePenalty", "no-presence_penalty", {}),
        ("Unsupported value: 'stream' does not support true with this model.", "no-stream", {"param": "stream"}),
        ("This model doesn't support tool use in streaming mode.", "no-stream", {}),
        (GROQ, "no-reasoning-back", {}),
        ("Unexpected role 'system' after role 'user'", "one-system-message", {}),
        ("Found multiple `tool_result` blocks with id call_0", "distinct-call-ids", {}),
        ("messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$', invalid", "strict-call-ids", {}),
    ],
)  # fmt: skip
def test_the_same_in_other_words(words: str, row_name: str, more: dict[str, Any]) -> None:
    asked = chat(
        system("A"), USER, called("call_0", reasoning_content="x"), result("call_0"), called("call_0"),
        result("call_0"), system("B"), stop=["a"], parameters={"presence_penalty": 1},
        options=RequestOptions(tags=("t",)),
    )  # fmt: skip
    assert named(words, asked, **more) == [row_name]


def test_words_of_a_prompt_change_nothing_in_any_row() -> None:
    prompt = "Is streaming not supported in my app?"
    asked = chat({"role": "user", "content": prompt})
    assert named(f"The prompt was flagged: '{prompt}'", asked) == []


def test_ids_that_are_made_distinct_meet_no_others() -> None:
    turns = [USER, called("a_2"), result("a_2"), called("a"), result("a"), called("a"), result("a")]
    request = applied(chat(*turns).request(), ["distinct-call-ids"])
    ids = [m["tool_calls"][0]["id"] for m in request.own["messages"] if "tool_calls" in m]
    assert len(set(ids)) == 3
    assert ids == [m["tool_call_id"] for m in request.own["messages"] if m["role"] == "tool"]


def test_what_gpt_5_says_of_temperature_is_learned() -> None:
    words = (
        "litellm.UnsupportedParamsError: gpt-5 models (including gpt-5-codex) don't support temperature=0.7. Only "
        "temperature=1 is supported. For gpt-5.1, temperature is supported when reasoning_effort='none'"
    )
    error = ProxyRejected(message=words, status=400, classes=UNSUPPORTED)
    asked = chat(*TURN, parameters={"temperature": 0.7, "reasoning_effort": "high"})
    assert [each.name for each in fallbacks_for(error, asked.request(), ())[0]] == [
        "no-temperature"
    ]
    assert is_learned(row("no-temperature"), error)


def test_the_advice_of_litellm_is_no_range() -> None:
    message = "ai21_chat does not support parameters: ['top_p'], for model=j2-mid"
    text = f"{message}\n\nLiteLLM: model group 'm' failed with the error above. Set a fallback if there is one."
    error = ProxyRejected(message=message, text=text, status=400, classes=UNSUPPORTED)
    asked = chat(parameters={"top_p": 1})
    assert [each.name for each in fallbacks_for(error, asked.request(), ())[0]] == ["no-top_p"]
