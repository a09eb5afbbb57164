"""Streamed pieces of speech → one file."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field

from translation.answer.wav import wav_of_samples
from translation.media_type import media_type

_OF_SOUND = ("audio/", "video/")
_WAV = "audio/wav"
_DIFYS_WAV = "audio/x-wav"
"""Dify 1.14 names files by Python's table of types, in which the other has no ending."""


@dataclass(frozen=True, slots=True)
class SpeechFile:
    """Speech, and its MIME type."""

    content: bytes = field(repr=False)
    media_type: str


def speech_file(pieces: Sequence[str]) -> SpeechFile | None:
    """Return the file that pieces of base64 make; bare samples get a head. None for what is none."""
    try:
        sound = b"".join(base64.b64decode(piece) for piece in pieces)
    except (binascii.Error, ValueError):
        return None
    if not sound:
        return None
    told = media_type(sound[:16])
    if told is None or not told.startswith(_OF_SOUND):
        # OpenAI streams samples alone (format pcm16).
        sound, told = wav_of_samples(sound), _WAV
    return SpeechFile(sound, _DIFYS_WAV if told == _WAV else told)
