"""Whatever comes over a boundary, Dify gets a right answer or one of its errors.

Through the SDK's own `invoke`, with a transport in place of the network, for every model type. The
form's key must not appear in what is raised.
"""

import json
import tempfile
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import Any
from unittest.mock import patch

import httpx
from dify_plugin.config.config import DifyPluginEnv
from dify_plugin.core.plugin_registration import PluginRegistration
from dify_plugin.entities.model import AIModelEntity, ModelType
from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    PromptMessageTool,
    SystemPromptMessage,
    ToolPromptMessage,
    UserPromptMessage,
)
from dify_plugin.errors.model import CredentialsValidateFailedError
from hypothesis import given
from hypothesis import strategies as st

from litellm_proxy import sender
from tests.fuzz.test_streams import JSON, TEXT
from translation.errors.to_dify import DIFY_ERRORS
from translation.form.reader import SettingsError
from translation.form.settings import parse_settings

REGISTRATION = PluginRegistration(DifyPluginEnv())
KEY = "sk-fuzzed-0123456789abcdef"
HASH = "f" * 64
KNOWN = (*DIFY_ERRORS, CredentialsValidateFailedError)
MODEL_TYPES = REGISTRATION.models_configuration[0].supported_model_types
VARIABLES = [
    field["variable"]
    for field in REGISTRATION.models_configuration[0].model_dump(mode="json")[
        "model_credential_schema"
    ]["credential_form_schemas"]
]

ERROR_FIELDS = {
    "message": JSON | st.just(f"Key {KEY} with hash {HASH} was refused"),
    "type": JSON,
    "param": JSON,
    "code": JSON,
    "provider_specific_fields": JSON,
}
ERROR_BODIES = st.one_of(
    st.fixed_dictionaries({"error": st.fixed_dictionaries({}, optional=ERROR_FIELDS) | JSON}),
    st.fixed_dictionaries({"detail": JSON}),
    JSON,
)
ROW_FIELDS = (
    "id", "model_name", "model_group", "mode", "max_input_tokens", "max_output_tokens",
    "input_cost_per_token", "output_cost_per_token", "supports_vision", "litellm_params",
    "supported_openai_params", "supported_reasoning_efforts", "providers",
)  # fmt: skip
ROWS = st.fixed_dictionaries({}, optional=dict.fromkeys(ROW_FIELDS, JSON))
FACTS = st.one_of(
    st.fixed_dictionaries({"data": st.lists(ROWS, max_size=3) | JSON}),
    st.builds(
        lambda info, row: {"data": [{**row, "model_name": "m", "model_info": info}]}, ROWS, ROWS
    ),
    st.builds(lambda row: {"data": [{**row, "model_group": "m", "id": "m"}]}, ROWS),
    JSON,
)
VECTORS = st.one_of(
    st.lists(st.floats() | TEXT, max_size=3),
    st.sampled_from(["", "AAAA", "AACAPw==", "AADAfw==", "not base64", "AAA"]),
    JSON,
)
EMBEDDED = st.fixed_dictionaries(
    {
        "data": st.lists(
            st.fixed_dictionaries({"index": JSON | st.integers(0, 2), "embedding": VECTORS}),
            max_size=3,
        )
    },
    optional={"usage": JSON, "model": JSON},
)
RANKED = st.fixed_dictionaries(
    {
        "results": st.lists(
            st.fixed_dictionaries(
                {"index": JSON | st.integers(-1, 2), "relevance_score": JSON | st.floats()}
            ),
            max_size=3,
        )
    }
)
CALLS = st.lists(
    st.fixed_dictionaries(
        {"id": JSON, "function": st.fixed_dictionaries({"name": JSON, "arguments": JSON})}
    ),
    max_size=2,
)
CHATTED = st.fixed_dictionaries(
    {
        "choices": st.lists(
            st.fixed_dictionaries(
                {"message": st.fixed_dictionaries({"content": JSON, "tool_calls": CALLS}) | JSON},
                optional={"finish_reason": JSON | st.just("stop"), "index": JSON},
            ),
            max_size=2,
        )
    },
    optional={"usage": JSON, "model": JSON, "error": JSON},
)
MODERATED = st.fixed_dictionaries({"results": st.lists(JSON, max_size=2)})
HEADERS = st.dictionaries(
    st.sampled_from(
        ["content-type", "retry-after", "x-litellm-response-cost", "x-litellm-call-id",
         "x-litellm-attempted-fallbacks", "x-litellm-model-group", "location", "content-encoding"]
    ),
    st.sampled_from(
        ["", "None", "-1", "1e9", "nan", "text/event-stream", "application/json", "audio/mpeg",
         "gzip", "br", "gzip, gzip", "é", KEY, "x" * 5000]
    ),
    max_size=3,
)  # fmt: skip


def bodies(*likely: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """Bytes of an answer: often nearly right, sometimes garbage."""
    written = st.one_of(*likely, ERROR_BODIES).map(lambda value: json.dumps(value).encode())
    streamed = written.map(lambda body: b"data: " + body + b"\n\ndata: [DONE]\n\n")
    return st.one_of(written, streamed, st.binary(max_size=200))


def answers(*likely: st.SearchStrategy[Any]) -> st.SearchStrategy[httpx.Response]:
    return st.builds(
        lambda status, headers, body: httpx.Response(
            status,
            headers=[(k.encode(), v.encode("latin-1")) for k, v in headers.items()],
            stream=httpx.ByteStream(body),
        ),
        st.sampled_from([200, 200, 200, 204, 302, 400, 401, 403, 404, 408, 422, 429, 500, 503]),
        HEADERS,
        bodies(*likely),
    )


@contextmanager
def answering(answer: httpx.Response) -> Iterator[dict[str, str]]:
    """Let every request be answered so; yield the form of a proxy that nobody has asked yet."""
    stream = answer.stream

    def handle(_: httpx.Request) -> httpx.Response:
        return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)

    transport = httpx.MockTransport(handle)
    with (
        patch.object(sender, "pool_for", lambda *_: transport),
        # Waiting is no part of this.
        patch("models.embedding_calls.RETRY_SECONDS", 0),
        patch.object(sender, "PAUSE_SECONDS", (0, 0)),
    ):
        yield {"base_url": f"http://{next(_hosts)}.test", "api_key": KEY}


_hosts = (f"h{number}" for number in range(10**9))


def instance(model_type: ModelType) -> Any:
    return REGISTRATION.get_model_instance("litellm", model_type)


def ask(call: Callable[[], Any]) -> None:
    """Run a call to its end; only errors that Dify knows may come out, without secrets."""
    error = _error_of(call)
    if error is not None:
        assert type(error) in KNOWN
        assert str(error)
        for shown in (str(error), repr(error)):
            assert KEY not in shown
            assert HASH not in shown


def _error_of(call: Callable[[], Any]) -> Exception | None:
    try:
        result = call()
        if isinstance(result, Iterator):
            list(result)
    except KNOWN as error:
        return error
    return None


@given(answers(CHATTED), st.booleans())
def test_chat(answer: httpx.Response, stream: bool) -> None:  # noqa: FBT001
    with answering(answer) as form:
        ask(
            lambda: instance(ModelType.LLM).invoke(
                "m", form, [UserPromptMessage(content="Hello")], stream=stream
            )
        )


@given(answers(EMBEDDED))
def test_embeddings(answer: httpx.Response) -> None:
    with answering(answer) as form:
        ask(lambda: instance(ModelType.TEXT_EMBEDDING).invoke("m", form, ["a", "b"]))


@given(answers(RANKED))
def test_rerank(answer: httpx.Response) -> None:
    with answering(answer) as form:
        ask(lambda: instance(ModelType.RERANK).invoke("m", form, "q", ["a", "b"], 0.1, 2))


@given(answers(MODERATED))
def test_moderation(answer: httpx.Response) -> None:
    with answering(answer) as form:
        ask(lambda: instance(ModelType.MODERATION).invoke("m", form, "text"))


@given(answers(st.fixed_dictionaries({"text": JSON})))
def test_speech_to_text(answer: httpx.Response) -> None:
    with answering(answer) as form, tempfile.NamedTemporaryFile(suffix=".wav") as file:
        file.write(_silence())
        file.seek(0)
        ask(lambda: instance(ModelType.SPEECH2TEXT).invoke("m", form, file))


@given(answers(JSON))
def test_text_to_speech(answer: httpx.Response) -> None:
    with answering(answer) as form:
        ask(lambda: instance(ModelType.TTS).invoke("m", "tenant", form, "Hello", "alloy"))


@given(answers(FACTS), st.sampled_from(MODEL_TYPES))
def test_facts(answer: httpx.Response, model_type: ModelType) -> None:
    """There is always a schema; what validation says is a sentence."""
    with answering(answer) as form:
        model = instance(model_type)
        found = model.get_customizable_model_schema("m", form)
        assert isinstance(found, AIModelEntity)
        assert AIModelEntity.model_validate(found.model_dump()) == found
        ask(lambda: model.validate_credentials("m", form))


VALUES = st.one_of(
    st.sampled_from(
        ["", " ", "custom", "auto", "yes", "no", "-1", "0", "1e999", "9" * 400, "NaN", "{}", "[]",
         "null", '{"a": 1}', '{"a": "\\r\\nb: c"}', "http://h", "https://[::1", "//", "http://h:x",
         "http://ü\u0301.test", "\x00", "a,b,,a", "{" * 3000, "é", "\ud800"]
    ),
    TEXT,
    JSON.map(json.dumps),
    JSON,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(VARIABLES), VALUES, max_size=len(VARIABLES)))
def test_form_values(values: dict[str, Any]) -> None:
    with suppress(SettingsError):
        parse_settings("m", {"base_url": "http://h", "settings": "custom", **values})
    with answering(httpx.Response(404, content=b"{}")) as reachable:
        form = {"settings": "custom", **values, "base_url": reachable["base_url"]}
        for model_type in MODEL_TYPES:
            assert instance(model_type).get_customizable_model_schema("m", form)


@given(TEXT | st.sampled_from(["{", "[]", "null", '{"a": NaN}', "\x00", '"x"']), TEXT, JSON)
def test_tool_arguments_and_names_of_the_history(arguments: str, name: str, schema: Any) -> None:
    """Dify hands back what models made up; it goes out as it is, in JSON that a server reads."""
    call = AssistantPromptMessage.ToolCall(
        id=name,
        type="function",
        function=AssistantPromptMessage.ToolCall.ToolCallFunction(name=name, arguments=arguments),
    )
    messages = [
        SystemPromptMessage(content=name),
        UserPromptMessage(content="Hello"),
        AssistantPromptMessage(content="", tool_calls=[call]),
        ToolPromptMessage(content=arguments, tool_call_id=name),
    ]
    parameters = schema if isinstance(schema, dict) else {}
    tools = [PromptMessageTool(name="f", description=name, parameters=parameters)]
    sent: list[Any] = []

    def handle(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            sent.append(json.loads(request.content))
        return httpx.Response(500)

    transport = httpx.MockTransport(handle)
    with patch.object(sender, "pool_for", lambda *_: transport):
        form = {"base_url": f"http://{next(_hosts)}.test"}
        ask(lambda: instance(ModelType.LLM).invoke("m", form, messages, tools=tools))
    for message in sent[-1]["messages"] if sent else ():
        for each in message.get("tool_calls") or ():
            assert each["id"] == name or not name
            assert each["function"]["arguments"] == arguments


def _silence() -> bytes:
    audio = BytesIO()
    with wave.open(audio, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0" * 100)
    return audio.getvalue()
