"""Rerank, moderation, speech-to-text and text-to-speech through the process and the real proxy."""

from typing import Any

import pytest

from harness.plugin_process import MAX_LINE_BYTES, PluginError
from harness.upstream import Reply, Upstream, json_reply
from tests.support import openai_format as openai
from tests.support.environment import Environment

RANKED = {
    "id": "1",
    "results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.2}],
    "meta": {},
}


def call(env: Environment, action: str, model: str, model_type: str, **fields: Any) -> Any:
    form = fields.pop("form", env.credentials)
    return next(env.plugin.call(action, model, form, model_type=model_type, **fields))


def rerank(env: Environment, **fields: Any) -> Any:
    request = {"query": "q", "docs": ["a", "b"], "score_threshold": None, "top_n": 2, **fields}
    return call(env, "invoke_rerank", "known-rerank", "rerank", **request)["docs"]


def test_f57_rerank_keeps_order_positions_and_scores(env: Environment) -> None:
    env.upstream.on("rerank-v3.5", json_reply(RANKED))
    assert rerank(env) == [
        {"index": 1, "text": "b", "score": 0.9},
        {"index": 0, "text": "a", "score": 0.2},
    ]
    assert [doc["index"] for doc in rerank(env, score_threshold=0.5)] == [1]
    asked = env.upstream.asked_for("rerank-v3.5")[-1]
    assert (asked["query"], asked["documents"], asked["top_n"]) == ("q", ["a", "b"], 2)


def test_f58_a_refused_rerank_is_typed_and_no_documents_are_no_request(env: Environment) -> None:
    before = env.upstream.posts
    assert rerank(env, docs=[]) == []
    assert env.upstream.posts == before
    with pytest.raises(PluginError) as caught:
        call(
            env, "invoke_rerank", "scenario/rank", "rerank",
            query="q", docs=["a"], score_threshold=None, top_n=None,
        )  # fmt: skip
    # LiteLLM has no rerank for OpenAI-format backends and says so with a 500.
    assert 'LiteLLM 500: "Unsupported provider' in caught.value.message


@pytest.mark.parametrize("flagged", [True, False])
def test_moderation(env: Environment, flagged: bool) -> None:  # noqa: FBT001
    result = {
        "flagged": flagged,
        "categories": {"self-harm": flagged, "violence": None},
        "category_scores": {"self-harm": 0.1, "violence": 0.0},
    }
    reply = json_reply({"id": "1", "model": "m", "results": [result]})
    env.upstream.on("omni-moderation-latest", reply)
    answer = call(env, "invoke_moderation", "known-moderation", "moderation", text="text")
    assert answer == {"result": flagged}


@pytest.mark.parametrize(
    ("model", "model_type"),
    [
        ("known-rerank", "rerank"),
        ("known-moderation", "moderation"),
        ("known-whisper", "speech2text"),
        ("known-tts", "tts"),
    ],
)
def test_forms_are_checked_and_schemas_given(env: Environment, model: str, model_type: str) -> None:
    before = env.upstream.posts
    assert call(env, "validate_model_credentials", model, model_type)["result"] is True
    schema = call(env, "get_ai_model_schemas", model, model_type)["model_schema"]
    assert schema["model_type"] == model_type
    assert env.upstream.posts == before
    for wrong in ("described", "nope"):
        with pytest.raises(PluginError) as caught:
            call(env, "validate_model_credentials", wrong, model_type)
        assert caught.value.error_type == "CredentialsValidateFailedError"


AUDIO = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(range(256)) * 4000


def test_f59_a_transcription_sends_the_file_and_nothing_made_up(env: Environment) -> None:
    env.upstream.on("/v1/audio/transcriptions", json_reply({"text": "Hello there"}))
    answer = call(env, "invoke_speech2text", "known-whisper", "speech2text", file=AUDIO.hex())
    assert answer == {"result": "Hello there"}
    sent = env.upstream.asked[-1].body
    assert AUDIO in sent
    assert b".wav" in sent
    assert b'name="language"' not in sent
    assert b'name="prompt"' not in sent


@pytest.mark.parametrize(
    "reply",
    [
        json_reply({"text": "Hello", "usage": None}),
        Reply([b"Hello"], content_type="text/plain; charset=utf-8"),
    ],
)
def test_text_out_of_json_and_of_plain_text(
    env: Environment, upstream: Upstream, reply: Reply
) -> None:
    upstream.on("/v1/audio/transcriptions", reply)
    form = {"base_url": upstream.url}
    answer = call(env, "invoke_speech2text", "m", "speech2text", file=AUDIO.hex(), form=form)
    assert answer == {"result": "Hello"}


def test_a_transcription_without_text_is_an_error(env: Environment, upstream: Upstream) -> None:
    upstream.on("/v1/audio/transcriptions", json_reply({"segments": []}))
    with pytest.raises(PluginError) as caught:
        call(
            env, "invoke_speech2text", "m", "speech2text",
            file=AUDIO.hex(), form={"base_url": upstream.url},
        )  # fmt: skip
    assert caught.value.error_type == "InvokeServerUnavailableError"


def speak(env: Environment, text: str, voice: str = "", **form: str) -> bytes:
    pieces = env.plugin.call(
        "invoke_tts", "known-tts", {**env.credentials, "settings": "custom", **form},
        model_type="tts", content_text=text, voice=voice, tenant_id="tenant",
    )  # fmt: skip
    return b"".join(bytes.fromhex(piece["result"]) for piece in pieces)


def test_f61_long_texts_are_spoken_in_parts_and_joined_in_order(env: Environment) -> None:
    parts = [Reply([bytes([n]) * 700_000], content_type="audio/mpeg") for n in (1, 2, 3)]
    env.upstream.on("tts-1", *parts)
    before = len(env.upstream.asked_for("tts-1"))
    sentence = "This is a sentence of a story. "
    text = sentence * 300
    audio = speak(env, text, voices="nova, alloy", audio_format="opus")
    assert audio == b"".join(bytes([n]) * 700_000 for n in (1, 2, 3))
    asked = env.upstream.asked_for("tts-1")[before:]
    assert "".join(body["input"] for body in asked) == text
    assert all(len(body["input"]) <= 4096 for body in asked)
    assert all(body["input"].endswith((".", ". ")) for body in asked)
    assert {(body["voice"], body["response_format"]) for body in asked} == {("nova", "opus")}
    assert max(map(len, env.plugin.lines)) < MAX_LINE_BYTES


def test_f61_voices_are_those_of_the_form_and_never_none(env: Environment) -> None:
    def voices(**form: str) -> list[str]:
        answer = call(
            env, "get_tts_model_voices", "known-tts", "tts",
            language="xx-XX", form={**env.credentials, **form},
        )  # fmt: skip
        return [voice["value"] for voice in answer["voices"]]

    assert voices(settings="custom", voices="anna, bert,,anna") == ["anna", "bert"]
    assert "alloy" in voices()


def test_a_refused_speech_is_typed(env: Environment) -> None:
    env.upstream.on("tts-1", openai.error("No such voice", 400))
    with pytest.raises(PluginError) as caught:
        speak(env, "Hello")
    assert caught.value.error_type == "InvokeBadRequestError"
    assert "No such voice" in caught.value.message


@pytest.mark.parametrize(
    ("model", "model_type", "key"),
    [
        ("known-whisper", "speech2text", "file_upload_limit"),
        ("known-tts", "tts", "voices"),
        ("known-rerank", "rerank", "context_size"),
    ],
)
def test_f60_every_type_has_its_schema(
    env: Environment, model: str, model_type: str, key: str
) -> None:
    schema = call(env, "get_ai_model_schemas", model, model_type)["model_schema"]
    assert key in schema["model_properties"]


def test_texts_and_images_are_embedded_together(env: Environment) -> None:
    model = env.scenario("multimodal", openai.embeddings([[0.0], [1.0], [2.0]], order=(2, 1, 0)))
    documents = [
        {"content": "a cat", "content_type": "text"},
        {"content": "/9j/4AAQ", "content_type": "image"},
        {"content": "iVBORw0K", "content_type": "image"},
    ]
    answer = call(
        env, "invoke_multimodal_embedding", model, "text-embedding",
        documents=documents, input_type="document",
    )  # fmt: skip
    assert answer["embeddings"] == [[0.0], [1.0], [2.0]]
    assert env.upstream.asked_for("multimodal")[-1]["input"] == [
        "a cat", "data:image/jpeg;base64,/9j/4AAQ", "data:image/png;base64,iVBORw0K",
    ]  # fmt: skip


def test_texts_and_images_are_ranked_together(env: Environment) -> None:
    env.upstream.on("image-rerank", json_reply(RANKED))
    documents = [
        {"content": "a cat", "content_type": "text"},
        {"content": "/9j/4AAQ", "content_type": "image"},
        {"content": " ", "content_type": "text"},
    ]
    query = {"content": "iVBORw0K", "content_type": "image"}
    more = {"docs": documents, "score_threshold": None, "top_n": None}
    answer = call(
        env, "invoke_multimodal_rerank", "image-rerank", "rerank", query=query, **more
    )  # fmt: skip
    asked = env.upstream.asked_for("image-rerank")[-1]
    assert asked["query"] == {"image": "iVBORw0K"}
    assert asked["documents"] == ["a cat", {"image": "/9j/4AAQ"}, " "]
    told = {doc["index"]: doc["text"] for doc in answer["docs"]}
    # The line to Dify is no place for pictures that Dify has.
    assert told == {0: "a cat", 1: ""}


def test_an_image_that_cannot_be_ranked_is_refused_in_the_proxys_words(env: Environment) -> None:
    refusal = {"message": "Only text is supported in field query", "type": "invalid_request_error"}
    env.upstream.on("image-rerank", json_reply({"error": refusal}, 400))
    image = {"content": "iVBORw0K", "content_type": "image"}
    with pytest.raises(PluginError) as error:
        call(
            env, "invoke_multimodal_rerank", "image-rerank", "rerank",
            query=image, docs=[image], score_threshold=None, top_n=None,
        )  # fmt: skip
    assert error.value.error_type == "InvokeBadRequestError"
    assert "Only text is supported" in error.value.message


@pytest.mark.parametrize(("model", "model_type"), [("embedder", "text-embedding"),
                                                   ("known-rerank", "rerank")])  # fmt: skip
def test_the_form_says_that_images_are_taken(env: Environment, model: str, model_type: str) -> None:
    def features(form: dict[str, str]) -> list[str]:
        answer = next(env.plugin.call("get_ai_model_schemas", model, form, model_type=model_type))
        return list(answer["model_schema"]["features"])

    assert features(env.credentials) == []
    form = {**env.credentials, "settings": "custom", "input_types": "image"}
    assert features(form) == ["vision"]


BAD_INPUT = [
    ("invoke_moderation", "known-moderation", "moderation", {"text": "x"}, "omni-moderation-latest"),
    ("invoke_speech2text", "known-whisper", "speech2text", {"file": b"no audio".hex()},
     "/v1/audio/transcriptions"),
    ("invoke_rerank", "known-rerank", "rerank",
     {"query": "q", "docs": ["a"], "score_threshold": None, "top_n": 1}, "rerank-v3.5"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "model", "model_type", "fields", "upstream_name"), BAD_INPUT)
def test_f63_bad_input_is_refused_in_the_proxys_words(
    env: Environment, action: str, model: str, model_type: str, fields: Any, upstream_name: str
) -> None:
    env.upstream.on(upstream_name, openai.error("The input is bad", 400))
    with pytest.raises(PluginError) as caught:
        call(env, action, model, model_type, **fields)
    assert caught.value.error_type.startswith("Invoke")
    assert "The input is bad" in caught.value.message
