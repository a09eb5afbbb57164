"""Build errors from error responses, with secrets redacted."""

import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import httpx
from pydantic import ValidationError

from litellm_proxy.errors import Origin, ProxyProtocolError, ProxyRejected
from litellm_proxy.event_loop import give_way
from litellm_proxy.limits import MAX_ERROR_BYTES, MAX_ERROR_CHARACTERS
from litellm_proxy.response_headers import call_id_of
from litellm_proxy.secret_redaction import without_secrets
from litellm_proxy.settings import ProxySettings
from litellm_proxy.wire.error_body import (
    ErrorDetail,
    ResponseWithError,
    classes_at_the_head,
    read_error_body,
)
from litellm_proxy.wire.error_text import first_sentence

_HTTP_ERROR = 400
_SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?")
_MAX_EXCERPT = 200
_MAX_NAME = 100
_MAX_WAIT = 24 * 3600


class Rejections:
    """Parses the responses of one proxy to one key, and builds errors from them."""

    def __init__(self, settings: ProxySettings) -> None:
        self._settings = settings

    def of_response(self, response: httpx.Response, body: bytes) -> ProxyRejected:
        """Return the error of a response with a redirect or error status."""
        if response.status_code < _HTTP_ERROR:
            target = response.headers.get("location", "another address")
            detail, origin = ErrorDetail(message=f"redirected to {target}"), Origin.TEXT
        else:
            detail, origin = read_error_body(body)
        return self.of_detail(
            detail,
            status=response.status_code,
            headers=response.headers,
            origin=origin,
            sent_bytes=_size_of(response.request),
        )

    def of_detail(
        self,
        error: ErrorDetail | str,
        *,
        status: int | None = None,
        headers: httpx.Headers | None = None,
        origin: Origin = Origin.LITELLM,
        sent_bytes: int = 0,
    ) -> ProxyRejected:
        """Return the error described by a body or a stream event."""
        detail = ErrorDetail(message=error) if isinstance(error, str) else error
        headers = headers or httpx.Headers()
        call_id = call_id_of(headers)
        fields = detail.provider_specific_fields
        guardrail = fields.guardrail_name if fields else None
        message = detail.message or ""
        # Redact before cutting, or a part of a secret would remain.
        text = self.redacted(message)
        sentence = first_sentence(text)
        give_way()
        return ProxyRejected(
            status=status or detail.status,
            message=sentence,
            text=text[:MAX_ERROR_CHARACTERS],
            error_type=self._known(detail.type),
            param=self._known(detail.param),
            call_id=call_id and self.redacted(call_id),
            guardrail=guardrail and self.redacted(guardrail)[:_MAX_NAME],
            retry_after=_retry_after(headers.get("retry-after", "")),
            classes=classes_at_the_head(message),
            origin=origin,
            is_provider_error=detail.is_provider_error,
            sent_bytes=sent_bytes,
            base_url=self._settings.base_url,
        )

    def redacted(self, text: str) -> str:
        """Replace secrets in a text by ***."""
        return without_secrets(text, self._settings)

    def _known(self, value: str | None) -> str | None:
        """Return a redacted value, None for the text "None" that LiteLLM sends for some nulls."""
        return None if value in {None, "None"} else self.redacted(value)

    def parsed[T](self, read: Callable[[bytes], T], data: bytes) -> T:
        """Apply `read` to a body; raise ProxyProtocolError if that fails."""
        try:
            return read(data)
        except ValueError as error:
            text = data[:MAX_ERROR_BYTES].decode(errors="replace")
            excerpt = self.redacted(text)[:_MAX_EXCERPT]
            message = f"{_problem_of(error)}, in {excerpt!r}"
            raise ProxyProtocolError(message) from None

    def accepted[A: ResponseWithError](self, answer: A) -> A:
        """Return a response of status 200; raise ProxyRejected if it holds an error."""
        if answer.error:
            raise self.of_detail(answer.error)
        return answer


def _problem_of(error: ValueError) -> str:
    """Return why a body could not be parsed, without quoting the body."""
    if not isinstance(error, ValidationError):
        return "it is not JSON as expected"
    problem = error.errors(include_url=False, include_input=False)[0]
    if problem["type"] == "json_invalid":
        return "it is not JSON"
    where = ".".join(str(step) for step in problem["loc"])
    missing = problem["type"] == "missing"
    return f"{where or 'the whole'} {'is missing' if missing else 'is not of the expected kind'}"


def _retry_after(text: str) -> float | None:
    """Parse a `Retry-After` header to seconds, else None (RFC 9110, 10.2.3)."""
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        seconds = parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return round(seconds, 1) if 0 < seconds < _MAX_WAIT else None


def _size_of(request: httpx.Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdigit() else 0
