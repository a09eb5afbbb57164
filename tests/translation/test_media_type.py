"""What a file is, by its first bytes."""

import base64

import pytest

from translation.media_type import file_name_of, labelled, media_type, media_type_of_base64

FILES = {
    b"\x89PNG\r\n\x1a\n": ("image/png", None),
    b"\xff\xd8\xff\xe0": ("image/jpeg", None),
    b"GIF89a": ("image/gif", None),
    b"BM": ("image/bmp", None),
    b"II*\0": ("image/tiff", None),
    b"MM\0*": ("image/tiff", None),
    b"ID3\3": ("audio/mpeg", "mp3"),
    b"\xff\xfb\x90": ("audio/mpeg", "mp3"),
    b"\xff\xf3": ("audio/mpeg", "mp3"),
    b"\xff\xf2": ("audio/mpeg", "mp3"),
    b"\xff\xf1": ("audio/aac", "aac"),
    b"\xff\xf9": ("audio/aac", "aac"),
    b"fLaC": ("audio/flac", "flac"),
    b"OggS": ("audio/ogg", "ogg"),
    b"%PDF-1.7": ("application/pdf", None),
    b"\x1aE\xdf\xa3": ("video/webm", "webm"),
    b"RIFF0000WEBP": ("image/webp", None),
    b"RIFF0000WAVE": ("audio/wav", "wav"),
    b"RIFF0000AVI ": ("video/x-msvideo", None),
    b"0000ftypavif": ("image/avif", None),
    b"0000ftypheic": ("image/heic", None),
    b"0000ftypM4A ": ("audio/mp4", "m4a"),
    b"0000ftypqt  ": ("video/quicktime", None),
    b"0000ftypisom": ("video/mp4", "mp4"),
    b"RIFF0000RMID": (None, None),
    b"hello": (None, None),
    b"": (None, None),
}


@pytest.mark.parametrize("start", FILES)
def test_a_file_is_what_its_bytes_say(start: bytes) -> None:
    told, ending = FILES[start]
    assert media_type(start) == told
    data = base64.b64encode(start + b"\0" * 16).decode()
    assert media_type_of_base64(data) == told
    assert media_type_of_base64(f"{data[:4]}\n {data[4:]}") == told
    assert file_name_of(start, "voice.bin") == (f"voice.{ending}" if ending else "voice.bin")


def test_what_is_no_base64_is_not_known() -> None:
    assert media_type_of_base64("é" * 8) is None


@pytest.mark.parametrize(("kind", "told"), [("image", "image/png"), ("audio", "x/y")])
def test_a_label_holds_unless_the_bytes_are_of_its_kind(kind: str, told: str) -> None:
    data = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(16)).decode()
    assert labelled(data, "x/y", kind) == told
