"""Join speech in WAV parts into one file with one header.

https://learn.microsoft.com/en-us/windows/win32/xaudio2/resource-interchange-file-format--riff-
"""

from collections.abc import Iterator, Sequence
from struct import pack, unpack_from

from litellm_proxy.errors import ProxyProtocolError

SAMPLES_A_SECOND = 24_000
"""https://platform.openai.com/docs/api-reference/chat/create (audio.format, pcm16)"""
_PCM = 1
_HEAD_BYTES = 12
_CHUNK_HEAD_BYTES = 8


def is_wav(start: bytes) -> bool:
    """Return whether audio is WAV, by its first bytes."""
    return start[:4] == b"RIFF"


def wav_of_samples(samples: bytes) -> bytes:
    """Return OpenAI's raw samples (16 bits, mono, 24 kHz) as WAV."""
    width = 2
    head = pack("<HHIIHH", _PCM, 1, SAMPLES_A_SECOND, SAMPLES_A_SECOND * width, width, 8 * width)
    return _chunk(b"RIFF", b"WAVE" + _chunk(b"fmt ", head) + _chunk(b"data", samples))


def joined_wav(parts: Sequence[bytes]) -> bytes:
    """Return one WAV file; raise ProxyProtocolError for other or mixed formats."""
    read = [dict(_chunks(part)) for part in parts]
    formats = {chunks.get(b"fmt ") for chunks in read}
    if len(formats) != 1 or None in formats or not all(b"data" in chunks for chunks in read):
        message = "the parts of the speech cannot be joined: they are no WAV of one format"
        raise ProxyProtocolError(message)
    sound = b"".join(chunks[b"data"] for chunks in read)
    body = b"WAVE" + _chunk(b"fmt ", read[0][b"fmt "]) + _chunk(b"data", sound)
    return _chunk(b"RIFF", body)


def _chunks(wav: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of each chunk.

    Content with a placeholder size ends with the file.
    """
    position = _HEAD_BYTES
    while position + _CHUNK_HEAD_BYTES <= len(wav):
        name, size = wav[position : position + 4], unpack_from("<I", wav, position + 4)[0]
        position += _CHUNK_HEAD_BYTES
        yield name, wav[position : position + size]
        position += size + size % 2


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
