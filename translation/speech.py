"""Which field of the form a refusal of a speech model is about."""

import re

from litellm_proxy.errors import ProxyRejected
from translation.causes import Cause, cause_of
from translation.request_error import RequestError
from translation.sentences import sentence

_OF_VOICE = re.compile(r"\bvoices?\b|voice_id|voiceName|speaker", re.IGNORECASE)
_OF_FORMAT = re.compile(
    r"response.?formats?|audio.?formats?|output.?format|\b(mp3|pcm|wav|opus|aac|flac)\b",
    re.IGNORECASE,
)


def explained(error: ProxyRejected, voice: str, audio_format: str) -> RequestError | None:
    """Return an error that names the field that was refused, if it was voice or format; else None."""
    if cause_of(error) not in {Cause.REQUEST, Cause.UNSUPPORTED_PARAMETER, Cause.PROVIDER}:
        return None
    if _OF_VOICE.search(error.text):
        return RequestError(
            f'The model does not take the voice "{voice}": set Voices in the model\'s form to voices '
            f"of its own. {sentence(error)}"
        )
    if _OF_FORMAT.search(error.text):
        return RequestError(
            f"The model does not speak {audio_format}: set Audio Format in the model's form to one "
            f"that it takes. {sentence(error)}"
        )
    return None
