"""Split text into parts for speech requests, and explain rejected voices and formats."""

import re
from collections.abc import Iterator

from litellm_proxy.errors import ProxyRejected
from translation.errors.causes import Cause, cause_of
from translation.errors.messages import short_name, with_source
from translation.errors.request_error import RequestError

_OF_VOICE = re.compile(r"\bvoices?\b|voice_id|voiceName|speaker", re.IGNORECASE)
_FORMATS_QUOTED = 100
_OF_FORMAT = re.compile(
    r"response.?formats?|audio.?formats?|output.?format|\b(mp3|pcm|wav|opus|aac|flac)\b",
    re.IGNORECASE,
)
MIN_PART = 50
"""In characters; shorter parts do not sound like sentences."""
_TOO_LONG = re.compile(
    r"(maximum|at most|no more than|longer than|exceeds?|too long|limit\w{0,3}) [^.]{0,60}(character|token|text|input|length)"
    r"|(character|token|text|input|length)[^.]{0,60}(maximum|at most|too long|exceed|limit)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.,])([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{2,6})(?=[ -]?(?:char|token|unicode|letter))",
    re.IGNORECASE,
)
_PLACES_TO_SPLIT = (
    re.compile(r"[。．！？\n]|[.!?](?=\s|$)"),
    re.compile(r"[,;:，、；：]"),
    re.compile(r"\s"),
)
"""The ends of sentences, then of clauses, then of words."""


def speakable_parts(text: str, longest: int) -> list[str]:
    """Split a text into parts of at most `longest` characters.

    Parts end with a sentence, a clause or a word, if possible. Joined, the parts are the text.
    """
    return list(_parts(text, longest))


def _parts(text: str, longest: int) -> Iterator[str]:
    start = 0
    while len(text) - start > longest:
        end = start + longest
        for place in _PLACES_TO_SPLIT:
            found = [match.end() for match in place.finditer(text, start, end)]
            if found:
                end = found[-1]
                break
        yield text[start:end]
        start = end
    yield text[start:]


def shorter_part(error: ProxyRejected, length: int) -> int | None:
    """Return a shorter length, None if the part was not too long.

    The rejection may contain the limit: in characters, or in tokens, since a character is at most
    one token.
    """
    if length <= MIN_PART or cause_of(error) not in {
        Cause.REQUEST, Cause.TOO_LARGE, Cause.CONTEXT_TOO_LONG, Cause.PROVIDER,
    }:  # fmt: skip
        return None
    if not _TOO_LONG.search(error.text):
        return None
    told = [int(number.replace(",", "")) for number in _NUMBER.findall(error.text)]
    return max((n for n in told if MIN_PART <= n < length), default=max(MIN_PART, length // 2))


def explained(error: ProxyRejected, voice: str, audio_format: str) -> RequestError | None:
    """Return an error that names the rejected field: voice or format."""
    if cause_of(error) not in {Cause.REQUEST, Cause.UNSUPPORTED_PARAMETER, Cause.PROVIDER}:
        return None
    if _OF_VOICE.search(error.text):
        first = f'The model has no voice "{short_name(voice)}"; change Voices in its form.'
        return RequestError(with_source(first, error))
    if _OF_FORMAT.search(error.text):
        first = f"The model does not speak {audio_format}; change Audio Format in its form."
        # The message lists the supported formats after the rejected one.
        return RequestError(with_source(first, error, _FORMATS_QUOTED))
    return None
