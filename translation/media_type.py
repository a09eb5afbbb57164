"""Detect a file's media type by its first bytes: labels from file names and browsers are often wrong."""

import base64
import binascii
from pathlib import PurePath

HEAD_BYTES = 16
_HEAD_CHARACTERS = 64
_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"%PDF-", "application/pdf"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
_IN_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {
    b"avif": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
"""https://mp4ra.org/registered-types/brands"""

_SOUND_ENDINGS = {
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
    "audio/mp4": "m4a",
    "video/mp4": "mp4",
    "video/webm": "webm",
}


def media_type(start: bytes) -> str | None:
    """Return the MIME type by a file's first bytes, None if unknown."""
    if start[:4] == b"RIFF":
        return _IN_RIFF.get(start[8:12])
    if start[4:8] == b"ftyp":
        return _BRANDS.get(start[8:12], "video/mp4")
    return next((name for head, name in _STARTS if start.startswith(head)), None)


def media_type_of_base64(data: str) -> str | None:
    """Return the MIME type of a base64 file, None if unknown."""
    head = "".join(data[:_HEAD_CHARACTERS].split())
    try:
        start = base64.b64decode(head[: len(head) // 4 * 4])
    except (binascii.Error, ValueError):
        return None
    return media_type(start[:HEAD_BYTES])


def is_data_url(text: str) -> bool:
    """Return whether a text is a data URL.

    A sentence that begins with `data:` is not.
    """
    return text.startswith("data:") and ";base64," in text[:_HEAD_CHARACTERS]


def file_name_of(start: bytes, name: str) -> str:
    """Return the name with the extension of the sound's detected type.

    LiteLLM reads the extension.
    """
    ending = _SOUND_ENDINGS.get(media_type(start) or "")
    return f"{PurePath(name).stem}.{ending}" if ending else name


def labelled(data: str, label: str, kind: str) -> str:
    """Return a base64 file's detected type if of `kind`, else its label.

    `kind` is image, audio, video or application.
    """
    told = media_type_of_base64(data)
    return told if told and told.startswith(f"{kind}/") else label
