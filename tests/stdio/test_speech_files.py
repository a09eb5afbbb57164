"""What a model says and films arrives as a file where Dify's engine saves files, and nowhere else."""

import base64
import io
import wave
from typing import Any

import pytest

from harness.upstream import Reply
from tests.support import openai_format as openai
from tests.support.environment import Environment

SAMPLES = bytes(range(256)) * 10
MP3 = b"\xff\xfb" + bytes(100)
SPOKEN = "gpt-audio"


def spoken(*, stream: bool, transcript: str = "Good morning") -> Reply:
    if not stream:
        audio = {"id": "a", "data": base64.b64encode(MP3).decode(), "transcript": transcript,
                 "expires_at": 1}  # fmt: skip
        return openai.completion(content=None, audio=audio)
    half = len(SAMPLES) // 2
    pieces = [base64.b64encode(part).decode() for part in (SAMPLES[:half], SAMPLES[half:])]
    words = transcript.partition(" ")
    return openai.stream(
        openai.delta(audio={"id": "a", "transcript": words[0]}),
        openai.delta(audio={"id": "a", "data": pieces[0], "transcript": "".join(words[1:])}),
        openai.delta(audio={"id": "a", "data": pieces[1]}),
        openai.delta(finish_reason="stop"),
    )


def texts_and_files(deltas: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    contents = [delta["message"]["content"] for delta in deltas]
    text = "".join(content for content in contents if isinstance(content, str))
    return text, [part for content in contents if isinstance(content, list) for part in content]


def test_a_voice_is_a_parameter_where_the_proxy_says_that_the_model_speaks(
    env: Environment,
) -> None:
    def names(model: str) -> set[str]:
        answer = next(env.plugin.call("get_ai_model_schemas", model, env.credentials))
        return {rule["name"] for rule in answer["model_schema"]["parameter_rules"]}

    assert "voice" in names("known-speaker")
    assert "voice" not in names("known-gpt-4o")


@pytest.mark.parametrize("stream", [True, False])
def test_speech_is_a_file_beside_its_transcript(env: Environment, *, stream: bool) -> None:
    env.upstream.on(SPOKEN, spoken(stream=stream))
    deltas = env.chat("known-speaker", stream=stream, model_parameters={"voice": "alloy"})
    asked = env.upstream.asked_for(SPOKEN)[-1]
    assert asked["modalities"] == ["text", "audio"]
    assert asked["audio"] == {"voice": "alloy", "format": "pcm16" if stream else "mp3"}
    text, (file,) = texts_and_files(deltas)
    assert text == "Good morning"
    assert file["type"] == "audio"
    content = base64.b64decode(file["base64_data"])
    if stream:
        assert (file["format"], file["mime_type"]) == ("wav", "audio/x-wav")
        with wave.open(io.BytesIO(content)) as sound:
            assert (sound.getframerate(), sound.getnchannels()) == (24_000, 1)
            assert sound.readframes(sound.getnframes()) == SAMPLES
    else:
        assert (file["format"], file["mime_type"]) == ("mp3", "audio/mpeg")
        assert content == MP3


def test_speech_that_is_too_long_for_dify_leaves_a_note_beside_its_transcript(
    env: Environment,
) -> None:
    piece = base64.b64encode(bytes(1_500_000)).decode()
    pieces = [openai.delta(audio={"id": "a", "data": piece}) for _ in range(6)]
    words = openai.delta(audio={"id": "a", "transcript": "Good morning"})
    env.upstream.on(SPOKEN, openai.stream(words, *pieces, openai.delta(finish_reason="stop")))
    text, files = texts_and_files(env.chat("known-speaker", model_parameters={"voice": "alloy"}))
    assert files == []
    assert text.startswith("Good morning")
    assert "spoke for 9.0 MB, which is too much" in text


def test_apps_that_save_no_files_get_the_transcript_alone(env: Environment) -> None:
    """Dify tells no user for basic apps, which would write the file out as base64."""
    env.upstream.on(SPOKEN, spoken(stream=True))
    deltas = env.chat("known-speaker", model_parameters={"voice": "alloy"}, user_id="")
    assert texts_and_files(deltas) == ("Good morning", [])


@pytest.mark.parametrize("user", ["user-1", ""])
def test_a_video_is_a_file_or_a_note(env: Environment, user: str) -> None:
    data = base64.b64encode(bytes(8) + b"ftypmp42").decode()
    film = {"index": 0, "type": "image_url", "image_url": {"url": f"data:video/mp4;base64,{data}"}}
    model = env.scenario("films", openai.stream(openai.delta(images=[film]),
                                                openai.delta(finish_reason="stop")))  # fmt: skip
    text, files = texts_and_files(env.chat(model, user_id=user))
    if user:
        assert [(file["type"], file["mime_type"]) for file in files] == [("video", "video/mp4")]
    else:
        assert files == []
        assert "made a video" in text
