"""Text-to-speech models through the proxy's speech endpoint."""

import itertools
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

from dify_plugin import TTSModel
from dify_plugin.errors.model import InvokeBadRequestError

from litellm_proxy.errors import ProxyProtocolError, ProxyRejected
from litellm_proxy.limits import MAX_SPEECH_PART_BYTES
from litellm_proxy.wire.audio import SpeechRequest
from models.base import ProxyModel
from models.call_log import logged
from models.calls_in_flight import limited
from models.error_log import explained_or_self
from models.learned_limits import largest_size, learn_largest
from translation.answer.wav import is_wav, joined_wav
from translation.facts.schema import MAX_SPOKEN_CHARACTERS, tts_schema
from translation.form.settings import Settings
from translation.request.speech import explained, shorter_part, speakable_parts
from translation.validation.form_problem import TTS

PIECE_BYTES = 512 * 1024
"""The SDK writes a piece as hexadecimal digits in one line, of at most 5 MiB."""


class LiteLLMTTSModel(ProxyModel, TTSModel):
    """Models that convert text to speech."""

    _kind = TTS
    _probe_path = "/v1/audio/speech"
    _schema = staticmethod(tts_schema)

    @limited
    @logged
    def _invoke(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        model: str,
        tenant_id: str,  # noqa: ARG002
        credentials: dict[str, Any],
        content_text: str,
        voice: str,
        user: str | None = None,
    ) -> Generator[bytes]:
        """Yield the audio; split long text at sentence ends into several requests."""
        settings = self._calling_settings(model, credentials)
        if not content_text.strip():
            message = "There is no text to be spoken."
            raise InvokeBadRequestError(message)
        asked = SpeechRequest(
            settings.model,
            content_text,
            voice or settings.voices[0],
            settings.audio_format and settings.audio_format.value,
            self._options(settings, credentials, user),
        )
        longest = largest_size(self._key(settings), MAX_SPOKEN_CHARACTERS)
        return self._translated(self._spoken(settings, asked, longest))

    def _spoken(self, settings: Settings, asked: SpeechRequest, longest: int) -> Iterator[bytes]:
        """Speak a text in parts of at most `longest` characters.

        The first part is requested at once.
        """
        parts = _parts(asked.text, longest)
        client = self._client(settings)

        def speak(part: str) -> Generator[bytes]:
            return self._ask(settings, replace(asked, text=part), client.speak)

        def others(later: Iterable[str]) -> Iterator[Generator[bytes]]:
            for part in later:
                try:
                    yield speak(part)
                except ProxyRejected as error:
                    shorter = shorter_part(error, len(part))
                    if shorter is None:
                        raise _explained(error, asked) from None
                    yield from others(_parts(part, shorter))
                    learn_largest(self._key(settings), shorter, error)

        try:
            first = speak(parts[0])
        except ProxyRejected as error:
            shorter = shorter_part(error, len(parts[0]))
            if shorter is None:
                raise _explained(error, asked) from None
            spoken = self._spoken(settings, asked, shorter)
            # The success of shorter parts confirms that the length was the reason.
            learn_largest(self._key(settings), shorter, error)
            return spoken
        return _pieces(itertools.chain([first], others(parts[1:])), len(parts))

    def get_tts_model_voices(
        self,
        model: str,
        credentials: dict[str, Any],
        language: str | None = None,  # noqa: ARG002
    ) -> list[dict[str, str]]:
        """Return all voices of the form, since each voice speaks every language."""
        settings = self._settings(model, credentials)
        return [{"name": voice, "value": voice} for voice in settings.voices]


def _parts(text: str, longest: int) -> list[str]:
    return [part for part in speakable_parts(text, longest) if part.strip()]


def _explained(error: ProxyRejected, asked: SpeechRequest) -> Exception:
    return explained_or_self(
        error, lambda it: explained(it, asked.voice, asked.audio_format or "mp3")
    )


def _pieces(parts: Iterator[Generator[bytes]], count: int) -> Iterator[bytes]:
    """Yield the audio of all parts; join WAV parts into one file."""
    for audio in parts:
        with closing(audio):
            start = next(filter(None, audio), b"")
            if not start:
                message = "speech without audio came back"
                raise ProxyProtocolError(message)
            if count > 1 and is_wav(start):
                first = start + _whole(audio)
                yield from _in_lines(joined_wav([first, *map(_whole, parts)]))
                return
            yield from _in_lines(start)
            for received in audio:
                yield from _in_lines(received)


def _whole(audio: Generator[bytes]) -> bytes:
    with closing(audio):
        whole = bytearray()
        for received in audio:
            whole += received
            if len(whole) > MAX_SPEECH_PART_BYTES:
                message = f"a part of the speech is larger than {MAX_SPEECH_PART_BYTES} bytes"
                raise ProxyProtocolError(message)
        return bytes(whole)


def _in_lines(audio: bytes) -> Iterator[bytes]:
    for start in range(0, len(audio), PIECE_BYTES):
        yield audio[start : start + PIECE_BYTES]
