"""HTTP client for the proxy: one method per endpoint."""

import itertools
import re
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from dataclasses import replace
from urllib.parse import quote

import httpx

from litellm_proxy.chat_response import ChatArrivals, has_stream_content_type, read_chunks
from litellm_proxy.errors import ProxyError, ProxyProtocolError, ProxyRejected
from litellm_proxy.limits import MAX_BODY_BYTES, MAX_ERROR_BYTES
from litellm_proxy.litellm_versions import INFO_PATHS, info_path, note_info_path
from litellm_proxy.rejection import Rejections
from litellm_proxy.response_headers import CallReport, ProxyAnswer, call_id_of, read_report
from litellm_proxy.sender import MAX_TRIES, ProxyResponse, Sender, joined
from litellm_proxy.settings import CALL_SECONDS, ProxySettings
from litellm_proxy.wire.audio import Transcription
from litellm_proxy.wire.chat import ChatChunk
from litellm_proxy.wire.embeddings import EmbeddingsAnswer
from litellm_proxy.wire.error_body import ErrorDetail, ResponseWithError, read_error_body
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

_LABELS_OF_TEXT = ("application/json", "text/")
_TEXT_STARTS = (b"{", b"<")
"""The start of JSON and HTML; audio of a requested format never starts so."""
_TRANSCRIPTS = ("text/plain", "text/srt", "text/vtt", "application/x-subrip")
_REQUIRED_INPUTS = frozenset({"messages", "prompt", "input", "query", "file"})
_ALIVE = b"I'm alive!"
"""The response of LiteLLM's /health/liveliness (proxy/health_endpoints)."""
_LACKS_INPUT = re.compile(
    rf"missing \d+ required (positional|keyword-only) arguments?:.{{0,200}}'({'|'.join(sorted(_REQUIRED_INPUTS))})'"
)
"""How LiteLLM 1.72 to 1.95 rejects a request without its input, for keys with `allowed_routes`."""
_NOT_HERE = frozenset({401, 403, 404})
_GZIP = {"Accept-Encoding": "gzip"}


class ProxyClient:
    """Client of one proxy for one caller. Cheap to create: connections are shared.

    Every method raises only ProxyUnreachable, ProxyRejected or ProxyProtocolError.
    """

    def __init__(
        self,
        settings: ProxySettings,
        transport: httpx.BaseTransport | None = None,
        *,
        total_seconds: float = CALL_SECONDS,
        tries: int = MAX_TRIES,
        note_call_id: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`total_seconds` limits each attempt, from sending to the last byte of the response.

        `tries` is the maximum number of attempts (see `Sender`). `note_call_id` gets LiteLLM's call id
        of each response.
        """
        self._caller = settings.cache_key
        self._rejections = Rejections(settings)
        self._note_call_id = note_call_id
        self._sender = Sender(settings, self._rejections, transport, total_seconds, tries)

    def chat(self, asked: Requestable) -> ProxyAnswer[ChatArrivals]:
        """Send a chat or completion request; return the chunks of the response.

        A blocking response is one chunk. The request is sent before this returns, so a rejection is
        raised here and not later.
        """
        response = self._post(asked)
        report = self._report(response)
        chunks = read_chunks(response, lambda data: self._read_data(ChatChunk.read, data))
        if has_stream_content_type(response):
            return ProxyAnswer(chunks, report)
        # A blocking response is complete on arrival, so a rejection in it can be raised here.
        first = next(chunks, ())
        return ProxyAnswer(_continued(first, chunks), report)

    def start_run(self, asked: Requestable) -> ProxyAnswer[Run]:
        """Start a background run; return its first state."""
        return self._run(self._post(asked))

    def run(self, run_id: str, options: RequestOptions) -> ProxyAnswer[Run]:
        """Return the current state of a run, even if it failed.

        `options` are sent as headers.
        """
        asked = options.request(f"/v1/responses/{quote(run_id, safe='')}", {})
        return self._run(self._sender.send("GET", asked.path, headers=asked.identity_headers()))

    def cancel_run(self, run_id: str, options: RequestOptions) -> None:
        """Cancel a run."""
        asked = options.request(f"/v1/responses/{quote(run_id, safe='')}/cancel", {})
        self._sender.send("POST", asked.path, b"{}", asked.identity_headers()).response.close()

    def rejected(self, error: ErrorDetail | str) -> ProxyRejected:
        """Return the error of a failed run, with secrets redacted."""
        return self._rejections.of_detail(error)

    def _run(self, response: ProxyResponse) -> ProxyAnswer[Run]:
        run = self._read(Run.read, response)
        return ProxyAnswer(
            run if run.id else self._rejections.accepted(run), self._report(response)
        )

    def make_image(self, asked: Requestable) -> ProxyAnswer[ImageAnswer]:
        """Return the generated or edited image."""
        response = self._post(asked)
        answer = self._accepted(ImageAnswer.read, response)
        return ProxyAnswer(answer, self._report(response))

    def embed(self, asked: Requestable) -> ProxyAnswer[EmbeddingsAnswer]:
        """Return the vectors of one batch of texts, in the order of the response."""
        response = self._post(asked)
        answer = self._accepted(EmbeddingsAnswer.read, response)
        return ProxyAnswer(answer, self._report(response))

    def rerank(self, asked: Requestable) -> RerankAnswer:
        """Return the documents of a request with their scores."""
        return self._accepted(RerankAnswer.read, self._post(asked))

    def moderate(self, asked: Requestable) -> ModerationAnswer:
        """Return the moderation result of a text."""
        return self._accepted(ModerationAnswer.read, self._post(asked))

    def transcribe(self, asked: Requestable) -> Transcription:
        """Transcribe an audio file; the file is streamed from its start."""
        response = self._post(asked)
        if response.content_type.startswith(_TRANSCRIPTS):
            body = response.body(MAX_BODY_BYTES)
            if body.lstrip().startswith(b"{"):
                # LiteLLM sets the requested content type even if the server sends JSON.
                with suppress(ProxyProtocolError):
                    return self._read_data(Transcription.read, body)
            return Transcription(text=body.decode(errors="replace"))
        return self._accepted(Transcription.read, response)

    def speak(self, asked: Requestable) -> Generator[bytes]:
        """Synthesise a text; yield the audio as it arrives.

        The start of the response is read before this returns, so a rejection is raised here and not
        later, even if LiteLLM labels it as audio.
        """
        response = self._post(asked)
        label = response.content_type
        pieces = response.pieces()
        start = next(filter(None, pieces), b"")
        if label.startswith(_LABELS_OF_TEXT) or start.lstrip().startswith(_TEXT_STARTS):
            with closing(pieces):
                body = joined(itertools.chain([start], pieces), MAX_ERROR_BYTES, truncate=True)
            detail, origin = read_error_body(body)
            raise self._rejections.of_detail(
                detail if detail.message else "no audio came back",
                headers=response.headers,
                origin=origin,
            )
        return _continued(start, pieces)

    def models(self, *, with_patterns: bool = False) -> ModelList:
        """Return the names that the key can call, and with `with_patterns` the wildcards too."""
        query = "?return_wildcard_routes=true" if with_patterns else ""
        return self._read(
            ModelList.read, self._sender.send("GET", f"/v1/models{query}", headers=_GZIP)
        )

    def read_models[T](self, read: Callable[[bytes], T]) -> T:
        """Apply `read` to the body of the list of names.

        The other read_ methods do likewise.
        """
        return self._read(read, self._sender.send("GET", "/v1/models", headers=_GZIP))

    def model_group(self, name: str) -> ModelGroups:
        """Return the proxy's data about one public model name: one group or none."""
        return self.read_model_group(name, ModelGroups.read)

    def read_model_group[T](self, name: str, read: Callable[[bytes], T]) -> T:
        """Apply `read` to the body of the response about one group."""
        asked = quote(name, safe="", errors="replace")
        path = f"/model_group/info?model_group={asked}"
        return self._read(read, self._sender.send("GET", path))

    def model_groups(self) -> ModelGroups:
        """Return the proxy's data about every public name of the key.

        Slow for many models.
        """
        return self._read(
            ModelGroups.read, self._sender.send("GET", "/model_group/info", headers=_GZIP)
        )

    def deployments(self) -> Deployments:
        """Return every deployment that the key can reach.

        Several MB for a thousand models.
        """
        return self.read_deployments(Deployments.read)

    def read_deployments[T](self, read: Callable[[bytes], T]) -> T:
        """Apply `read` to the body of the list of deployments.

        The path that works is stored for each caller (`litellm_proxy.litellm_versions`).
        """
        caller = self._caller
        path = info_path(caller)
        try:
            return self._read(read, self._sender.send("GET", path, headers=_GZIP))
        except ProxyRejected as error:
            if error.status not in _NOT_HERE:
                raise
            refusal = error
        other = next(each for each in INFO_PATHS if each != path)
        try:
            answer = self._read(read, self._sender.send("GET", other, headers=_GZIP))
        except ProxyError:
            raise refusal from None
        note_info_path(caller, other)
        return answer

    def resolves(self, model: str, options: RequestOptions) -> bool | None:
        """Return whether the proxy resolves an unlisted name, such as a hidden alias.

        Calls the token counter, which costs nothing. False may also mean a public name that equals
        its backend's name; None means that this LiteLLM resolves no names there, as up to 1.72.
        """
        asked = options.request("/utils/token_counter", {"model": model, "prompt": ""})
        count = self._read(TokenCount.read, self._post(asked))
        if count.model_used not in {None, model}:
            return True
        return False if "original_response" in count.model_fields_set else None

    def is_alive(self) -> bool:
        """Return whether LiteLLM's health route, which needs no key, returns its usual text."""
        try:
            response = self._sender.send("GET", "/health/liveliness")
            return response.body(MAX_ERROR_BYTES).strip(b' \n"') == _ALIVE
        except ProxyError:
            return False

    def probe(self, asked: Requestable) -> None:
        """Send a request with the model but without the input that the endpoint requires.

        Costs nothing. LiteLLM checks key, budget, route and model rights first, then rejects with a
        400 whose `param` names the missing input; only this rejection is suppressed.
        """
        try:
            self._post(asked).response.close()
        except ProxyRejected as error:
            if error.param in _REQUIRED_INPUTS or _LACKS_INPUT.search(error.text):
                return
            raise
        message = "it accepted a request without its input"
        raise ProxyProtocolError(message)

    def _post(self, asked: Requestable) -> ProxyResponse:
        response = self._sender.post(asked)
        if call_id := call_id_of(response.headers):
            self._note_call_id(self._rejections.redacted(call_id))
        return response

    def _read[T](self, read: Callable[[bytes], T], response: ProxyResponse) -> T:
        return self._rejections.parsed(read, response.body(MAX_BODY_BYTES))

    def _accepted[A: ResponseWithError](
        self, read: Callable[[bytes], A], response: ProxyResponse
    ) -> A:
        return self._rejections.accepted(self._read(read, response))

    def _read_data[A: ResponseWithError](self, read: Callable[[bytes], A], data: bytes) -> A:
        return self._rejections.accepted(self._rejections.parsed(read, data))

    def _report(self, response: ProxyResponse) -> CallReport:
        report = read_report(response.headers)
        return replace(
            report,
            fallback=report.fallback and self._rejections.redacted(report.fallback),
            call_id=report.call_id and self._rejections.redacted(report.call_id),
        )


def _continued[T](first: T, others: Generator[T]) -> Generator[T]:
    with closing(others):
        yield first
        yield from others
