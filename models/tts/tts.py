"""Text-to-speech models through the proxy's speech endpoint."""

import itertools
from collections.abc import Generator
from contextlib import closing
from typing import Any

from dify_plugin import TTSModel
from dify_plugin.errors.model import InvokeBadRequestError

from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.audio import SpeechRequest
from models.base import ProxyModel
from translation.schema import MAX_SPOKEN_CHARACTERS, tts_schema
from translation.validation import TTS

PIECE_BYTES = 512 * 1024
"""The SDK writes a piece as hexadecimal digits into one line, of which the daemon takes 5 MiB."""
_SENTENCE_END = r"[。．.!?！？\n]"


class LiteLLMTTSModel(ProxyModel, TTSModel):
    """Models that speak a text."""

    _kind = TTS
    _probe_path = "/v1/audio/speech"
    _schema = staticmethod(tts_schema)

    def _invoke(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        model: str,
        tenant_id: str,  # noqa: ARG002
        credentials: dict[str, Any],
        content_text: str,
        voice: str,
        user: str | None = None,
    ) -> Generator[bytes]:
        """Yield the audio in pieces; a long text is spoken in parts, split where sentences end."""
        settings = self._settings(model, credentials)
        if not content_text.strip():
            message = "There is no text to be spoken."
            raise InvokeBadRequestError(message)
        parts = self._split_text_into_sentences(
            content_text, MAX_SPOKEN_CHARACTERS, pattern=_SENTENCE_END
        )
        options = self._options(settings, user)
        requests = [
            SpeechRequest(
                settings.model,
                part,
                voice or settings.voices[0],
                settings.audio_format.value,
                options,
            )
            for part in parts
            if part.strip()
        ]
        client = self._client(settings)
        first = client.speak(requests[0])
        return self._translated(_pieces(client, first, requests[1:]))

    def get_tts_model_voices(
        self,
        model: str,
        credentials: dict[str, Any],
        language: str | None = None,  # noqa: ARG002
    ) -> list[dict[str, str]]:
        """Return every voice of the form: these models speak whatever language the text has."""
        settings = self._settings(model, credentials)
        return [{"name": voice, "value": voice} for voice in settings.voices]


def _pieces(
    client: ProxyClient, first: Generator[bytes], others: list[SpeechRequest]
) -> Generator[bytes]:
    for audio in itertools.chain([first], map(client.speak, others)):
        spoken = False
        with closing(audio):
            for received in audio:
                spoken = True
                for start in range(0, len(received), PIECE_BYTES):
                    yield received[start : start + PIECE_BYTES]
        if not spoken:
            message = "speech without audio came back"
            raise ProxyProtocolError(message)
