"""Speech-to-text models through the proxy's transcription endpoint."""

from pathlib import PurePath
from typing import IO, Any

from dify_plugin.interfaces.model.speech2text_model import Speech2TextModel

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.audio import TranscriptionRequest
from models.base import ProxyModel
from models.call_log import logged
from models.calls_in_flight import limited
from translation.facts.schema import speech2text_schema
from translation.media_type import HEAD_BYTES, file_name_of
from translation.validation.form_problem import SPEECH2TEXT

_NAMELESS = "audio.mp3"


class LiteLLMSpeech2TextModel(ProxyModel, Speech2TextModel):
    """Models that transcribe speech."""

    _kind = SPEECH2TEXT
    _probe_path = "/v1/audio/transcriptions"
    _schema = staticmethod(speech2text_schema)

    @limited
    @logged
    def _invoke(
        self, model: str, credentials: dict[str, Any], file: IO[bytes], user: str | None = None
    ) -> str:
        """Transcribe an audio file, which is uploaded as a stream."""
        settings = self._calling_settings(model, credentials)
        name = getattr(file, "name", None)
        start = file.read(HEAD_BYTES)
        file_name = file_name_of(start, PurePath(name).name if isinstance(name, str) else _NAMELESS)
        request = TranscriptionRequest(
            settings.model,
            file,  # type: ignore[arg-type]
            file_name,
            self._options(settings, credentials, user),
        )
        transcription = self._ask(settings, request, self._client(settings).transcribe)
        if transcription.text is None:
            message = "a transcription without text came back"
            raise ProxyProtocolError(message)
        return transcription.text
