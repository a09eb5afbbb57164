"""Parse error responses of LiteLLM or a server in front of it."""

import re

from pydantic import ValidationError

from litellm_proxy.errors import Origin
from litellm_proxy.limits import MAX_MARKUP_CHARACTERS, MAX_PAGE_BYTES
from litellm_proxy.wire.error_text import is_passed_on
from litellm_proxy.wire.reading import Json, Lenient, WireModel

_LITELLM_REJECTIONS = {
    re.compile(r"Authentication Error, Rejected Request\b"): "RejectedRequest",
    re.compile(r"Authentication Error, 'user' param not passed in\b"): "UserRequired",
    re.compile(r"Not allowed to access model due to tags configuration\b"): "TagsRejected",
    re.compile(r"(/[\w/.-]{1,60}: )?Invalid model name passed in\b"): "ModelUnknown",
    re.compile(r"No deployments available - crossed budget\b"): "BudgetCrossed",
    re.compile(
        r"(Authentication Error, )?(API )?Key not allowed to access model\b", re.IGNORECASE
    ): "ModelRejected",
    re.compile(
        r"(Authentication Error, )?Team=\S* not allowed to (call|access) model\b", re.IGNORECASE
    ): "ModelRejected",
    re.compile(
        r"(Authentication Error, )?.{0,100}not allowed to call this route\b", re.IGNORECASE
    ): "RouteRejected",
    re.compile(r"(Authentication Error, )?Only proxy admin can be used to\b"): "RouteRejected",
}
"""LiteLLM's own rejections that only their message identifies: status and type are those of a wrong
key or of an internal error (litellm 1.106, proxy/auth/auth_utils.py, auth_checks.py,
router_strategy/)."""
_CLASSES_AT_THE_HEAD = re.compile(r"litellm\.(?:(?:litellm\.)?[A-Z]\w*:\s*)+")
_CLASS = re.compile(r"[A-Z]\w*")
_MARKUP = re.compile(r"<(script|style)\b[^>]*>.*?</\1>|<[^<>]*>", re.DOTALL | re.IGNORECASE)
_PAGE = re.compile(
    rb"\A\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_TITLE = re.compile(rb"<title[^<>]{0,100}>([^<]{1,300})", re.IGNORECASE)
_OF_PROVIDERS = frozenset({"authentication_error", "permission_error"})
"""LiteLLM's types for a provider's 401 and 403; its own rejections of keys have other types."""


class ErrorFields(WireModel):
    """LiteLLM's own fields of an error, such as the guardrail that blocked the call."""

    guardrail_name: Lenient[str] = None


class ErrorDetail(WireModel):
    """The `error` object.

    Every field may be null, and `code` is the status as a string.
    """

    message: Lenient[str] = None
    type: Lenient[str] = None
    param: Lenient[str] = None
    code: Lenient[str | int] = None
    provider_specific_fields: Lenient[ErrorFields] = None

    @property
    def status(self) -> int | None:
        """Return `code` as an HTTP status, if it is one."""
        text = str(self.code or "")
        return int(text) if re.fullmatch(r"[1-5]\d\d", text) else None

    @property
    def is_provider_error(self) -> bool:
        """Return whether LiteLLM passes on a provider's error, by class, type or suffix."""
        message = self.message or ""
        return (
            bool(classes_at_the_head(message) and not litellm_rejection(message))
            or self.type in _OF_PROVIDERS
            or is_passed_on(message)
        )


class ResponseWithError(WireModel):
    """A response that may contain an error even with a status of success."""

    error: ErrorDetail | str | None = None


class _ErrorBody(WireModel):
    error: ErrorDetail | str | None = None
    detail: Json = None
    message: Lenient[str] = None
    msg: Lenient[str] = None


def read_error_body(body: bytes) -> tuple[ErrorDetail, Origin]:
    """Return the error of a response body, and its origin.

    LiteLLM's formats: `{"error": {"message", "type", "param", "code"}}`, `{"detail": "…"}`,
    `{"detail": {"error": "…"}}`, `{"detail": [{"loc": […], "msg": "…"}]}`. Other APIs omit `type`,
    or send `{"error": "…"}` or `{"message": "…"}`.
    """
    body = _first_event(body)
    try:
        parsed = _ErrorBody.model_validate_json(body)
    except ValidationError:
        origin = Origin.PAGE if _PAGE.match(body[:MAX_PAGE_BYTES]) else Origin.TEXT
        return ErrorDetail(message=_visible_text(body)), origin
    match parsed:
        case _ErrorBody(error=ErrorDetail() as error):
            is_litellms = "type" in error.model_fields_set
            return error, Origin.LITELLM if is_litellms else Origin.OTHER_API
        case (
            _ErrorBody(message=str(text)) | _ErrorBody(error=str(text)) | _ErrorBody(msg=str(text))
        ):
            return ErrorDetail(message=text), Origin.OTHER_API
        case _ErrorBody(detail=[{"msg": str(text), "loc": [*_, str(field)]}, *_]):
            return ErrorDetail(message=f"{text}: {field}", param=field), Origin.LITELLM
        case _ if parsed.detail is not None:
            return ErrorDetail(message=_detail_text(parsed.detail)), Origin.LITELLM
        case _:
            return ErrorDetail(message=""), Origin.TEXT


def _first_event(body: bytes) -> bytes:
    """Return the first event's data, or the body of other responses.

    LiteLLM 1.72 to 1.77 sends errors before a stream as an event too, with the status of the error.
    """
    start = body.lstrip()
    return start.removeprefix(b"data:").partition(b"\n")[0] if start.startswith(b"data:") else body


def litellm_rejection(message: str) -> str | None:
    """Return our class name for a rejection by LiteLLM that has no type."""
    head = _CLASSES_AT_THE_HEAD.match(message.lstrip())
    words = message.lstrip()[head.end() :] if head else message.lstrip()
    return next(
        (name for pattern, name in _LITELLM_REJECTIONS.items() if pattern.match(words)), None
    )


def classes_at_the_head(message: str) -> tuple[str, ...]:
    """Return the exception classes at the start of a message, outermost first.

    LiteLLM writes them before a provider's message. Its own rejections without a type get a class
    name of ours.
    """
    if name := litellm_rejection(message):
        return (name,)
    head = _CLASSES_AT_THE_HEAD.match(message.lstrip())
    return tuple(_CLASS.findall(head.group())) if head else ()


def _detail_text(detail: Json) -> str:
    match detail:
        case str():
            return detail
        case {"error": str(text)} | {"message": str(text)} | {"error": {"message": str(text)}}:
            return text
        case _:
            return ""


def _visible_text(body: bytes) -> str:
    """Return the title of an HTML page, else the text without markup."""
    if title := _TITLE.search(body[:MAX_PAGE_BYTES]):
        return title[1].decode(errors="replace").strip()
    return _MARKUP.sub(" ", body[:MAX_MARKUP_CHARACTERS].decode(errors="replace")).strip()
