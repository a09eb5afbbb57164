"""The proxy over HTTP: one method per endpoint."""

import itertools
import re
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from dataclasses import replace
from urllib.parse import quote

import httpx

from litellm_proxy.chat_response import ChatArrivals, is_called_a_stream, read_chunks
from litellm_proxy.errors import ProxyError, ProxyProtocolError, ProxyRejected
from litellm_proxy.limits import MAX_BODY_BYTES, MAX_ERROR_BYTES
from litellm_proxy.litellm_versions import INFO_PATHS, info_path, note_info_path
from litellm_proxy.rejection import Rejections
from litellm_proxy.response_headers import CallReport, ProxyAnswer, report_of
from litellm_proxy.sender import MAX_TRIES, ProxyResponse, Sender, joined
from litellm_proxy.settings import CALL_SECONDS, ProxySettings
from litellm_proxy.wire.audio import Transcription
from litellm_proxy.wire.chat import ChatChunk
from litellm_proxy.wire.embeddings import EmbeddingsAnswer
from litellm_proxy.wire.error_body import ErrorDetail, FallibleAnswer, read_error_body
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
_GZIP = {"Accept-Encoding": "gzip"}


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
        self._caller = settings.cache_key
        self._rejections = Rejections(settings)
        self._sender = Sender(settings, self._rejections, transport, total_seconds, tries)

    def chat(self, asked: Requestable) -> ProxyAnswer[ChatArrivals]:
        """Ask the chat or completion endpoint; return the chunks of a stream, or one for a blocking answer.

        The request is sent before this returns, so a rejection is raised here and not later.
        """
        response = self._sender.post(asked)
        report = self._report(response)
        chunks = read_chunks(response, lambda data: self._read_data(ChatChunk.read, data))
        if is_called_a_stream(response):
            return ProxyAnswer(chunks, report)
        # Nothing to wait for but an answer that is whole: a rejection in it is raised here.
        first = next(chunks, ())
        return ProxyAnswer(_continued(first, chunks), report)

    def start_run(self, asked: Requestable) -> ProxyAnswer[Run]:
        """Start a run in the background; return it as it is then."""
        return self._run(self._sender.post(asked))

    def run(self, run_id: str, options: RequestOptions) -> ProxyAnswer[Run]:
        """Return a run as it is now; one that failed is no error here. `options` go into headers."""
        asked = options.request(f"/v1/responses/{quote(run_id, safe='')}", {})
        return self._run(self._sender.send("GET", asked.path, headers=asked.identity_headers()))

    def cancel_run(self, run_id: str, options: RequestOptions) -> None:
        """Ask that a run ends."""
        asked = options.request(f"/v1/responses/{quote(run_id, safe='')}/cancel", {})
        self._sender.send("POST", asked.path, b"{}", asked.identity_headers()).response.close()

    def rejected(self, error: ErrorDetail | str) -> ProxyRejected:
        """Return the error that a run ended with, without secrets."""
        return self._rejections.of_detail(error)

    def _run(self, response: ProxyResponse) -> ProxyAnswer[Run]:
        run = self._read(Run.read, response)
        return ProxyAnswer(
            run if run.id else self._rejections.accepted(run), self._report(response)
        )

    def make_image(self, asked: Requestable) -> ProxyAnswer[ImageAnswer]:
        """Return the image that was made, or made of others."""
        response = self._sender.post(asked)
        answer = self._accepted(ImageAnswer.read, response)
        return ProxyAnswer(answer, self._report(response))

    def embed(self, asked: Requestable) -> ProxyAnswer[EmbeddingsAnswer]:
        """Return the vectors of one batch of texts, in the order in which the proxy sent them."""
        response = self._sender.post(asked)
        answer = self._accepted(EmbeddingsAnswer.read, response)
        return ProxyAnswer(answer, self._report(response))

    def rerank(self, asked: Requestable) -> RerankAnswer:
        """Return how the documents of a request rank."""
        return self._accepted(RerankAnswer.read, self._sender.post(asked))

    def moderate(self, asked: Requestable) -> ModerationAnswer:
        """Return what was found in a text."""
        return self._accepted(ModerationAnswer.read, self._sender.post(asked))

    def transcribe(self, asked: Requestable) -> Transcription:
        """Return the text of an audio file; the file is sent as a stream from its beginning."""
        response = self._sender.post(asked)
        if response.content_type.startswith(_TRANSCRIPTS):
            body = response.body(MAX_BODY_BYTES)
            if body.lstrip().startswith(b"{"):
                # LiteLLM labels what it was asked for, whatever the server made of it.
                with suppress(ProxyProtocolError):
                    return self._read_data(Transcription.read, body)
            return Transcription(text=body.decode(errors="replace"))
        return self._accepted(Transcription.read, response)

    def speak(self, asked: Requestable) -> Generator[bytes]:
        """Ask for a spoken text; return the audio as it arrives.

        The beginning of the answer is read before this returns, so a rejection is raised here and not later,
        also one that LiteLLM labels as audio.
        """
        response = self._sender.post(asked)
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
        """Return the names that the key can call, and on request the wildcard patterns too."""
        query = "?return_wildcard_routes=true" if with_patterns else ""
        return self._read(
            ModelList.read, self._sender.send("GET", f"/v1/models{query}", headers=_GZIP)
        )

    def read_models[T](self, read: Callable[[bytes], T]) -> T:
        """Return what `read` makes of the body of the list of names; likewise below."""
        return self._read(read, self._sender.send("GET", "/v1/models", headers=_GZIP))

    def model_group(self, name: str) -> ModelGroups:
        """Return what the proxy knows of one public model name: one group or none."""
        return self.read_model_group(name, ModelGroups.read)

    def read_model_group[T](self, name: str, read: Callable[[bytes], T]) -> T:
        """Ask for one group, and read the body."""
        asked = quote(name, safe="", errors="replace")
        path = f"/model_group/info?model_group={asked}"
        return self._read(read, self._sender.send("GET", path))

    def model_groups(self) -> ModelGroups:
        """Return what the proxy knows of every public name of the key; slow for many models."""
        return self._read(
            ModelGroups.read, self._sender.send("GET", "/model_group/info", headers=_GZIP)
        )

    def deployments(self) -> Deployments:
        """Return every deployment that the key can reach; several MB for a thousand models."""
        return self.read_deployments(Deployments.read)

    def read_deployments[T](self, read: Callable[[bytes], T]) -> T:
        """Ask for the deployments, and read the body.

        Which of the two routes answers is remembered for each caller (`litellm_proxy.litellm_versions`).
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
        """Return whether the proxy knows a name that no list shows, such as a hidden alias.

        Asks the token counter, which costs nothing. False may also mean a public name that equals
        its backend's; None: this LiteLLM does not resolve names there, as up to 1.72.
        """
        asked = options.request("/utils/token_counter", {"model": model, "prompt": ""})
        count = self._read(TokenCount.read, self._sender.post(asked))
        if count.model_used not in {None, model}:
            return True
        return False if "original_response" in count.model_fields_set else None

    def is_alive(self) -> bool:
        """Return whether LiteLLM's health route, which needs no key, answers in its words."""
        try:
            response = self._sender.send("GET", "/health/liveliness")
            return response.body(MAX_ERROR_BYTES).strip(b' \n"') == _ALIVE
        except ProxyError:
            return False

    def probe(self, asked: Requestable) -> None:
        """Name the model at an endpoint without the input that the endpoint requires.

        Spends nothing. LiteLLM checks key, budget, route and model rights first, then rejects with
        a 400 whose `param` names the missing input; that one rejection is swallowed.
        """
        try:
            self._sender.post(asked).response.close()
        except ProxyRejected as error:
            if error.param in _REQUIRED_INPUTS or _LACKS_INPUT.search(error.text):
                return
            raise
        message = "it accepted a request without its input"
        raise ProxyProtocolError(message)

    def _read[T](self, read: Callable[[bytes], T], response: ProxyResponse) -> T:
        return self._rejections.parsed(read, response.body(MAX_BODY_BYTES))

    def _accepted[A: FallibleAnswer](
        self, read: Callable[[bytes], A], response: ProxyResponse
    ) -> A:
        return self._rejections.accepted(self._read(read, response))

    def _read_data[A: FallibleAnswer](self, read: Callable[[bytes], A], data: bytes) -> A:
        return self._rejections.accepted(self._rejections.parsed(read, data))

    def _report(self, response: ProxyResponse) -> CallReport:
        report = report_of(response.headers)
        return replace(
            report,
            fallback=report.fallback and self._rejections.redacted(report.fallback),
            call_id=report.call_id and self._rejections.redacted(report.call_id),
        )


def _continued[T](first: T, others: Generator[T]) -> Generator[T]:
    with closing(others):
        yield first
        yield from others
