"""The arguments of a tool call as a model wrote them → the text of one JSON object.

Nothing is invented: arguments that were cut, or that can be read in two ways, stay an error.
"""

import json
import re

from litellm_proxy.wire.reading import Json, require_bounded

PLACEHOLDERS = frozenset({"{}", "null"})
"""What some upstreams send before the arguments, or in place of none."""

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
"""Also one that is never closed, so that no character is looked at twice."""
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SURE_ESCAPES = frozenset('"\\/')
_UNSURE_ESCAPES = frozenset("bfnrtu_")
"""Beside a stray backslash, as in C:\\Users\\new, these may be letters behind a stray one. Some models escape
`_` as in Markdown, others mean the backslash."""
_CODE_OPENS = re.compile(r"```\w{0,20}\s")
_BEHIND = re.compile(r"(?:\s|[}\])]|<[^<>{}\"]{1,60}>|\[/?[A-Z_]{2,40}\]|```)*+")
"""Closing marks, and markers such as <|call|>, </tool_call> and [/TOOL_CALLS]."""
_DECODER = json.JSONDecoder(strict=False)
"""Takes raw line feeds and tabs inside of strings."""


def object_text(arguments: str) -> str | None:
    """Return the text of the one JSON object that is meant, None if none is for certain.

    Text that is a JSON object stays as it is. Mended are an object written as text once more, a placeholder
    in front, raw control characters and stray backslashes in strings, and marks behind the object.
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
    """Return a JSON string whose stray backslashes are escaped, None if it can be read in two ways."""
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
    # \' is how other languages write an apostrophe.
    return escape if escape == "'" else f"\\\\{escape}"


def parsed(text: str) -> Json:
    """Return the value of a JSON text, None if it is not one; raise ProxyProtocolError if it is too large."""
    require_bounded(text)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
