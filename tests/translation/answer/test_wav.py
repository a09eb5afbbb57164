"""Parts of speech in WAV are joined under one header."""

import io
import wave

import pytest

from litellm_proxy.errors import ProxyProtocolError
from translation.answer.wav import is_wav, joined_wav


def wav(sound: bytes, rate: int = 8000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(rate)
        audio.writeframes(sound)
    return file.getvalue()


def sound_of(data: bytes) -> tuple[bytes, int]:
    with wave.open(io.BytesIO(data)) as audio:
        return audio.readframes(audio.getnframes()), audio.getframerate()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_sounds_come_in_a_row(count: int) -> None:
    parts = [bytes([n, 0]) * 10 for n in range(count)]
    joined = joined_wav([wav(part) for part in parts])
    assert sound_of(joined) == (b"".join(parts), 8000)
    # The size of all that follows the first eight bytes.
    assert int.from_bytes(joined[4:8], "little") == len(joined) - 8


def test_other_chunks_and_odd_sizes_are_passed_over() -> None:
    first = wav(b"\1\0" * 3)
    with_a_list = first[:12] + b"LIST" + (3).to_bytes(4, "little") + b"abc\0" + first[12:]
    assert sound_of(joined_wav([with_a_list, wav(b"\2\0")])) == (b"\1\0" * 3 + b"\2\0", 8000)


def test_a_size_that_was_not_known_ends_with_the_file() -> None:
    part = bytearray(wav(b"\1\0" * 4))
    part[40:44] = b"\xff\xff\xff\xff"
    assert sound_of(joined_wav([bytes(part), wav(b"\2\0")]))[0] == b"\1\0" * 4 + b"\2\0"


@pytest.mark.parametrize("other", [wav(b"\0\0", rate=16000), b"RIFF", b"ID3", wav(b"\0\0")[:20]])
def test_what_is_no_wav_of_one_format_is_an_error(other: bytes) -> None:
    with pytest.raises(ProxyProtocolError, match="no WAV of one format"):
        joined_wav([wav(b"\1\0"), other])


def test_a_wav_is_told_by_its_start() -> None:
    assert is_wav(wav(b""))
    assert not is_wav(b"ID3 RIFF")
