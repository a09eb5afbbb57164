"""Join streamed pieces of speech into one file."""

import base64
import binascii
from dataclasses import dataclass, field

from litellm_proxy.wire.chat import OutputAudio
from translation.answer.wav import wav_of_samples
from translation.line_limit import MAX_LINE_PART
from translation.media_type import media_type

_OF_SOUND = ("audio/", "video/")
_WAV = "audio/wav"
_DIFYS_WAV = "audio/x-wav"
"""Dify 1.14 gets the file extension from Python's `mimetypes`, which has none for audio/wav."""
_HEAD_CHARACTERS = 200
"""Room for the WAV header of raw samples, in base64."""


@dataclass(frozen=True, slots=True)
class SpeechFile:
    """Speech of `size` bytes; `content` is empty if too large for Dify."""

    content: bytes = field(repr=False)
    media_type: str
    size: int


class Speech:
    """Collects pieces of base64 speech; above Dify's line limit, only the size."""

    def __init__(self, *, takes_files: bool) -> None:
        self._takes_files = takes_files
        self._pieces: list[str] = []
        self._characters = 0
        self.has_come = False
        """Whether the model has spoken."""

    def feed(self, audio: OutputAudio) -> str:
        """Add a piece; return the transcript that it has."""
        self.has_come = True
        if audio.data and self._takes_files:
            self._characters += len(audio.data)
            if self._characters > MAX_LINE_PART - _HEAD_CHARACTERS:
                self._pieces.clear()
            else:
                self._pieces.append(audio.data)
        return audio.transcript or ""

    def finish(self) -> SpeechFile | None:
        """Return the file, raw samples as WAV.

        None for an empty file or invalid base64.
        """
        if self._characters and not self._pieces:
            return SpeechFile(b"", _DIFYS_WAV, self._characters * 3 // 4)
        try:
            sound = b"".join(base64.b64decode(piece) for piece in self._pieces)
        except (binascii.Error, ValueError):
            return None
        if not sound:
            return None
        told = media_type(sound[:16])
        if told is None or not told.startswith(_OF_SOUND):
            # OpenAI streams raw samples (format pcm16).
            sound, told = wav_of_samples(sound), _WAV
        return SpeechFile(sound, _DIFYS_WAV if told == _WAV else told, len(sound))
