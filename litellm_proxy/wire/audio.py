"""`POST /v1/audio/transcriptions` and `POST /v1/audio/speech`."""

from dataclasses import dataclass
from typing import BinaryIO

from litellm_proxy.wire.error_body import ResponseWithError
from litellm_proxy.wire.options import NO_OPTIONS, ProxyRequest, RequestOptions
from litellm_proxy.wire.reading import Json, Lenient
from litellm_proxy.wire.request import FormFile, Request


@dataclass(frozen=True, slots=True)
class TranscriptionRequest(ProxyRequest):
    """An audio file to transcribe.

    The proxy reads its type from the file name.
    """

    model: str
    file: BinaryIO
    file_name: str
    options: RequestOptions = NO_OPTIONS

    def request(self) -> Request:
        """Return the request, without a language or a prompt."""
        file: FormFile = ("file", (self.file_name, self.file))
        path = "/v1/audio/transcriptions"
        return self.options.request(path, {"model": self.model}, files=[file])


class Transcription(ResponseWithError):
    """The text of an audio file, in any response format."""

    text: Lenient[str] = None


@dataclass(frozen=True, slots=True)
class SpeechRequest(ProxyRequest):
    """A text to synthesise.

    `audio_format` is mp3, aac, opus or wav, mp3 by default.
    """

    model: str
    text: str
    voice: str
    audio_format: str | None = None
    options: RequestOptions = NO_OPTIONS

    def request(self) -> Request:
        """Return the request."""
        own: dict[str, Json] = {
            "model": self.model,
            "input": self.text,
            "voice": self.voice,
            "response_format": self.audio_format or "mp3",
        }
        any_format = not self.audio_format
        return self.options.request("/v1/audio/speech", own, unsent={"any_format": any_format})
