"""`POST /v1/audio/transcriptions` and `POST /v1/audio/speech`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from litellm_proxy.wire.concessions import Concession
from litellm_proxy.wire.error_body import FallibleAnswer
from litellm_proxy.wire.options import NO_OPTIONS, ProxyRequest, RequestOptions
from litellm_proxy.wire.reading import Lenient


@dataclass(frozen=True, slots=True)
class TranscriptionRequest(ProxyRequest):
    """Audio to be written down; the file's name tells the proxy its type."""

    model: str
    file: BinaryIO
    file_name: str
    options: RequestOptions = NO_OPTIONS

    @property
    def fields(self) -> dict[str, str]:
        """Return the form fields beside the file; no language and no prompt are made up (F59)."""
        return self.options.to_form(model=self.model)


class Transcription(FallibleAnswer):
    """The text of an audio file, whatever format it was asked for in."""

    text: Lenient[str] = None


@dataclass(frozen=True, slots=True)
class SpeechRequest(ProxyRequest):
    """A text to be spoken; without an `audio_format` (mp3, aac, opus or wav) it is mp3."""

    model: str
    text: str
    voice: str
    audio_format: str | None = None
    options: RequestOptions = NO_OPTIONS

    @property
    def sent_format(self) -> str:
        """Return the format that is asked for."""
        if self.audio_format:
            return self.audio_format
        return "wav" if Concession.WAV in self.options.concessions else "mp3"

    def to_json(self) -> bytes:
        """Return the request body."""
        return self.options.to_json(
            model=self.model, input=self.text, voice=self.voice, response_format=self.sent_format
        )

    def open_concessions(self) -> Iterator[Concession]:
        """Yield what could still be given up of this request."""
        if not self.audio_format and Concession.WAV not in self.options.concessions:
            yield Concession.WAV
        yield from self.options.open_concessions()
