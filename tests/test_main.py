"""The entry point's standard output."""

import io

import pytest


class Pipe(io.RawIOBase):
    def __init__(self) -> None:
        self.writes: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.writes.append(bytes(data))  # type: ignore[call-overload]
        return len(self.writes[-1])


def test_a_line_leaves_whole(capfd: pytest.CaptureFixture[str]) -> None:
    """As the SDK writes it: message, flush, end of the line, flush."""
    from main import WholeLines  # noqa: PLC0415 - importing it registers the plugin

    pipe = Pipe()
    output = WholeLines(io.BufferedWriter(pipe), encoding="utf-8")
    for text in ('{"a": "ä"}', "\n\n", "x" * 100_000, "\n\n"):
        output.write(text)
        output.flush()
    assert pipe.writes[0] == '{"a": "ä"}\n\n'.encode()
    assert b"".join(pipe.writes[1:]) == b"x" * 100_000 + b"\n\n"
    capfd.readouterr()
