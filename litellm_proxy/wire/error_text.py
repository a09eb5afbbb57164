"""Extract from an error message the one sentence that helps a user.

LiteLLM writes the provider's response behind its own class names, as JSON or as the `repr` of bytes
or of a dictionary, nested in each other, and adds advice for administrators.
"""

import ast
import json
import re
from collections.abc import Iterator
from contextlib import suppress

from litellm_proxy.limits import MAX_ERROR_CHARACTERS
from litellm_proxy.wire.reading import Json

MAX_SENTENCE = 500
_DEEPEST = 8
_MAX_LITERALS = 20
_ADVICE = re.compile(
    r"LiteLLM: model group"
    r"|No fallback model group found"
    r"|LiteLLM Retried:"
    r"|LiteLLM Max Retries:"
    r"|To drop these, set `?litellm",
    re.IGNORECASE,
)
"""The start of LiteLLM's advice for administrators (router.py, of several versions)."""
_BOOKKEEPING = re.compile(
    r"Received Model Group="
    r"|Available Model Group Fallbacks="
    r"|Error doing the fallback:"
    r"|Passed model=\S{0,300} ?pre-call-checks="
    r"|pre-call-checks="
    r"|cooldown_list="
    r"|(?:context_window_|content_policy_)?Fallbacks=[\[{]"
    r"|Deployment Info:"
    r"|LiteLLM model info:"
    r"|Received API Key\b",
    re.IGNORECASE,
)
"""Internal details of LiteLLM, which are removed even if nothing else is left."""
_OF_A_DEPLOYMENT = re.compile(r"LiteLLM: model group|Received Model Group=", re.IGNORECASE)
_BYTES = re.compile(r"""\bb(['"])(?=(?:\s|\\[nrt])*[{\[])(?:\\.|(?!\1)[^\\])*\1""")
"""The `repr` of bytes that hold an object; the brace is required, as a word may end in the letter
b."""
_MESSAGE = re.compile(r"""(["'])(?:message|Message|msg)\1\s*:\s*(["'])((?:\\.|(?!\2)[^\\])*)\2""")
_KEYS = ("message", "Message", "msg", "errorMessage", "detail", "error_description", "error", "raw")
"""Keys of a provider's message, most informative first."""
_TRACEBACK = "Traceback (most recent call last)"
_FRAME = re.compile(r"""\s?\bFile "[^"\n]{1,300}", line \d{1,6}(, in [\w<>.]{1,100})?,?""")
_FILE = re.compile(
    r"(?<![\w/.:])(/[\w.@+-]{1,100}){2,20}\.py\b(:\d{1,6}|, line \d{1,6})?(, in \w{1,100})?"
)
_CLASS_NAMES = re.compile(
    r"(?:(?:litellm\.){0,2}[A-Z]\w{0,60}(?:Error|Exception|Timeout):\s?"
    r"|(?:[A-Z]\w{0,60}Exception )?[A-Z]\w{0,60}(?:Error|Exception) - "
    r"|litellm\.Timeout:\s?|Error code: \d{3} - |Authentication Error, )+"
)
_SAYS_SOMETHING = re.compile(r"[a-z]{2} [a-z]{2}|: \w{2}", re.IGNORECASE)
"""Matches text other than the names of exception classes."""
_UNFINISHED = (":", "-", "{", "[", "(")


def first_sentence(message: str) -> str:
    """Return the cause of an error, in one line of at most MAX_SENTENCE characters.

    This is the innermost message of a provider's response, else the first line with text.
    """
    message = _without_tracebacks(without_advice(message[:MAX_ERROR_CHARACTERS]))
    line = _innermost(message) or _first_line(message)
    return line if len(line) <= MAX_SENTENCE else line[: MAX_SENTENCE - 1] + "…"


def without_class_names(message: str) -> str:
    """Remove leading exception classes such as `litellm.BadRequestError: XException - `."""
    head = _CLASS_NAMES.match(message)
    return (message[head.end() :] if head else message) or message


def without_advice(message: str) -> str:
    """Remove LiteLLM's advice and details for administrators."""
    if bookkeeping := _BOOKKEEPING.search(message):
        message = message[: bookkeeping.start()]
    advice = _ADVICE.search(message)
    if advice and advice.start():
        message = message[: advice.start()]
    return message.rstrip(" \r\n,")


def _without_tracebacks(message: str) -> str:
    """Remove Python tracebacks and file paths.

    If the message is only a traceback, its last line is kept: it names the error.
    """
    before, mark, traceback = message.partition(_TRACEBACK)
    if mark:
        said = before.rstrip(" \r\n:-")
        last = traceback.strip().rsplit("\n", 1)[-1].strip()
        message = said if _SAYS_SOMETHING.search(said) else f"{said}: {last}".lstrip(": ")
    return _FILE.sub("", _FRAME.sub("", message))


def is_passed_on(message: str) -> bool:
    """Return whether LiteLLM marks an error as one of a deployment, not its own."""
    return _OF_A_DEPLOYMENT.search(message) is not None


def _first_line(message: str) -> str:
    words = ""
    for line in message.splitlines():
        words = f"{words} {' '.join(line.split())}".strip()
        if words and not words.endswith(_UNFINISHED):
            break
    return words


def _innermost(message: str) -> str:
    """Return the innermost message of an object in the text, else ""."""
    text = _BYTES.sub(lambda match: _decoded(match.group()), message, count=_MAX_LITERALS)
    start = text.find("{")
    if start < 0:
        return ""
    parsed = _parsed(text[start:])
    if parsed is None:
        found = _MESSAGE.search(text, start)
        return " ".join(found[3].split()) if found else ""
    deepest = max(_messages(parsed, 0), default=(0, 0, ""))
    return " ".join(deepest[2].split())


def _messages(value: Json, depth: int) -> Iterator[tuple[int, int, str]]:
    """Yield (depth, weight of its key, text) of every message in an object."""
    if depth > _DEEPEST:
        return
    match value:
        case dict():
            for weight, key in enumerate(reversed(_KEYS)):
                text = value.get(key)
                if isinstance(text, str) and text.strip():
                    yield depth, weight, text
                    if inner := _innermost(text) if "{" in text else "":
                        yield depth + 1, weight, inner
            for each in value.values():
                yield from _messages(each, depth + 1)
        case list():
            for each in value:
                yield from _messages(each, depth + 1)
        case _:
            pass


def _parsed(text: str) -> Json:
    """Parse the JSON object or Python literal at the start of a text.

    Return None on failure.
    """
    with suppress(ValueError, RecursionError):
        return json.JSONDecoder(strict=False).raw_decode(text)[0]
    with suppress(ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        value = ast.literal_eval(text[: text.rfind("}") + 1])
        return value if isinstance(value, dict) else None
    return None


def _decoded(literal: str) -> str:
    """Decode the `repr` of bytes."""
    with suppress(ValueError, SyntaxError, MemoryError):
        value = ast.literal_eval(literal)
        if isinstance(value, bytes):
            return value.decode(errors="replace")
    return literal
