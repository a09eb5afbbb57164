"""Dify's own workflow engine runs the app files of examples/apps: engine → plugin → real proxy."""

import json
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.upstream import Pause, json_reply
from tests.support import openai_format as openai
from tests.support.environment import Environment
from tools.dify_engine.app import APPS, run_app
from tools.dify_engine.slim_host import SlimHost

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
PLUGIN = "litellm-community/litellm:"


@pytest.fixture(scope="module")
def host(env: Environment) -> Iterator[SlimHost]:
    # The path of a socket must be short.
    with tempfile.TemporaryDirectory() as folder, SlimHost(env.plugin, Path(folder)) as started:
        yield started


def run(
    env: Environment,
    host: SlimHost,
    app: str,
    model: str,
    *,
    form: Mapping[str, str] | None = None,
    **inputs: str,
) -> list[dict[str, Any]]:
    """Run an app to its success; return the engine's events."""
    host.actions.clear()
    credentials = {**env.credentials, **(form or {})}
    events = list(run_app(host, APPS / f"{app}.yml", credentials, inputs, model=model))
    assert [event["event"] for event in events][-1] == "GraphRunSucceededEvent", events
    assert {plugin.startswith(PLUGIN) for plugin, _ in host.actions} == {True}
    return events


def outputs(events: list[dict[str, Any]], node: str) -> dict[str, Any]:
    (found,) = [
        event["outputs"]
        for event in events
        if event["event"] == "NodeRunSucceededEvent" and event["node"] == node
    ]
    return dict(found)


def test_a_chat_streams_through_the_engine(env: Environment, host: SlimHost) -> None:
    # What arrives together comes together.
    pieces = [
        openai.delta(content="Good "),
        Pause(0.5),
        openai.delta(content="morning"),
        Pause(0.5),
    ]
    end = [openai.delta(content="!"), openai.delta(finish_reason="stop"), openai.usage_chunk()]
    model = env.scenario("app-chat", openai.stream(*pieces, *end))
    events = run(env, host, "chat", model, query="Say good morning.")
    streamed = [e["chunk"] for e in events if "chunk" in e]
    assert "".join(streamed) == "Good morning!"
    assert len(streamed) >= 2
    assert events[-1]["outputs"]["answer"] == "Good morning!"
    (node,) = [e for e in events if e["event"] == "NodeRunSucceededEvent" and e["node"] == "llm"]
    assert node["usage"]["prompt_tokens"] == 11
    assert node["usage"]["completion_tokens"] == 7
    assert node["outputs"]["finish_reason"] == "stop"
    asked = env.upstream.asked_for("app-chat")[-1]
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert asked["messages"][1]["content"] == "Say good morning."
    assert asked["temperature"] == 0


def test_reasoning_is_separated_by_the_engine(env: Environment, host: SlimHost) -> None:
    model = env.scenario(
        "app-reasoning",
        openai.stream(
            openai.delta(role="assistant", reasoning_content="Two and "),
            openai.delta(reasoning_content="two."),
            openai.delta(content="Four."),
            openai.delta(finish_reason="stop"),
            openai.usage_chunk(),
        ),
    )
    events = run(env, host, "reasoning", model, question="What is 2 + 2?")
    assert events[-1]["outputs"] == {"answer": "Four.", "reasoning": "Two and two."}


def test_structured_output_reaches_the_engine_as_an_object(
    env: Environment, host: SlimHost
) -> None:
    env.upstream.on("described", openai.text_stream('{"name": "Ada", ', '"age": 36}'))
    events = run(env, host, "structured-output", "described", text="Ada is 36.")
    assert events[-1]["outputs"]["person"] == {"name": "Ada", "age": 36}
    asked = env.upstream.asked_for("described")[-1]
    assert asked["response_format"]["json_schema"]["schema"]["required"] == ["name", "age"]


ADA = '{"name": "Ada", "age": 36}'


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    [ADA, f"<think>maybe {{}}</think>{ADA}", f"```json\n{ADA}\n```", f"[Plan] {{}} </think>{ADA}"],
)
def test_structured_output_of_a_model_that_litellm_knows_nothing_of(
    env: Environment, host: SlimHost, answer: str
) -> None:
    """graphon 0.8 refuses the node without the feature; the schema goes into the prompt."""
    model = env.scenario("app-unknown", openai.text_stream(*answer))
    events = run(env, host, "structured-output", model, text="Ada is 36.")
    assert events[-1]["outputs"]["person"] == {"name": "Ada", "age": 36}
    asked = env.upstream.asked_for("app-unknown")[-1]
    assert "response_format" not in asked
    assert '"required": ["name", "age"]' in asked["messages"][0]["content"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ('{"name": "Ada"}', "(stage=result, path=$): 'age' is a required property"),
        ('{"name": "Ada", "age": "old"}', "(stage=result, path=$.age): 'old' is not of type 'integer'"),
        ("I do not know.", "(stage=result, path=$)"),
        ("[]", "(stage=result, path=$)"),
    ],
)  # fmt: skip
def test_the_engine_says_what_is_wrong_with_structured_output(
    env: Environment, host: SlimHost, answer: str, error: str
) -> None:
    model = env.scenario("app-wrong", openai.text_stream(answer))
    inputs = {"text": "Ada is 36."}
    app = APPS / "structured-output.yml"
    events = list(run_app(host, app, env.credentials, inputs, model=model))
    assert events[-1]["event"] == "GraphRunFailedEvent"
    assert error in events[-1]["error"]


def test_a_classifier_and_an_extractor_that_calls_a_function(
    env: Environment, host: SlimHost
) -> None:
    chosen = {"category_id": "1", "category_name": "A question about the weather"}
    function = {"name": "extract_parameters", "arguments": '{"city": "Lisbon"}'}
    call = openai.completion(
        finish_reason="tool_calls",
        content=None,
        tool_calls=[{"id": "call_1", "type": "function", "function": function}],
    )
    env.upstream.on("described", openai.text_stream(json.dumps(chosen)), call)
    events = run(env, host, "sort-and-extract", "described", question="Rain in Lisbon?")
    assert events[-1]["outputs"] == {"city": "Lisbon", "class": "A question about the weather"}
    asked = env.upstream.asked_for("described")[-1]
    assert asked["tools"][0]["function"]["parameters"]["required"] == ["city"]


def test_an_image_reaches_the_model(env: Environment, host: SlimHost, tmp_path: Path) -> None:
    image = tmp_path / "pixel.png"
    image.write_bytes(b64decode(PIXEL))
    env.upstream.on("described", openai.text_stream("A red pixel."))
    events = run(env, host, "vision", "described", query="What is this?", image=str(image))
    assert events[-1]["outputs"]["answer"] == "A red pixel."
    content = env.upstream.asked_for("described")[-1]["messages"][-1]["content"]
    assert [part["type"] for part in content] == ["image_url", "text"]
    assert content[0]["image_url"]["url"] == f"data:image/png;base64,{PIXEL}"


def test_an_error_of_the_proxy_reaches_the_engine_in_words(
    env: Environment, host: SlimHost
) -> None:
    app = APPS / "chat.yml"
    events = list(run_app(host, app, env.credentials, {"query": "Hi"}, model="no-such-model"))
    assert events[-1]["event"] == "GraphRunFailedEvent"
    assert "no-such-model" in events[-1]["error"]
    assert "Traceback" not in events[-1]["error"]


def test_people_read_why_the_model_could_not_answer(env: Environment, host: SlimHost) -> None:
    model = env.scenario("app-explained-error", openai.error("Broken", 500, "server_error"))
    app = APPS / "explained-error.yml"
    last = list(run_app(host, app, env.credentials, {"query": "Hi"}, model=model))[-1]
    assert last["event"] == "GraphRunPartialSucceededEvent"
    answer = last["outputs"]["answer"]
    assert answer.startswith("The model could not answer: The model's provider failed; try again.")
    assert '"Broken" (call id ' in answer


def test_an_app_that_explains_errors_answers_too(env: Environment, host: SlimHost) -> None:
    model = env.scenario("app-no-error", openai.text_stream("Hello."))
    assert run(env, host, "explained-error", model, query="Hi")[-1]["outputs"]["answer"] == "Hello."


def test_user_app_conversation_and_cost_centre_reach_litellms_log(
    env: Environment, host: SlimHost
) -> None:
    model = env.scenario("app-who-asks", openai.text_stream("Hello."))
    run(
        env, host, "who-asks", model, query="Hello?",
        user_id="1e5c-user", app_id="9f1c-app", conversation_id="77aa-conversation",
    )  # fmt: skip
    row = env.attributed(end_user="1e5c-user")
    tags = [tag for tag in row["request_tags"] if not tag.startswith("User-Agent")]
    assert tags == ["dify-app:9f1c-app", "cost-centre:4711"]
    assert row["trace_id"] == "77aa-conversation"


def test_a_workflows_calls_have_its_trace(env: Environment, host: SlimHost) -> None:
    model = env.scenario("app-one-trace", openai.text_stream("Hello."))
    run(env, host, "one-trace", model, question="Hello?", workflow_run_id="5f0c-run")
    row = env.attributed(model_group=model)
    assert row["trace_id"] == "5f0c-run"
    assert row["requester_metadata"]["existing_trace_id"] == "5f0c-run"


def test_a_team_pays_with_its_own_key(env: Environment, host: SlimHost) -> None:
    model = env.scenario("app-team-key", openai.text_stream("Hello."))
    keys = {"settings": "custom", "keys": '{"marketing": "sk-tenant-one"}'}
    run(env, host, "team-key", model, form=keys, query="Hello?")
    row = env.attributed(model_group=model)
    assert row["key"] == sha256(b"sk-tenant-one").hexdigest()


def test_an_apps_id_is_a_tag_and_chooses_a_key_without_a_parameter(
    env: Environment, host: SlimHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "app_id", "9f1c-app")
    model = env.scenario("app-by-its-id", openai.text_stream("Hello."))
    keys = {"settings": "custom", "keys": '{"9f1c-app": "sk-tenant-one"}'}
    run(env, host, "chat", model, form=keys, query="Hello?")
    row = env.attributed(model_group=model)
    assert row["key"] == sha256(b"sk-tenant-one").hexdigest()
    assert "dify-app:9f1c-app" in row["request_tags"]


def test_a_picture_is_a_file_of_difys(env: Environment, host: SlimHost) -> None:
    picture = b"\xff\xd8\xff\xe0" + bytes(60)
    made = {"created": 1, "data": [{"b64_json": b64encode(picture).decode()}]}
    env.upstream.on("gpt-image-1", json_reply(made))
    events = run(env, host, "picture", "known-image", query="A cat")
    assert env.upstream.asked_for("gpt-image-1")[-1]["size"] == "1024x1024"
    assert kept_files(events) == [("image", "image/jpeg", picture)]
    assert events[-1]["outputs"]["answer"].startswith("![]")


def test_speech_is_a_file_of_difys_beside_its_transcript(env: Environment, host: SlimHost) -> None:
    samples = bytes(200)
    audio = {"id": "a", "data": b64encode(samples).decode(), "transcript": "Good morning"}
    env.upstream.on(
        "gpt-audio",
        openai.stream(openai.delta(audio=audio), openai.delta(finish_reason="stop")),
    )
    events = run(env, host, "speech", "known-speaker", query="Say it", user_id="1e5c-user")
    ((kind, mime_type, content),) = kept_files(events)
    assert (kind, mime_type, content[:4]) == ("audio", "audio/x-wav", b"RIFF")
    assert content.endswith(samples)
    assert events[-1]["outputs"]["answer"].startswith("Good morning")


def kept_files(events: list[dict[str, Any]]) -> list[tuple[str, str, bytes]]:
    """Return kind, MIME type and content of what the LLM node gave Dify to keep."""
    (files,) = [
        event["files"]
        for event in events
        if event["event"] == "NodeRunSucceededEvent" and event["node"] == "llm"
    ]
    found = []
    for file in files:
        path = Path(file["path"])
        found.append((file["type"], file["mime_type"], path.read_bytes()))
        path.unlink()
    return found


@pytest.mark.parametrize("file", sorted(APPS.glob("*.yml")), ids=lambda file: file.stem)
def test_an_app_lies_where_difys_own_templates_do(file: Path) -> None:
    app = yaml.safe_load(file.read_text())
    assert app["version"] == "0.6.0"
    assert "dependencies" not in app
    graph = app["workflow"]["graph"]
    assert graph["viewport"] == {"x": 0, "y": 0, "zoom": 1}
    places = [(node["position"]["x"], node["position"]["y"]) for node in graph["nodes"]]
    # Above y = 100 the page's toolbar lies over the nodes.
    assert places[0] == (80, 282)
    assert all(x >= 80 and y >= 282 for x, y in places)
    assert len(set(places)) == len(places)
