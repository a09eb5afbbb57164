"""Sends requests to one proxy for one caller, and reads the bodies of its responses."""

import random
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import httpx

from litellm_proxy.deadline import Deadline, deadline_of
from litellm_proxy.errors import Failure, ProxyProtocolError, ProxyUnreachable, RequestFailed
from litellm_proxy.event_loop import give_way
from litellm_proxy.forward_proxy import forward_proxy, without_password
from litellm_proxy.gunzip import decompressed
from litellm_proxy.http.pool import pool_for
from litellm_proxy.limits import CONNECT_SECONDS, MAX_ERROR_BYTES, MIN_PIECE_BYTES, PAUSE_BYTES
from litellm_proxy.litellm_versions import note_version
from litellm_proxy.plugin_version import USER_AGENT
from litellm_proxy.rejection import Rejections
from litellm_proxy.settings import ProxySettings
from litellm_proxy.wire.request import Requestable

MAX_TRIES = 3
PAUSE_SECONDS = (0.05, 0.25)
_REFUSALS_OF_A_PROXY = frozenset({403, 407, 502, 503, 504})
_HTTP_REDIRECT = 300
_NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class ProxyResponse:
    """A response of the proxy: its headers, and its body as it arrives."""

    response: httpx.Response
    deadline: Deadline
    _sender: "Sender"

    @property
    def headers(self) -> httpx.Headers:
        """Return the response headers."""
        return self.response.headers

    @property
    def content_type(self) -> str:
        """Return the label of the body, "" without one."""
        label: str = self.headers.get("content-type", "")
        return label

    def pieces(self) -> Generator[bytes]:
        """Yield the body as it arrives, decoded; close the response whatever happens. Raises ProxyUnreachable."""
        return self._sender.pieces_of(self)

    def body(self, limit: int, *, truncate: bool = False) -> bytes:
        """Return the body; beyond `limit` bytes cut it or raise ProxyProtocolError."""
        with closing(self.pieces()) as pieces:
            body = joined(pieces, limit, truncate=truncate)
        if len(body) >= PAUSE_BYTES:
            give_way()
        return body


class Sender:
    """Sends requests; raises ProxyUnreachable, and ProxyRejected for a status that is no success."""

    def __init__(
        self,
        settings: ProxySettings,
        rejections: Rejections,
        transport: httpx.BaseTransport | None,
        total_seconds: float,
        tries: int,
    ) -> None:
        """`total_seconds` bounds each try with its response, `tries` how often one request is sent."""
        self._settings = settings
        self._rejections = rejections
        self._transport = transport
        self._total_seconds = total_seconds
        self._tries = tries
        silence = min(settings.timeout, total_seconds)
        self._timeouts = httpx.Timeout(silence, connect=min(CONNECT_SECONDS, silence)).as_dict()

    def post(self, asked: Requestable) -> ProxyResponse:
        """Send a request with its body, or with files as a form; return the response with its body unread."""
        request = asked.request()
        if not request.files:
            return self.send("POST", request.path, request.to_json(), request.sent_headers())

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

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> ProxyResponse:
        """Send a request; return the response with its body unread."""
        return self._accepted(lambda: self._request(method, path, headers, body))

    def pieces_of(self, received: ProxyResponse) -> Generator[bytes]:
        """Yield the body of a response as it arrives, decoded."""
        response = received.response
        coding = response.headers.get("content-encoding", "")
        unpaused = 0
        try:
            for piece in decompressed(cast("httpx.SyncByteStream", response.stream), coding):
                yield piece
                # A little content may have come in much of something else.
                unpaused += max(len(piece), MIN_PIECE_BYTES)
                if unpaused >= PAUSE_BYTES:
                    unpaused = 0
                    give_way()
                if received.deadline.has_passed:
                    raise self._too_long()
        except RequestFailed as error:
            if received.deadline.has_passed:
                raise self._too_long() from None
            raise self._unreachable(error) from None
        finally:
            response.close()

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
                **Deadline.after(self._total_seconds).extension,
            },
            **form,
        )

    def _accepted(self, make: Callable[[], httpx.Request]) -> ProxyResponse:
        response = self._handle(make)
        if response.response.status_code < _HTTP_REDIRECT:
            return response
        if refused := self._refused_on_the_way(response):
            raise refused
        body = response.body(MAX_ERROR_BYTES, truncate=True)
        raise self._rejections.of_response(response.response, body)

    def _handle(self, make: Callable[[], httpx.Request]) -> ProxyResponse:
        """Send a request; send it again if `RequestFailed.is_unprocessed`, and tries are left."""
        for tries_left in reversed(range(self._tries)):
            try:
                request = make()
                transport = self._transport or pool_for(self._settings.base_url, self._settings.tls)
                response = transport.handle_request(request)
            except RequestFailed as error:
                if not tries_left or not error.is_unprocessed:
                    raise self._unreachable(error) from None
            except (httpx.InvalidURL, UnicodeError):
                invalid = RequestFailed(Failure.NAME, "it cannot be one")
                raise self._unreachable(invalid) from None
            except ValueError:
                # A header that httpx or HTTP does not allow.
                raise self._unreachable(RequestFailed(Failure.BROKEN)) from None
            else:
                response.request = request
                note_version(self._settings.cache_key, response.headers)
                return ProxyResponse(response, deadline_of(request), self)
            time.sleep(random.uniform(*PAUSE_SECONDS))  # noqa: S311 - a pause is no secret
        raise AssertionError

    def _refused_on_the_way(self, received: ProxyResponse) -> ProxyUnreachable | None:
        """Return the error of an HTTP proxy that requests to http:// go through, None of others'.

        An SSRF proxy answers 403, one that wants a password 407; neither writes an API's error.
        """
        base_url = self._settings.base_url
        response = received.response
        by_proxy = (
            base_url.startswith("http://") and not self._transport and forward_proxy(base_url)
        )
        if not by_proxy or response.status_code not in _REFUSALS_OF_A_PROXY:
            return None
        if any(name.startswith("x-litellm") for name in response.headers):
            return None
        if received.content_type.startswith("application/json"):
            return None
        response.close()
        reason = f"{response.status_code} {response.reason_phrase}".strip()
        return self._unreachable(RequestFailed(Failure.FORWARD_PROXY, reason))

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
            self._rejections.redacted(error.detail),
            without_password(via) if via else "",
        )


def joined(pieces: Iterable[bytes], limit: int, *, truncate: bool = False) -> bytes:
    """Return the pieces of a body as one; beyond `limit` bytes cut it or raise ProxyProtocolError."""
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > limit:
            if truncate:
                break
            message = f"the answer is larger than {limit} bytes"
            raise ProxyProtocolError(message)
    return bytes(body[:limit])


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


def _with(
    headers: Mapping[str, str], others: Sequence[tuple[bytes, bytes]], settings: ProxySettings
) -> Sequence[tuple[bytes, bytes]]:
    """Return the headers of a call beside the others; those of the form win."""
    both = httpx.Headers(list(others))
    both.update(headers)
    both.update(settings.extra_headers)
    return both.raw
