"""Field cases of embeddings, rerank and speech."""

import io
import time
import wave
from collections.abc import Callable
from typing import Any

import pytest

from harness.plugin_process import PluginError
from harness.upstream import Asked, Reply, Upstream, json_reply
from tests.field.asking import BAD, call, direct, embed, saved
from tests.support import openai_format as openai
from tests.support.environment import Environment


class Answering(Upstream):
    """Answers every POST by a function of its JSON body, and keeps the bodies."""

    def __init__(self, answer: Callable[[dict[str, Any]], Reply]) -> None:
        super().__init__()
        self._answer = answer
        self.bodies: list[dict[str, Any]] = []

    def reply_to(self, asked: Asked) -> Reply:
        if not isinstance(asked.body, dict) or not ({"input", "documents"} & asked.body.keys()):
            return super().reply_to(asked)
        self.bodies.append(asked.body)
        return self._answer(asked.body)


def vectors(body: dict[str, Any]) -> Reply:
    return openai.embeddings([[float(n), 1.0] for n in range(len(body["input"]))])


def refusing(*fields: str) -> Callable[[dict[str, Any]], Reply]:
    """Refuse fields as LiteLLM's parameter check does."""

    def answer(body: dict[str, Any]) -> Reply:
        refused = {name: body[name] for name in fields if name in body}
        if not refused:
            return vectors(body)
        words = f"litellm.UnsupportedParamsError: x does not support parameters: {refused}, for model=m."
        return openai.error(words, 400)

    return answer


@pytest.mark.parametrize(
    ("fields", "requests"),
    [
        ((), 1), (("user",), 1), (("encoding_format",), 2), (("user", "encoding_format"), 2),
        (("litellm_metadata",), 2), (("litellm_metadata", "encoding_format"), 2),
    ],
)  # fmt: skip
def test_p05_what_nobody_asked_for_decides_nothing(
    env: Environment, fields: tuple[str, ...], requests: int
) -> None:
    with Answering(refusing(*fields)) as upstream:
        for _ in range(2):
            assert embed(env, "m", direct(upstream), ["a", "b"]) == [[0.0, 1.0], [1.0, 1.0]]
        # Learnt by the first call.
        assert len(upstream.bodies) == requests + 1


def test_p05_what_was_learnt_is_found_again_after_a_restart(env: Environment) -> None:
    with Answering(refusing("encoding_format")) as upstream:
        upstream.on("/v1/models", json_reply({"data": [{"id": "m"}]}))
        upstream.on("/v1/embeddings", openai.error("Missing", 400))
        embed(env, "m", direct(upstream), ["a"])
        stored = saved(env, "m", direct(upstream), "text-embedding")
        upstream.bodies.clear()
        # Another key is another caller: this process has learnt nothing for it.
        embed(env, "m", {**stored, "api_key": "sk-another"}, ["a"])
        assert len(upstream.bodies) == 1


@pytest.mark.parametrize("name", ["dimensions", "truncate"])
def test_p05_what_was_asked_for_by_name_stays(env: Environment, name: str) -> None:
    form = {"dimensions": "256"} if name == "dimensions" else {"extra_body": '{"truncate": "END"}'}
    with Answering(refusing(name)) as upstream:
        with pytest.raises(PluginError, match=name):
            embed(env, "m", direct(upstream, **form), ["a"])
        # Of dimensions LiteLLM is told to pass them on.
        assert len(upstream.bodies) == (2 if name == "dimensions" else 1)
        assert all(name in body for body in upstream.bodies)


@pytest.mark.parametrize(
    "words",
    ["encoding_format must be float", "base64 is not a supported encoding", "Unknown field: encoding_format"],
)  # fmt: skip
def test_p05_a_providers_own_refusal_of_the_encoding(env: Environment, words: str) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        return (
            openai.error(words, 422) if body.get("encoding_format") == "base64" else vectors(body)
        )

    with Answering(answer) as upstream:
        embed(env, "m", direct(upstream), ["a"])
        assert [body.get("encoding_format") for body in upstream.bodies] == ["base64", "float"]


@pytest.mark.parametrize(
    "words", ["No such thing", "The user is unknown", "Model overloaded", "x" * 9000]
)
def test_no_other_refusal_is_sent_a_second_time(env: Environment, words: str) -> None:
    with Answering(lambda _: openai.error(words, 400)) as upstream:
        with pytest.raises(PluginError):
            embed(env, "m", direct(upstream), ["a"])
        assert len(upstream.bodies) == 1


@pytest.mark.parametrize("top_n", [1, 2, 4, None])
def test_p07_no_more_results_are_asked_for_than_there_are_documents(
    env: Environment, top_n: int | None
) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        if (body.get("top_n") or 0) > len(body["documents"]):
            return openai.error("numberOfResults exceeds the number of sources.", 400)
        rows = [
            {"index": n, "relevance_score": 0.5 - n / 10} for n in range(len(body["documents"]))
        ]
        return json_reply({"id": "1", "results": rows[: body.get("top_n")], "meta": {}})

    with Answering(answer) as upstream:
        request = {"query": "q", "docs": ["a", "b"], "score_threshold": None, "top_n": top_n}
        answer_of = call(
            env, "invoke_rerank", "m", direct(upstream), model_type="rerank", **request
        )
    assert len(answer_of["docs"]) == min(top_n or 2, 2)


TOO_LARGE = (
    "input (3071 tokens) is too large to process. increase the physical batch size (current batch "
    "size: 512)"
)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (TOO_LARGE, "Text 2 of 3 is too long for the model's server"),
        ("failed to encode response: json: unsupported value: NaN", "Text 1 of 3 cannot be embedded"),
        ("something broke", "something broke"),
    ],
)  # fmt: skip
def test_p20_a_text_that_will_never_work_ends_soon(env: Environment, words: str, told: str) -> None:
    with Answering(lambda _: openai.error(words, 500, "server_error")) as upstream:
        started = time.perf_counter()
        with pytest.raises(PluginError) as caught:
            embed(env, "m", direct(upstream), ["a", "b " * 3000, "c"])
        assert time.perf_counter() - started < 10
        assert told in caught.value.message
        assert words[:30] in caught.value.message
        assert "try again" not in caught.value.message.lower() or words == "something broke"
        assert 2 <= len(upstream.bodies) <= (4 if "NaN" in words else 3)


def rows(*indices: Any) -> Callable[[dict[str, Any]], Reply]:
    data = [
        {"embedding": [float(n), 1.0], **({} if index == "absent" else {"index": index})}
        for n, index in enumerate(indices)
    ]
    return lambda _: json_reply({"data": data, "usage": {"prompt_tokens": 1}})


@pytest.mark.parametrize(
    ("indices", "order"),
    [
        ((0, 0, 0), [0, 1, 2]), ((None, None, None), [0, 1, 2]), (("absent",) * 3, [0, 1, 2]),
        (("x", "x", "x"), [0, 1, 2]), ((2, 1, 0), [2, 1, 0]), ((1, 2, 0), [2, 0, 1]),
    ],
)  # fmt: skip
def test_p21_vectors_without_numbers_are_in_the_order_of_the_texts(
    env: Environment, indices: tuple[Any, ...], order: list[int]
) -> None:
    with Answering(rows(*indices)) as upstream:
        found = embed(env, "m", direct(upstream), ["a", "b", "c"])
    assert [vector[0] for vector in found] == order


@pytest.mark.parametrize(
    "vector",
    [[None, None], [[0.1, 0.2]], ["a", "b"], [], {"a": 1}, None, "no base64", "", 7, [True, {}]],
)
@pytest.mark.parametrize("place", [1, 3])
def test_p22_vectors_that_are_none_name_the_text(env: Environment, vector: Any, place: int) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        found = [
            vector if text == str(place) else [0.1, 0.2] for n, text in enumerate(body["input"], 1)
        ]
        return json_reply({"data": [{"index": n, "embedding": v} for n, v in enumerate(found)]})

    form = {"max_chunks": "2"}
    with Answering(answer) as upstream, pytest.raises(PluginError) as caught:
        embed(env, "m", direct(upstream, **form), ["1", "2", "3", "4"])
    assert (
        f"the model's server returned no vector of numbers for text {place}."
        in caught.value.message
    )


NAN = "failed to encode response: json: unsupported value: NaN"


@pytest.mark.parametrize(
    ("words", "status"), [(NAN, 500), ("input must have less than 512 tokens. Given: 739", 413),
                          ("inputs must have less than 512 tokens, got 739", 422)],
)  # fmt: skip
@pytest.mark.parametrize("place", [1, 6])
def test_p20_the_text_or_document_is_named_by_its_position(
    env: Environment, words: str, status: int, place: int
) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        texts = body.get("input") or body["documents"]
        if str(place) in texts:
            return openai.error(words, status)
        if "documents" in body:
            return json_reply(
                {"results": [{"index": n, "relevance_score": 0.5} for n in range(len(texts))]}
            )
        return vectors(body)

    texts = [str(n) for n in range(1, 8)]
    with Answering(answer) as upstream:
        with pytest.raises(PluginError) as caught:
            embed(env, "m", direct(upstream), texts)
        assert f"Text {place} of 7 " in caught.value.message
        assert "try again" not in caught.value.message.lower()
        request = {"query": "q", "docs": texts, "score_threshold": None, "top_n": 3}
        with pytest.raises(PluginError) as caught:
            call(env, "invoke_rerank", "m", direct(upstream), model_type="rerank", **request)
        assert f"Document {place} of 7 " in caught.value.message
        assert "try again" not in caught.value.message.lower()


@pytest.mark.parametrize(
    "words",
    ["Requested 9000 tokens, max 5000 tokens per request", "input token count is 9000 but the model supports up to 5000",
     "batch has 9000 tokens, the maximum is 5000"],
)  # fmt: skip
def test_texts_that_are_too_much_together_go_in_smaller_requests(
    env: Environment, words: str
) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        return openai.error(words, 400) if len(body["input"]) > 3 else vectors(body)

    with Answering(answer) as upstream:
        for cut in ({}, {"long_texts": "cut"}):
            found = embed(env, "m", direct(upstream, **cut), [f"text {n}" for n in range(16)])
            assert len(found) == 16


def test_a_blank_text_where_a_server_strips_it(env: Environment) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        if any(not text.strip() for text in body["input"]):
            return openai.error("input cannot be an empty string", 400)
        return vectors(body)

    with Answering(answer) as upstream:
        assert len(embed(env, "m", direct(upstream), ["a", "", "b"])) == 3


@pytest.mark.parametrize("indices", [(0, 0, 1), (0, None, 2), (1, 2, 3), (0, 1)])
def test_p21_numbers_that_fit_nothing_are_explained(
    env: Environment, indices: tuple[Any, ...]
) -> None:
    with Answering(rows(*indices)) as upstream, pytest.raises(PluginError, match="vectors"):
        embed(env, "m", direct(upstream), ["a", "b", "c"])


LIMITS = [
    (400, ("<400> InternalError.Algo.InvalidParameter: Value error, batch size is invalid, it should not "
          "be larger than {}.: input.contents")),
    (422, "batch size {n} > maximum allowed batch size {}"),
    (413, "input batch size {n} > maximum allowed batch size {}"),
    (400, "{} instance(s) is allowed per prediction. Actual: {n}"),
    (400, "Too many inputs in request, split into more batches."),
    (400, "at most {} requests can be in one batch"),
    (400, "invalid 'input': array too long. Expected an array with maximum length {}, got {n}"),
    (400, "total number of texts must be at most {}, got {n}"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "words"), LIMITS)
@pytest.mark.parametrize("limit", [1, 10])
def test_p23_smaller_batches_where_the_provider_takes_fewer(
    env: Environment, status: int, words: str, limit: int
) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        texts = [float(text) for text in body["input"]]
        if len(texts) > limit:
            return openai.error(words.format(limit, n=len(texts)), status)
        return openai.embeddings([[text, 1.0] for text in texts])

    with Answering(answer) as upstream:
        for _ in range(2):
            upstream.bodies.clear()
            found = embed(env, "m", direct(upstream), [str(n) for n in range(40)])
            assert [vector[0] for vector in found] == list(range(40))
        # Remembered: nothing is refused any more.
        assert max(len(body["input"]) for body in upstream.bodies) <= limit
        assert sum(len(body["input"]) for body in upstream.bodies) == 40


@pytest.mark.parametrize("blank", ["", "\n\n", " ", "\t", "\u3000", "\r\n"])
def test_p53_a_blank_text_of_any_kind_gets_its_vector(env: Environment, blank: str) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        if any(
            (not text.strip(" ") and text != " ") or text in {"", "\n\n"} for text in body["input"]
        ):
            return json_reply(
                {"code": 20015, "message": "The parameter is invalid.", "data": None}, 400
            )
        return vectors(body)

    with Answering(answer) as upstream:
        found = embed(env, "m", direct(upstream), ["a", blank, "b"])
    assert [vector[0] for vector in found] == [0, 1, 2]


def test_p60_pictures_and_texts(env: Environment) -> None:
    with Answering(refusing("user", "encoding_format")) as upstream:
        documents = [
            {"content": "a cat", "content_type": "text"},
            {"content": "iVBORw0KGgoAAAANSUhEUg==", "content_type": "image"},
        ]
        answer = call(
            env, "invoke_multimodal_embedding", "m", direct(upstream), model_type="text-embedding",
            documents=documents, input_type="document",
        )  # fmt: skip
        assert len(answer["embeddings"]) == 2
        assert upstream.bodies[-1]["input"][1].startswith("data:image/png;base64,iVBOR")


def sound(frames: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 2, 24_000, 0, "NONE", ""))
        written.writeframes(frames)
    return file.getvalue()


def spoken(env: Environment, form: dict[str, str], text: str) -> bytes:
    request = {"content_text": text, "voice": "", "tenant_id": "t", "model_type": "tts"}
    answers = env.plugin.call("invoke_tts", "m", form, **request)
    return b"".join(bytes.fromhex(answer["result"]) for answer in answers)


@pytest.mark.parametrize("audio_format", ["wav", "mp3"])
def test_p29_parts_in_wav_are_joined_under_one_header(
    env: Environment, upstream: Upstream, audio_format: str
) -> None:
    """LiteLLM before 1.106 called WAV MP3."""
    parts = [sound(bytes([n]) * 2000) for n in range(1, 4)]
    upstream.on("m", *[Reply([part[:100], part[100:]], content_type="audio/wav") for part in parts])
    audio = spoken(env, direct(upstream, audio_format=audio_format), "A sentence. " * 1000)
    with wave.open(io.BytesIO(audio)) as read:
        assert read.readframes(100_000) == b"".join(bytes([n]) * 2000 for n in range(1, 4))
    assert {body["response_format"] for body in upstream.asked_for("m")} == {audio_format}


NO_FORMAT = "The model does not speak mp3; change Audio Format in its form."
NO_VOICE = 'The model has no voice "alloy"; change Voices in its form.'
GEMINI = "response_format='mp3' is not supported. Supported response formats: pcm, wav"


def test_p29_a_model_without_mp3_speaks_wav_where_the_form_leaves_it_open(
    env: Environment, upstream: Upstream
) -> None:
    wav = Reply([sound(b"\1" * 100)], content_type="audio/wav")
    upstream.on("m", openai.error(GEMINI, 400), wav)
    for _ in range(2):
        assert spoken(env, direct(upstream), "Hello") == sound(b"\1" * 100)
    formats = [body["response_format"] for body in upstream.asked_for("m")]
    assert formats == ["mp3", "wav", "wav"]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("Unsupported response format: mp3. Supported response formats: pcm, wav", NO_FORMAT),
        ("`voice` must be one of [Aaliyah-PlayAI Adelaide-PlayAI]", NO_VOICE),
        ("Invalid value for voiceName", NO_VOICE),
    ],
)
def test_p29_p56_the_field_that_was_refused_is_named(
    env: Environment, upstream: Upstream, words: str, first: str
) -> None:
    upstream.on("m", openai.error(words, 400))
    with pytest.raises(PluginError) as caught:
        spoken(env, direct(upstream, audio_format="mp3"), "Hello")
    assert caught.value.error_type == BAD
    # Which voices and formats there are, the provider says last.
    assert caught.value.message.startswith(f'{first} LiteLLM 400: "{words}" (call id ')


def test_p45_a_sound_file_is_named_by_its_bytes(env: Environment, upstream: Upstream) -> None:
    upstream.on("/v1/audio/transcriptions", json_reply({"text": "Hello"}))
    file = sound(b"\0" * 100).hex()
    answer = call(
        env, "invoke_speech2text", "m", direct(upstream), model_type="speech2text", file=file
    )
    assert answer == {"result": "Hello"}
    body = upstream.asked[-1].body
    assert b'.wav"' in body
    assert sound(b"\0" * 100) in body
