"""Models that make images, as LLMs: plugin process → real proxy → images."""

import base64
from typing import Any

import pytest

from harness.plugin_process import PluginError
from harness.upstream import Asked, Reply, json_reply
from tests.support.environment import Environment

JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(60)).decode()
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(60)).decode()
USAGE = {
    "input_tokens": 11,
    "output_tokens": 300,
    "total_tokens": 311,
    "input_tokens_details": {"text_tokens": 11, "image_tokens": 0},
}


def made(*images: dict[str, str], **more: Any) -> Reply:
    return json_reply({"created": 1, "data": list(images), **more})


NO_FORMAT = json_reply(
    {
        "error": {
            "message": "Unknown parameter: 'output_format'.",
            "param": "output_format",
            "type": "invalid_request_error",
        }
    },
    400,
)


def asked_at(env: Environment, path: str) -> list[Asked]:
    return [asked for asked in env.upstream.asked if asked.path.endswith(path)]


def images_of(deltas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    contents = [delta["message"]["content"] for delta in deltas]
    return [part for content in contents if isinstance(content, list) for part in content]


def schema(env: Environment, model: str, **form: str) -> dict[str, Any]:
    answer = next(env.plugin.call("get_ai_model_schemas", model, {**env.credentials, **form}))
    found: dict[str, Any] = answer["model_schema"]
    return found


def test_an_image_model_is_an_llm_with_parameters_of_images(env: Environment) -> None:
    known = schema(env, "known-image")
    assert known["features"] == ["vision"]
    assert schema(env, "other-image")["features"] == []
    assert known["model_properties"]["mode"] == "chat"
    names = [rule["name"] for rule in known["parameter_rules"]]
    assert names[:5] == ["size", "quality", "style", "background", "output_format"]
    assert not {"temperature", "max_tokens", "json_schema"} & set(names)
    by_form = schema(env, "gpt-4", mode="image")
    assert [rule["name"] for rule in by_form["parameter_rules"]] == names


def test_it_is_saved_as_an_llm_and_as_nothing_else(env: Environment) -> None:
    answer = next(env.plugin.call("validate_model_credentials", "known-image", env.credentials))
    assert answer["result"] is True
    with pytest.raises(PluginError, match="add it as that type"):
        list(
            env.plugin.call(
                "validate_model_credentials", "known-image", env.credentials, model_type="tts"
            )
        )


@pytest.mark.parametrize("stream", [True, False])
def test_the_last_text_is_the_prompt_and_the_image_comes_back(
    env: Environment, *, stream: bool
) -> None:
    env.upstream.on("gpt-image-1", made({"b64_json": JPEG}, usage=USAGE))
    history = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "A dog"},
        {"role": "assistant", "content": "[image]"},
        {"role": "user", "content": "A cat"},
    ]
    parameters = {"size": "1024x1024", "quality": "high", "session": "an-image"}
    deltas = env.chat(
        "known-image", prompt_messages=history, model_parameters=parameters, stream=stream
    )
    asked = env.upstream.asked_for("gpt-image-1")[-1]
    wanted = {"prompt": "A cat", "n": 1, "size": "1024x1024", "quality": "high"}
    assert {name: asked[name] for name in wanted} == wanted
    assert asked["output_format"] == "jpeg"
    (image,) = images_of(deltas)
    assert (image["mime_type"], image["base64_data"]) == ("image/jpeg", JPEG)
    usage = deltas[-1]["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (11, 300)
    cost = float(env.attributed(trace_id="an-image")["response_cost"])
    assert cost > 0
    assert float(usage["total_price"]) == pytest.approx(cost, abs=1e-7)
    # LiteLLM knows what a token of the prompt costs; the image is the rest.
    assert float(usage["prompt_price"]) == pytest.approx(11 * 5e-6, abs=1e-7)
    assert deltas[-1]["finish_reason"] == "stop"


def test_an_app_that_asks_for_a_format_or_a_background_gets_it(env: Environment) -> None:
    env.upstream.on("gpt-image-1", made({"b64_json": PNG}, usage=USAGE))
    for parameters, sent in (
        ({"output_format": "png"}, "png"),
        ({"background": "transparent"}, None),
        ({"background": "opaque"}, "jpeg"),
    ):
        env.chat("known-image", model_parameters=parameters)
        asked = env.upstream.asked_for("gpt-image-1")[-1]
        assert asked.items() >= parameters.items()
        assert asked.get("output_format") == sent


def test_an_image_that_is_a_data_url_already_is_taken_as_it_is(env: Environment) -> None:
    env.upstream.on("gpt-image-1", made({"b64_json": f"data:image/png;base64,{PNG}"}))
    (image,) = images_of(env.chat("known-image"))
    assert (image["mime_type"], image["base64_data"]) == ("image/png", PNG)


def test_where_there_is_no_jpeg_a_url_is_asked_for(env: Environment) -> None:
    env.upstream.on("dall-e-3", NO_FORMAT, made({"url": "https://images.example/1.png"}))
    deltas = env.chat("known-dall-e")
    assert [part["url"] for part in images_of(deltas)] == ["https://images.example/1.png"]
    asked = env.upstream.asked_for("dall-e-3")[-1]
    assert asked["response_format"] == "url"
    assert "output_format" not in asked


def test_where_there_are_neither_nothing_is_asked_for_and_that_is_remembered(
    env: Environment,
) -> None:
    """LiteLLM's own check refuses `response_format` for this model."""
    env.upstream.on("other-image", NO_FORMAT, made({"b64_json": PNG}))
    (image,) = images_of(env.chat("other-image"))
    assert image["mime_type"] == "image/png"
    before = len(env.upstream.asked_for("other-image"))
    assert float(env.chat("other-image")[-1]["usage"]["total_price"]) == pytest.approx(0.04)
    (asked,) = env.upstream.asked_for("other-image")[before:]
    assert not {"output_format", "response_format"} & asked.keys()


@pytest.mark.parametrize("count", [1, 2])
def test_attached_images_go_to_the_edit_endpoint(env: Environment, count: int) -> None:
    env.upstream.on("/v1/images/edits", made({"b64_json": JPEG}, usage=USAGE))
    parts: list[dict[str, Any]] = [{"type": "text", "data": "Make it blue"}]
    parts += [
        {"type": "image", "format": "png", "base64_data": PNG, "mime_type": "image/jpeg", "url": ""}
    ] * count
    deltas = env.chat("known-image", prompt_messages=[{"role": "user", "content": parts}])
    body = asked_at(env, "/images/edits")[-1].body
    assert b"Make it blue" in body
    assert body.count(base64.b64decode(PNG)) == count
    assert b"Content-Type: image/png" in body
    assert len(images_of(deltas)) == 1


REFUSED = {
    "message": "Your request was rejected as a result of our safety system.",
    "type": "image_generation_user_error",
    "code": "moderation_blocked",
}


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (
            json_reply({"error": REFUSED}, 400),
            "InvokeBadRequestError",
            "rejected as a result of our safety system",
        ),
        (made(), "InvokeServerUnavailableError", "without an image"),
    ],
)
def test_what_is_no_image_is_an_error(
    env: Environment, reply: Reply, kind: str, words: str
) -> None:
    env.upstream.on("gpt-image-1", reply)
    with pytest.raises(PluginError) as error:
        env.chat("known-image")
    assert error.value.error_type == kind
    assert words in error.value.message


def test_a_message_without_text_is_refused_before_it_costs(env: Environment) -> None:
    before = env.upstream.posts
    with pytest.raises(PluginError, match="needs a text that says what to make"):
        env.chat("known-image", text="  ")
    assert env.upstream.posts == before


def test_an_image_that_is_too_large_for_dify_leaves_a_note(env: Environment) -> None:
    large = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(4_000_000)).decode()
    env.upstream.on("gpt-image-1", made({"b64_json": large}, usage=USAGE))
    deltas = env.chat("known-image")
    text = "".join(
        delta["message"]["content"]
        for delta in deltas
        if isinstance(delta["message"]["content"], str)
    )
    assert "too large to be passed to Dify" in text


@pytest.mark.parametrize(
    ("image", "said"),
    [({"b64_json": PNG}, "The model made an image."), ({"url": "https://h/a.png"}, "![image](https://h/a.png)")],
)  # fmt: skip
def test_a_blocking_answer_says_that_there_is_an_image(
    env: Environment, image: dict[str, str], said: str
) -> None:
    """Dify 1.14 keeps the text of blocking answers alone: the answer was empty, and paid for."""
    env.upstream.on("gpt-image-1", made(image))
    deltas = env.chat("known-image", "A cat", stream=False)
    texts = [d["message"]["content"] for d in deltas if isinstance(d["message"]["content"], str)]
    assert said in "".join(texts)
    env.upstream.on("gpt-image-1", made(image))
    streamed = env.chat("known-image", "A cat")
    assert not any(said in str(delta["message"]["content"]) for delta in streamed)
