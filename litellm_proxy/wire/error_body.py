"""The bodies with which a proxy, or something in front of it, says no."""

import re

from pydantic import ValidationError

from litellm_proxy.wire.reading import Json, Lenient, WireModel

MAX_SENTENCE = 500
_ADVICE_TO_ADMINISTRATORS = "\n\nLiteLLM: model group"
_OWN_REFUSALS = {
    re.compile(r"Authentication Error, Rejected Request\b"): "RejectedRequest",
    re.compile(r"Authentication Error, 'user' param not passed in\b"): "UserRequired",
}
"""Two refusals that LiteLLM 1.106 tells from a wrong key by their words alone (litellm
proxy/auth/auth_utils.py `_check_banned_params`, auth_checks.py `_enforce_user_param_check`)."""
_CLASSES_AT_THE_HEAD = re.compile(r"litellm\.(?:(?:litellm\.)?[A-Z]\w*:\s*)+")
_CLASS = re.compile(r"[A-Z]\w*")
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


class ErrorFields(WireModel):
    """What LiteLLM adds to an error; a guardrail that blocked a call is named."""

    guardrail_name: Lenient[str] = None


class ErrorDetail(WireModel):
    """The `error` object; every field may be null, and `code` is the status as text."""

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


class Answer(WireModel):
    """An answer that may hold a refusal in spite of its status."""

    error: ErrorDetail | str | None = None


class _ErrorBody(WireModel):
    error: ErrorDetail | str | None = None
    detail: Json = None
    message: Lenient[str] = None


def read_error_body(body: bytes) -> tuple[ErrorDetail, bool]:
    """Return what an error body says, and whether it has the shape of an API's error.

    Shapes: `{"error": {…}}`, `{"error": "…"}`, `{"detail": "…"}`, `{"detail": {"error": "…"}}`,
    `{"detail": [{"loc": […], "msg": "…"}]}`, `{"message": "…"}`; plain text and HTML are no API's.
    """
    try:
        parsed = _ErrorBody.model_validate_json(body)
    except ValidationError:
        return ErrorDetail(message=_visible_text(body)), False
    match parsed:
        case _ErrorBody(error=ErrorDetail() as error):
            return error, True
        case _ErrorBody(error=str(text)) | _ErrorBody(message=str(text)):
            return ErrorDetail(message=text), True
        case _ErrorBody(detail=[{"msg": str(text), "loc": [*_, str(field)]}, *_]):
            return ErrorDetail(message=f"{text}: {field}", param=field), True
        case _:
            return ErrorDetail(message=_detail_text(parsed.detail)), parsed.detail is not None


def classes_at_the_head(message: str) -> tuple[str, ...]:
    """Return the exception classes that LiteLLM puts before a provider's words, outermost first.

    Refusals of its own that have no type go by a class name of ours.
    """
    for pattern, name in _OWN_REFUSALS.items():
        if pattern.match(message.lstrip()):
            return (name,)
    head = _CLASSES_AT_THE_HEAD.match(message.lstrip())
    return tuple(_CLASS.findall(head.group())) if head else ()


def first_sentence(message: str) -> str:
    """Return the first useful line of a proxy's message, at most MAX_SENTENCE characters."""
    message = message.partition(_ADVICE_TO_ADMINISTRATORS)[0]
    lines = (" ".join(line.split()) for line in message.splitlines())
    line = next(filter(None, lines), "")
    return line if len(line) <= MAX_SENTENCE else line[: MAX_SENTENCE - 1] + "…"


def _detail_text(detail: Json) -> str:
    match detail:
        case str():
            return detail
        case {"error": str(text)} | {"message": str(text)}:
            return text
        case _:
            return ""


def _visible_text(body: bytes) -> str:
    return _MARKUP.sub(" ", body[:20_000].decode(errors="replace")).strip()
