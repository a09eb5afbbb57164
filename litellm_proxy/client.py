"""The proxy over HTTP: one method per endpoint."""

import itertools
import random
import re
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, cast
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from litellm_proxy.answers import CallReport, ProxyAnswer, call_id_of, report_of
from litellm_proxy.errors import (
    Failure,
    Origin,
    ProxyError,
    ProxyProtocolError,
    ProxyRejected,
    ProxyUnreachable,
)
from litellm_proxy.event_loop import give_way
from litellm_proxy.gunzip import unpacked
from litellm_proxy.http_exchange import DEADLINE
from litellm_proxy.limits import (
    CONNECT_SECONDS,
    LAST_BYTES_SECONDS,
    MAX_BODY_BYTES,
    MAX_DOCUMENT_BYTES,
    MAX_ERROR_BYTES,
    MAX_ERROR_CHARACTERS,
    MIN_PIECE_BYTES,
    PAUSE_BYTES,
)
from litellm_proxy.request_failed import RequestFailed, refused_by_httpx
from litellm_proxy.settings import CALL_SECONDS, ProxySettings
from litellm_proxy.sse import EventStreamDecoder
from litellm_proxy.transport import forward_proxy, pool_for, without_password
from litellm_proxy.version import USER_AGENT
from litellm_proxy.versions import INFO_PATHS, info_path, note_info_path, note_version
from litellm_proxy.wire.audio import Transcription
from litellm_proxy.wire.chat import ChatChunk
from litellm_proxy.wire.chat_events import ChatEvent, ChatEvents
from litellm_proxy.wire.embeddings import EmbeddingsAnswer
from litellm_proxy.wire.error_body import (
    ErrorDetail,
    FallibleAnswer,
    classes_at_the_head,
    read_error_body,
)
from litellm_proxy.wire.error_words import first_sentence
from litellm_proxy.wire.images import ImageAnswer
from litellm_proxy.wire.model_info import (
    Deployments,
    ModelGroups,
    ModelList,
    TokenCount,
)
from litellm_proxy.wire.moderations import ModerationAnswer
from litellm_proxy.wire.options import RequestOptions
from litellm_proxy.wire.request import Requestable
from litellm_proxy.wire.rerank import RerankAnswer
from litellm_proxy.wire.responses import Run

MAX_TRIES = 3
PAUSE_SECONDS = (0.05, 0.25)
_REFUSALS_OF_A_PROXY = frozenset({403, 407, 502, 503, 504})
_HTTP_ERROR = 400
_HTTP_REDIRECT = 300
_EXCERPT = 200
_BLANKS = b"\xef\xbb\xbf \t\r\n"
_STREAM_STARTS = (b"data:", b"event:", b"id:", b"retry:", b":")
_TELLING_BYTES = len(b"event:")
_NO_SOUND_BY_LABEL = ("application/json", "text/")
_NO_SOUND = (b"{", b"<")
"""JSON and pages begin so, and no kind of audio that is asked for."""
_TRANSCRIPTS = ("text/plain", "text/srt", "text/vtt", "application/x-subrip")
_REQUIRED_INPUTS = frozenset({"messages", "prompt", "input", "query", "file"})
_ALIVE = b"I'm alive!"
"""What LiteLLM's /health/liveliness says (proxy/health_endpoints)."""
_LACKS_INPUT = re.compile(
    rf"missing \d+ required (positional|keyword-only) arguments?:.{{0,200}}'({'|'.join(sorted(_REQUIRED_INPUTS))})'"
)
"""How LiteLLM 1.72 to 1.95 refuses a request without its input, for keys with `allowed_routes`."""
_NOT_HERE = frozenset({401, 403, 404})
_HASH = re.compile(r"(?i)[0-9a-f]{64}")
_SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?")
_LONGEST_NAME = 100
_LONGEST_WAIT = 24 * 3600
_NO_HEADERS: Mapping[str, str] = {}
_GZIP = {"Accept-Encoding": "gzip"}

type ChatArrivals = Generator[Sequence[ChatEvent]]
"""What arrived together comes together, pieces of plain text joined."""


class ProxyClient:
    """Asks one proxy on behalf of one caller. Cheap to make: the connections are shared.

    Every method raises ProxyUnreachable, ProxyRejected or ProxyProtocolError, and no other error.
    """

    def __init__(
        self,
        settings: ProxySettings,
        transport: httpx.BaseTransport | None = None,
        *,
        total_seconds: float = CALL_SECONDS,
        tries: int = MAX_TRIES,
    ) -> None:
        """`total_seconds` bounds each request with its answer, from sending to the last byte.

        `tries` is how often a request is sent at most, if it surely was not processed before.
        """
        self._settings = settings
        self._transport = transport
        self._total_seconds = total_seconds
        self._tries = tries
        silence = min(settings.timeout, total_seconds)
        self._timeouts = httpx.Timeout(silence, connect=min(CONNECT_SECONDS, silence)).as_dict()

    def chat(self, asked: Requestable) -> ProxyAnswer[ChatArrivals]:
        """Ask the chat or completion endpoint; return the chunks of a stream, or one for a blocking answer.

        The request is sent before this returns, so a rejection is raised here and not later.
        """
        response = self._post(asked)
        report = self._report(response)
        chunks = self._read_chunks(response)
        if _is_called_a_stream(response):
            return ProxyAnswer(chunks, report)
        # Nothing to wait for but an answer that is whole: a rejection in it is raised here.
        first = next(chunks, ())
        return ProxyAnswer(_continued(first, chunks), report)

    def start_run(self, asked: Requestable) -> ProxyAnswer[Run]:
        """Start a run in the background; return it as it is then."""
        return self._run(self._post(asked))

    def run(self, run_id: str, options: RequestOptions) -> ProxyAnswer[Run]:
        """Return a run as it is now; one that failed is no error here. `options` go into headers."""
        asked = options.request(f"/v1/responses/{quote(run_id, safe='')}", {})
        return self._run(self._send("GET", asked.path, headers=asked.identity_headers()))

    def cancel_run(self, run_id: str, options: RequestOptions) -> None:
        """Ask that a run ends."""
        asked = options.request(f"/v1/responses/{quote(run_id, safe='')}/cancel", {})
        self._send("POST", asked.path, b"{}", asked.identity_headers()).close()

    def rejected(self, error: ErrorDetail | str) -> ProxyRejected:
        """Return the error that a run ended with, without secrets."""
        return self._rejected(error)

    def _run(self, response: httpx.Response) -> ProxyAnswer[Run]:
        run = self._read(Run.read, response)
        return ProxyAnswer(run if run.id else self._accept(run), self._report(response))

    def make_image(self, asked: Requestable) -> ProxyAnswer[ImageAnswer]:
        """Return the image that was made, or made of others."""
        response = self._post(asked)
        answer = self._accept(self._read(ImageAnswer.read, response))
        return ProxyAnswer(answer, self._report(response))

    def embed(self, asked: Requestable) -> ProxyAnswer[EmbeddingsAnswer]:
        """Return the vectors of one batch of texts, in the order in which the proxy sent them."""
        response = self._post(asked)
        answer = self._accept(self._read(EmbeddingsAnswer.read, response))
        return ProxyAnswer(answer, self._report(response))

    def rerank(self, asked: Requestable) -> RerankAnswer:
        """Return how the documents of a request rank."""
        return self._accept(self._read(RerankAnswer.read, self._post(asked)))

    def moderate(self, asked: Requestable) -> ModerationAnswer:
        """Return what was found in a text."""
        return self._accept(self._read(ModerationAnswer.read, self._post(asked)))

    def transcribe(self, asked: Requestable) -> Transcription:
        """Return the text of an audio file; the file is sent as a stream from its beginning."""
        response = self._post(asked)
        if response.headers.get("content-type", "").startswith(_TRANSCRIPTS):
            body = self._read_body(response, MAX_BODY_BYTES)
            if body.lstrip().startswith(b"{"):
                # LiteLLM labels what it was asked for, whatever the server made of it.
                with suppress(ProxyProtocolError):
                    return self._accept(self._parse(Transcription.read, body))
            return Transcription(text=body.decode(errors="replace"))
        return self._accept(self._read(Transcription.read, response))

    def speak(self, asked: Requestable) -> Generator[bytes]:
        """Ask for a spoken text; return the audio as it arrives.

        The beginning of the answer is read before this returns, so a rejection is raised here and not later,
        also one that LiteLLM labels as audio.
        """
        response = self._post(asked)
        label = response.headers.get("content-type", "")
        pieces = self._read_pieces(response)
        start = next(filter(None, pieces), b"")
        if label.startswith(_NO_SOUND_BY_LABEL) or start.lstrip().startswith(_NO_SOUND):
            with closing(pieces):
                body = _joined(itertools.chain([start], pieces), MAX_ERROR_BYTES, truncate=True)
            detail, origin = read_error_body(body)
            raise self._rejected(
                detail if detail.message else "no audio came back",
                headers=response.headers,
                origin=origin,
            )
        return _continued(start, pieces)

    def models(self, *, with_patterns: bool = False) -> ModelList:
        """Return the names that the key can call, and on request the wildcard patterns too."""
        query = "?return_wildcard_routes=true" if with_patterns else ""
        return self._read(ModelList.read, self._send("GET", f"/v1/models{query}", headers=_GZIP))

    def read_models[T](self, read: Callable[[bytes], T]) -> T:
        """Return what `read` makes of the body of the list of names; likewise below."""
        return self._read(read, self._send("GET", "/v1/models", headers=_GZIP))

    def model_group(self, name: str) -> ModelGroups:
        """Return what the proxy knows of one public model name: one group or none."""
        return self.read_model_group(name, ModelGroups.read)

    def read_model_group[T](self, name: str, read: Callable[[bytes], T]) -> T:
        """Ask for one group, and read the body."""
        asked = quote(name, safe="", errors="replace")
        path = f"/model_group/info?model_group={asked}"
        return self._read(read, self._send("GET", path))

    def model_groups(self) -> ModelGroups:
        """Return what the proxy knows of every public name of the key; slow for many models."""
        return self._read(ModelGroups.read, self._send("GET", "/model_group/info", headers=_GZIP))

    def deployments(self) -> Deployments:
        """Return every deployment that the key can reach; several MB for a thousand models."""
        return self.read_deployments(Deployments.read)

    def read_deployments[T](self, read: Callable[[bytes], T]) -> T:
        """Ask for the deployments, and read the body.

        Which of the two routes answers is remembered for each caller (`litellm_proxy.versions`).
        """
        caller = self._settings.cache_key
        path = info_path(caller)
        try:
            return self._read(read, self._send("GET", path, headers=_GZIP))
        except ProxyRejected as error:
            if error.status not in _NOT_HERE:
                raise
            refusal = error
        other = next(each for each in INFO_PATHS if each != path)
        try:
            answer = self._read(read, self._send("GET", other, headers=_GZIP))
        except ProxyError:
            raise refusal from None
        note_info_path(caller, other)
        return answer

    def resolves(self, model: str, options: RequestOptions) -> bool | None:
        """Return whether the proxy knows a name that no list shows, such as a hidden alias.

        Asks the token counter, which costs nothing. False may also mean a public name that equals
        its backend's; None: this LiteLLM does not resolve names there, as up to 1.72.
        """
        asked = options.request("/utils/token_counter", {"model": model, "prompt": ""})
        count = self._read(TokenCount.read, self._post(asked))
        if count.model_used not in {None, model}:
            return True
        return False if "original_response" in count.model_fields_set else None

    def is_alive(self) -> bool:
        """Return whether LiteLLM's health route, which needs no key, answers in its words."""
        try:
            response = self._send("GET", "/health/liveliness")
            return self._read_body(response, MAX_ERROR_BYTES).strip(b' \n"') == _ALIVE
        except ProxyError:
            return False

    def probe(self, asked: Requestable) -> None:
        """Name the model at an endpoint without the input that the endpoint requires.

        Spends nothing. LiteLLM checks key, budget, route and model rights first, then rejects with
        a 400 whose `param` names the missing input; that one rejection is swallowed.
        """
        try:
            self._post(asked).close()
        except ProxyRejected as error:
            if error.param in _REQUIRED_INPUTS or _LACKS_INPUT.search(error.text):
                return
            raise
        message = "it accepted a request without its input"
        raise ProxyProtocolError(message)

    def _read_chunks(self, response: httpx.Response) -> ChatArrivals:
        """Yield the chunks of an answer; whether it is a stream is told by its first bytes (P15).

        Servers and balancers in between have been seen to label streams as anything.
        """
        with closing(self._read_pieces(response)) as pieces:
            # Blanks before the first event mean nothing, however many there are.
            start = b""
            for piece in pieces:
                start = (start + piece).lstrip(_BLANKS)
                if len(start) >= _TELLING_BYTES:
                    break
            is_stream = start.startswith(_STREAM_STARTS) or (
                _is_called_a_stream(response) and not start.startswith(b"{")
            )
            received = itertools.chain([start], pieces)
            if is_stream:
                yield from self._read_events(response, received)
            else:
                body = _joined(received, MAX_DOCUMENT_BYTES)
                yield [self._accept(self._parse(ChatChunk.read, body))]

    def _read_events(self, response: httpx.Response, pieces: Iterable[bytes]) -> ChatArrivals:
        stream = _EventStream(lambda data: self._accept(self._parse(ChatChunk.read, data)))
        deadlines = response.request.extensions
        try:
            for received in pieces:
                chunks: list[ChatEvent] = []
                try:
                    stream.read(received, into=chunks)
                except ProxyError:
                    if chunks:
                        yield chunks
                    raise
                if chunks:
                    yield chunks
                if stream.done:
                    # The answer is complete; its connection is worth a moment, and no more.
                    deadlines[DEADLINE] = min(
                        deadlines[DEADLINE], time.monotonic() + LAST_BYTES_SECONDS
                    )
        except ProxyUnreachable:
            # After [DONE] the body is read on only to hand the connection back to the pool.
            if not stream.done:
                raise

    def _report(self, response: httpx.Response) -> CallReport:
        report = report_of(response.headers)
        return replace(
            report,
            fallback=report.fallback and self._redact(report.fallback),
            call_id=report.call_id and self._redact(report.call_id),
        )

    def _accept[A: FallibleAnswer](self, answer: A) -> A:
        if answer.error:
            raise self._rejected(answer.error)
        return answer

    def _post(self, asked: Requestable) -> httpx.Response:
        request = asked.request()
        if not request.files:
            return self._send("POST", request.path, request.to_json(), request.sent_headers())

        def upload() -> httpx.Request:
            for _, (_, content, *_) in request.files:
                if hasattr(content, "seek"):
                    content.seek(0)
            return self._request(
                "POST",
                request.path,
                headers=request.sent_headers(),
                data=request.to_form(),
                files=request.files,
            )

        return self._accepted(upload)

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> httpx.Response:
        """Send a request and return the answer with its body unread; refusals are raised."""
        return self._accepted(lambda: self._request(method, path, headers, body))

    def _request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
        **form: Any,
    ) -> httpx.Request:
        fields = _headers(self._settings, has_json=content is not None)
        return httpx.Request(
            method,
            _url(self._settings.base_url + path),
            headers=_with(headers, fields, self._settings) if headers else fields,
            content=content,
            extensions={
                "timeout": self._timeouts,
                DEADLINE: time.monotonic() + self._total_seconds,
            },
            **form,
        )

    def _accepted(self, make: Callable[[], httpx.Request]) -> httpx.Response:
        response = self._handle(make)
        if response.status_code < _HTTP_REDIRECT:
            return response
        if refused := self._refused_on_the_way(response):
            raise refused
        raise self._refusal(response)

    def _handle(self, make: Callable[[], httpx.Request]) -> httpx.Response:
        """Send a request, and send it again only when it surely was not processed."""
        for tries_left in reversed(range(self._tries)):
            try:
                request = make()
                transport = self._transport or pool_for(self._settings.base_url, self._settings.tls)
                response = transport.handle_request(request)
            except RequestFailed as error:
                if not tries_left or not error.is_unprocessed:
                    raise self._unreachable(error) from None
            except (httpx.InvalidURL, ValueError) as error:
                raise self._unreachable(refused_by_httpx(error)) from None
            else:
                response.request = request
                note_version(self._settings.cache_key, response.headers)
                return response
            time.sleep(random.uniform(*PAUSE_SECONDS))  # noqa: S311 - a pause is no secret
        raise AssertionError

    def _refused_on_the_way(self, response: httpx.Response) -> ProxyUnreachable | None:
        """Return the refusal of an HTTP proxy that requests to http:// go through, None of others'.

        An SSRF proxy answers 403, one that wants a password 407; neither writes an API's error.
        """
        base_url = self._settings.base_url
        by_proxy = (
            base_url.startswith("http://") and not self._transport and forward_proxy(base_url)
        )
        if not by_proxy or response.status_code not in _REFUSALS_OF_A_PROXY:
            return None
        if any(name.startswith("x-litellm") for name in response.headers):
            return None
        if response.headers.get("content-type", "").startswith("application/json"):
            return None
        response.close()
        told = f"{response.status_code} {response.reason_phrase}".strip()
        return self._unreachable(RequestFailed(Failure.FORWARD_PROXY, told))

    def _refusal(self, response: httpx.Response) -> ProxyRejected:
        body = self._read_body(response, MAX_ERROR_BYTES, truncate=True)
        if response.status_code < _HTTP_ERROR:
            target = response.headers.get("location", "another address")
            detail, origin = ErrorDetail(message=f"redirected to {target}"), Origin.TEXT
        else:
            detail, origin = read_error_body(body)
        return self._rejected(
            detail,
            status=response.status_code,
            headers=response.headers,
            origin=origin,
            sent_bytes=_size_of(response.request),
        )

    def _rejected(
        self,
        error: ErrorDetail | str,
        *,
        status: int | None = None,
        headers: httpx.Headers | None = None,
        origin: Origin = Origin.LITELLM,
        sent_bytes: int = 0,
    ) -> ProxyRejected:
        detail = ErrorDetail(message=error) if isinstance(error, str) else error
        headers = headers or httpx.Headers()
        call_id = call_id_of(headers)
        fields = detail.provider_specific_fields
        guardrail = fields.guardrail_name if fields else None
        message = detail.message or ""
        # Secrets go before anything is cut, or a part of one would be left.
        text = self._redact(message)
        sentence = first_sentence(text)
        give_way()
        return ProxyRejected(
            status=status or detail.status,
            message=sentence,
            text=text[:MAX_ERROR_CHARACTERS],
            error_type=_known(detail.type),
            param=_known(detail.param),
            call_id=call_id and self._redact(call_id),
            guardrail=guardrail and self._redact(guardrail)[:_LONGEST_NAME],
            retry_after=_wait_told(headers.get("retry-after", "")),
            classes=classes_at_the_head(message),
            origin=origin,
            of_provider=detail.is_of_a_provider,
            sent_bytes=sent_bytes,
            base_url=self._settings.base_url,
        )

    def _redact(self, text: str) -> str:
        for secret in self._settings.secrets:
            text = text.replace(secret, "***")
        if short := self._settings.short_secret:
            text = short.sub("***", text)
        return _HASH.sub("***", text)

    def _read[T](self, read: Callable[[bytes], T], response: httpx.Response) -> T:
        return self._parse(read, self._read_body(response, MAX_BODY_BYTES))

    def _parse[T](self, read: Callable[[bytes], T], data: bytes) -> T:
        try:
            return read(data)
        except ValueError as error:
            text = data[:MAX_ERROR_BYTES].decode(errors="replace")
            shown = self._redact(text)[:_EXCERPT]
            message = f"{_problem_of(error)}, in {shown!r}"
            raise ProxyProtocolError(message) from None

    def _read_body(self, response: httpx.Response, limit: int, *, truncate: bool = False) -> bytes:
        """Return the body; beyond `limit` bytes cut it or raise ProxyProtocolError."""
        with closing(self._read_pieces(response)) as pieces:
            body = _joined(pieces, limit, truncate=truncate)
        if len(body) >= PAUSE_BYTES:
            give_way()
        return body

    def _read_pieces(self, response: httpx.Response) -> Generator[bytes]:
        """Yield the body as it arrives, decoded; close the response whatever happens."""
        extensions = response.request.extensions
        coding = response.headers.get("content-encoding", "")
        unpaused = 0
        try:
            for piece in unpacked(cast("httpx.SyncByteStream", response.stream), coding):
                yield piece
                # A little content may have come in much of something else.
                unpaused += max(len(piece), MIN_PIECE_BYTES)
                if unpaused >= PAUSE_BYTES:
                    unpaused = 0
                    give_way()
                if time.monotonic() > extensions[DEADLINE]:
                    raise self._too_long()
        except RequestFailed as error:
            if time.monotonic() > extensions[DEADLINE]:
                raise self._too_long() from None
            raise self._unreachable(error) from None
        finally:
            response.close()

    def _too_long(self) -> ProxyUnreachable:
        after = f"after {self._total_seconds:.0f} s"
        return self._unreachable(RequestFailed(Failure.TOO_LONG, after))

    def _unreachable(self, error: RequestFailed) -> ProxyUnreachable:
        base_url = self._settings.base_url
        try:
            via = None if self._transport else forward_proxy(base_url)
        except httpx.InvalidURL:
            via = None
        return ProxyUnreachable(
            error.failure,
            base_url,
            self._redact(error.detail),
            without_password(via) if via else "",
        )


@lru_cache(maxsize=1024)
def _url(text: str) -> httpx.URL:
    return httpx.URL(text)


@lru_cache(maxsize=512)
def _headers(settings: ProxySettings, *, has_json: bool) -> Sequence[tuple[bytes, bytes]]:
    headers = httpx.Headers(
        {
            "Accept": "application/json, text/event-stream",
            "Accept-Encoding": "identity",
            "User-Agent": USER_AGENT,
        }
    )
    if has_json:
        headers["Content-Type"] = "application/json"
    if settings.api_key:
        headers["Authorization"] = f"Bearer {settings.api_key}"
    if settings.sends_timeout:
        headers["x-litellm-timeout"] = f"{settings.timeout:g}"
    headers.update(settings.extra_headers)
    return headers.raw


def _problem_of(error: ValueError) -> str:
    """Return why a body could not be parsed, without quoting it."""
    if not isinstance(error, ValidationError):
        return "it is not JSON as expected"
    problem = error.errors(include_url=False, include_input=False)[0]
    if problem["type"] == "json_invalid":
        return "it is not JSON"
    where = ".".join(str(step) for step in problem["loc"])
    missing = problem["type"] == "missing"
    return f"{where or 'the whole'} {'is missing' if missing else 'is not of the expected kind'}"


def _is_called_a_stream(response: httpx.Response) -> bool:
    label: str = response.headers.get("content-type", "")
    return label.lower().startswith("text/event-stream")


def _wait_told(retry_after: str) -> float | None:
    """Return how many seconds to wait, told as such or as a date (RFC 9110, 10.2.3); None for neither."""
    if _SECONDS.fullmatch(retry_after):
        return float(retry_after)
    try:
        seconds = parsedate_to_datetime(retry_after).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return round(seconds, 1) if 0 < seconds < _LONGEST_WAIT else None


def _continued[T](first: T, others: Generator[T]) -> Generator[T]:
    with closing(others):
        yield first
        yield from others


def _joined(pieces: Iterable[bytes], limit: int, *, truncate: bool = False) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > limit:
            if truncate:
                break
            message = f"the answer is larger than {limit} bytes"
            raise ProxyProtocolError(message)
    return bytes(body[:limit])


def _with(
    headers: Mapping[str, str], others: Sequence[tuple[bytes, bytes]], settings: ProxySettings
) -> Sequence[tuple[bytes, bytes]]:
    """Return the headers of a call beside the others; those of the form win."""
    both = httpx.Headers(list(others))
    both.update(headers)
    both.update(settings.extra_headers)
    return both.raw


class _EventStream:
    """The events of one body, until the one that says it is done."""

    def __init__(self, parse: Callable[[bytes], ChatChunk]) -> None:
        self.done = False
        self._decoder = EventStreamDecoder()
        self._events = ChatEvents(parse)

    def read(self, received: bytes, into: list[ChatEvent]) -> None:
        if not self.done:
            self._events.read(self._until_done(received), into)

    def _until_done(self, received: bytes) -> Generator[bytes]:
        for data in self._decoder.feed(received):
            if data == b"[DONE]":
                self.done = True
                return
            yield data


def _size_of(request: httpx.Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdigit() else 0


def _known(value: str | None) -> str | None:
    """LiteLLM writes some nulls as the text "None"."""
    return None if value == "None" else value
