"""Each method of the client: where it asks, with what, and what it makes of the answer."""

import io
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import ProxyProtocolError, ProxyRejected
from litellm_proxy.settings import ProxySettings
from litellm_proxy.wire.audio import SpeechRequest, TranscriptionRequest
from litellm_proxy.wire.chat import CompletionRequest
from litellm_proxy.wire.images import ImageRequest, InputImage
from litellm_proxy.wire.moderations import ModerationRequest
from litellm_proxy.wire.options import NO_OPTIONS, RequestOptions
from litellm_proxy.wire.rerank import RerankRequest
from litellm_proxy.wire.responses import RunRequest

WHO = RequestOptions(user="alice", tags=("team-a",), session_id="s-1")
TOLD = {"x-litellm-session-id": "s-1", "x-litellm-tags": "team-a", "x-litellm-end-user-id": "alice"}
RUN = {"id": "resp/1", "status": "completed", "output": []}


class Server:
    """Answers once, and keeps what it was asked."""

    def __init__(self, answer: httpx.Response) -> None:
        self.asked: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        return self._answer

    def client(self) -> ProxyClient:
        settings = ProxySettings("http://litellm:4000/llm", "sk-own-key")
        return ProxyClient(settings, httpx.MockTransport(self))

    @property
    def request(self) -> httpx.Request:
        (request,) = self.asked
        return request


def answering(body: object, **headers: str) -> Server:
    return Server(httpx.Response(200, json=body, headers=headers))


EMPTY: dict[str, Any] = {"data": []}
CALLS: dict[str, tuple[Callable[[ProxyClient], object], str, str, object]] = {
    "complete": (
        lambda client: client.chat(CompletionRequest("m", "p", stream=False)),
        "POST", "/v1/completions", {"choices": [{"text": "x", "finish_reason": "stop"}]},
    ),
    "rerank": (lambda client: client.rerank(RerankRequest("m", "q", ["d"])),
               "POST", "/v1/rerank", {"results": []}),
    "moderate": (lambda client: client.moderate(ModerationRequest("m", "t")),
                 "POST", "/v1/moderations", {"results": []}),
    "models": (lambda client: client.models(), "GET", "/v1/models", EMPTY),
    "patterns": (lambda client: client.models(with_patterns=True),
                 "GET", "/v1/models?return_wildcard_routes=true", EMPTY),
    "group": (lambda client: client.model_group("a/b c"),
              "GET", "/model_group/info?model_group=a%2Fb%20c", EMPTY),
    "groups": (lambda client: client.model_groups(), "GET", "/model_group/info", EMPTY),
    "resolves": (lambda client: client.resolves("m", NO_OPTIONS),
                 "POST", "/utils/token_counter", {"model_used": "backend"}),
    "start_run": (lambda client: client.start_run(RunRequest("m", [])),
                  "POST", "/v1/responses", RUN),
    "run": (lambda client: client.run("resp/1", WHO), "GET", "/v1/responses/resp%2F1", RUN),
    "cancel_run": (lambda client: client.cancel_run("resp/1", WHO),
                   "POST", "/v1/responses/resp%2F1/cancel", RUN),
    "make_image": (lambda client: client.make_image(ImageRequest("m", "p")),
                   "POST", "/v1/images/generations", {"data": [{"url": "http://i"}]}),
    "change_image": (
        lambda client: client.make_image(
            ImageRequest("m", "p", (InputImage(b"png", "image/png", "a.png"),))
        ),
        "POST", "/v1/images/edits", {"data": [{"url": "http://i"}]},
    ),
    "transcribe": (
        lambda client: client.transcribe(TranscriptionRequest("m", io.BytesIO(b"mp3"), "a.mp3")),
        "POST", "/v1/audio/transcriptions", {"text": "heard"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_where_it_is_asked_and_by_whom(name: str) -> None:
    call, method, path, answer = CALLS[name]
    server = answering(answer)
    assert call(server.client()) != ()
    assert (server.request.method, server.request.url.raw_path.decode()) == (method, f"/llm{path}")
    assert server.request.headers["authorization"] == "Bearer sk-own-key"
    if method == "POST" and server.request.headers["content-type"] == "application/json":
        assert json.loads(server.request.content).get("model", "m") == "m"


@pytest.mark.parametrize("name", [name for name in CALLS if name != "cancel_run"])
def test_what_cannot_be_read_is_an_error_of_the_protocol(name: str) -> None:
    server = Server(httpx.Response(200, content=b"<html>", headers={"content-type": "text/html"}))
    with pytest.raises(ProxyProtocolError):
        CALLS[name][0](server.client())


@pytest.mark.parametrize("name", CALLS)
def test_a_refusal_is_raised_with_its_words_and_without_the_key(name: str) -> None:
    body = {"error": {"message": "Not for sk-own-key", "type": "t", "param": "p"}}
    server = Server(httpx.Response(403, json=body, headers={"x-litellm-call-id": "c-1"}))
    with pytest.raises(ProxyRejected) as caught:
        CALLS[name][0](server.client())
    error = caught.value
    told = (error.status, error.message, error.error_type, error.param, error.call_id)
    assert told == (403, "Not for ***", "t", "p", "c-1")
    assert error.base_url == "http://litellm:4000/llm"


@pytest.mark.parametrize("name", ["run", "cancel_run"])
def test_for_whom_a_run_is_asked_for(name: str) -> None:
    server = answering(RUN)
    CALLS[name][0](server.client())
    assert {header: server.request.headers[header] for header in TOLD} == TOLD


def test_a_run_that_failed_is_no_error_yet_and_one_without_an_id_is() -> None:
    failed = {"id": "r", "status": "failed", "error": {"message": "broken"}}
    found = answering(failed).client().run("r", WHO).content
    assert (found.status, found.error and found.error.message) == ("failed", "broken")  # type: ignore[union-attr]
    with pytest.raises(ProxyRejected, match="gone"):
        answering({"error": {"message": "gone"}}).client().run("r", WHO)


def test_parts_of_forms() -> None:
    server = answering({"data": [{"url": "http://i"}]})
    images = (InputImage(b"one", "image/png", "1.png"), InputImage(b"two", "image/jpeg", "2.jpeg"))
    made = server.client().make_image(ImageRequest("m", "p", images, {"size": "1x1"}, WHO))
    body = server.request.content
    for part in (b'name="image[]"; filename="1.png"', b"image/jpeg", b"two", b'name="size"'):
        assert part in body
    assert server.request.headers["x-litellm-end-user-id"] == "alice"
    assert made.content.data
    assert made.content.data[0].url == "http://i"
    heard = answering({"text": "heard"})
    request = TranscriptionRequest("m", io.BytesIO(b"sound"), "a.mp3", WHO)
    assert heard.client().transcribe(request).text == "heard"
    assert b'name="file"; filename="a.mp3"' in heard.request.content
    assert b"sound" in heard.request.content
    assert heard.request.headers["x-litellm-session-id"] == "s-1"


@pytest.mark.parametrize("label", ["text/plain", "text/srt; charset=utf-8", "text/vtt"])
def test_a_transcript_that_is_no_json(label: str) -> None:
    answer = httpx.Response(200, content="gehört".encode(), headers={"content-type": label})
    request = TranscriptionRequest("m", io.BytesIO(b""), "a.mp3")
    assert Server(answer).client().transcribe(request).text == "gehört"


def test_speech_comes_in_pieces_and_a_text_in_its_place_is_an_error() -> None:
    audio = httpx.Response(200, content=b"mp3", headers={"content-type": "audio/mpeg"})
    server = Server(audio)
    assert b"".join(server.client().speak(SpeechRequest("m", "t", "alloy"))) == b"mp3"
    assert server.request.url.path == "/llm/v1/audio/speech"
    with pytest.raises(ProxyRejected, match="no audio came back"):
        answering({}).client().speak(SpeechRequest("m", "t", "alloy"))
    with pytest.raises(ProxyRejected, match="too long"):
        answering({"error": {"message": "too long"}}).client().speak(SpeechRequest("m", "t", "a"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "quota exceeded", "code": "429"}}', "quota exceeded"),
        (b' \n{"detail": "not here"}', "not here"),
        (b"<html><title>Login</title>", "Login"),
        (b"{}", "no audio came back"),
        (b"{" + b"x" * 100_000, "x"),
    ],
)
def test_what_is_labelled_as_audio_and_is_none(body: bytes, words: str) -> None:
    answer = httpx.Response(200, content=body, headers={"content-type": "audio/mpeg"})
    with pytest.raises(ProxyRejected) as caught:
        Server(answer).client().speak(SpeechRequest("m", "t", "alloy"))
    assert words in caught.value.message


def test_a_transcript_that_is_labelled_as_text_and_is_json() -> None:
    def heard(body: bytes) -> str | None:
        answer = httpx.Response(200, content=body, headers={"content-type": "text/plain"})
        request = TranscriptionRequest("m", io.BytesIO(b"mp3"), "a.mp3")
        return Server(answer).client().transcribe(request).text

    assert heard(b'{"text": "heard"}') == "heard"
    assert heard(b"{laughs} heard") == "{laughs} heard"
    with pytest.raises(ProxyRejected, match="too long"):
        heard(b'{"error": {"message": "too long"}}')


@pytest.mark.parametrize(
    ("answer", "alive"),
    [
        (httpx.Response(200, content=b'"I\'m alive!"'), True),
        (httpx.Response(200, content=b"I'm alive!\n"), True),
        (httpx.Response(200, content=b"ok"), False),
        (httpx.Response(500, content=b"I'm alive!"), False),
    ],
)
def test_whether_litellm_lives(answer: httpx.Response, *, alive: bool) -> None:
    server = Server(answer)
    assert server.client().is_alive() is alive
    assert server.request.url.path == "/llm/health/liveliness"


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        ({"model_used": "backend"}, True),
        ({"model_used": "m"}, None),
        ({"model_used": "m", "original_response": None}, False),
        ({"original_response": {}}, False),
        ({}, None),
    ],
)
def test_whether_a_name_resolves(answer: dict[str, object], *, known: bool | None) -> None:
    server = answering(answer)
    assert server.client().resolves("m", NO_OPTIONS) is known
    assert json.loads(server.request.content)["prompt"] == ""
