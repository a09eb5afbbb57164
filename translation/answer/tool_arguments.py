"""Repair the arguments of a tool call, so that they are one JSON object.

Truncated and ambiguous arguments are not repaired: they stay an error.
"""

import json
import re

from litellm_proxy.wire.reading import Json, require_bounded

PLACEHOLDERS = frozenset({"{}", "null"})
"""Some upstreams send these before the arguments, or for a call without arguments."""

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
"""Also matches an unclosed string, so that each character is scanned once."""
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SURE_ESCAPES = frozenset('"\\/')
_UNSURE_ESCAPES = frozenset("bfnrtu_")
"""Next to a stray backslash, as in C:\\Users\\new, these may be letters after another stray one. Some models
escape `_` as in Markdown, others mean the backslash."""
_CODE_OPENS = re.compile(r"```\w{0,20}\s")
_BEHIND = re.compile(r"(?:\s|[}\])]|<[^<>{}\"]{1,60}>|\[/?[A-Z_]{2,40}\]|```)*+")
"""Closing marks, and markers such as <|call|>, </tool_call> and [/TOOL_CALLS]."""
_DECODER = json.JSONDecoder(strict=False)
"""Accepts raw line feeds and tabs in strings."""


def repaired_arguments(arguments: str) -> str | None:
    """Return the arguments as one JSON object, None if ambiguous or truncated.

    A valid JSON object is returned unchanged. Repaired are an object encoded twice, a placeholder
    before the object, raw control characters and stray backslashes in strings, and marks after the
    object.
    """
    text = arguments.strip()
    if text in {"", "null"}:
        return "{}"
    match parsed(arguments):
        case dict():
            return arguments
        case str(inner):
            return inner if isinstance(parsed(inner), dict) else None
    for placeholder in PLACEHOLDERS:
        rest = text.removeprefix(placeholder)
        if rest != text and isinstance(parsed(rest), dict):
            return rest
    return _mended(text)


def _mended(text: str) -> str | None:
    code = _CODE_OPENS.match(text)
    text = text[code.end() :] if code else text
    strings = [_with_stray_backslashes(match.group()) for match in _STRING.finditer(text)]
    if None in strings:
        return None
    each = iter(strings)
    text = _STRING.sub(lambda _: next(each) or "", text)
    try:
        mended, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    is_whole = isinstance(mended, dict) and _BEHIND.fullmatch(text, end)
    return json.dumps(mended, ensure_ascii=False) if is_whole else None


def _with_stray_backslashes(string: str) -> str | None:
    """Escape stray backslashes in a JSON string; return None if ambiguous."""
    escapes = [match[1] for match in _ESCAPE.finditer(string)]
    stray = [e for e in escapes if e[0] not in _SURE_ESCAPES | _UNSURE_ESCAPES or e == "u"]
    if not stray:
        return string
    if any(e[0] in _UNSURE_ESCAPES and e != "u" for e in escapes):
        return None
    return _ESCAPE.sub(_escaped, string)


def _escaped(match: re.Match[str]) -> str:
    escape = match[1]
    if escape in _SURE_ESCAPES:
        return match[0]
    # Other languages escape an apostrophe as \'.
    return escape if escape == "'" else f"\\\\{escape}"


def parsed(text: str) -> Json:
    """Parse JSON, None if invalid; raise ProxyProtocolError if too large."""
    require_bounded(text)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
