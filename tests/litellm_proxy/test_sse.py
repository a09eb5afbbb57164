import itertools
from collections import deque

import pytest

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.sse import EventStreamDecoder


def events(*pieces: bytes) -> list[bytes]:
    decoder = EventStreamDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_f14_lines_end_with_lf_crlf_or_cr(end: bytes) -> None:
    assert events(end.join([b"data: a", b"", b"data: b", b"", b""])) == [b"a", b"b"]


def test_crlf_split_between_two_reads_is_one_line_end() -> None:
    assert events(b"data: a\r", b"\n\r", b"\ndata: b\r\n\r\n") == [b"a", b"b"]


def test_crlf_split_inside_an_event_does_not_end_it() -> None:
    assert events(b"data: a\r", b"\ndata: b\r", b"\n\r\n") == [b"a\nb"]


@pytest.mark.parametrize("line", [b"\xffata: x", b"dbta: x", b"data x", b"\xff"])
def test_a_damaged_line_is_an_error(line: bytes) -> None:
    with pytest.raises(ProxyProtocolError, match="damaged"):
        events(b"data: a\n\n" + line + b"\n\n")


@pytest.mark.parametrize("size", range(1, 12))
def test_f14_any_split_gives_the_same_events(size: int) -> None:
    whole = "data: Grüße\n\n: ping\n\ndata:x\ndata: y\n\nevent: z\ndata: {\u2028}\n\n".encode()
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert events(*pieces) == ["Grüße".encode(), b"x\ny", "{\u2028}".encode()]


def test_f16_comments_and_the_standards_other_fields_are_skipped() -> None:
    assert events(b": ping\n\nid: 7\nretry: 1\nevent: x\nid\ndata: a\n\n") == [b"a"]


def test_f14_the_space_after_the_colon_is_optional_and_one_only() -> None:
    assert events(b"data:a\n\ndata:  b\n\n") == [b"a", b" b"]


def test_f14_a_byte_order_mark_is_skipped_at_the_start_only() -> None:
    assert events(b"\xef\xbb", b"\xbfdata: a\n\ndata: \xef\xbb\xbf\n\n") == [b"a", b"\xef\xbb\xbf"]


def test_an_event_that_the_end_cuts_off_does_not_count() -> None:
    assert events(b"data: a\n\ndata: b\n") == [b"a"]


def test_an_endless_event_is_an_error() -> None:
    decoder = EventStreamDecoder(max_event_bytes=100)
    pieces = itertools.repeat(b"data: 12345", 20)
    with pytest.raises(ProxyProtocolError, match="larger than 100 bytes"):
        deque(itertools.chain.from_iterable(map(decoder.feed, pieces)), maxlen=0)


def test_reads_that_end_inside_an_event_do_not_add_up() -> None:
    decoder = EventStreamDecoder(max_event_bytes=100)
    list(decoder.feed(b"data: a\n"))
    for _ in range(100):
        assert list(decoder.feed(b"\ndata: a\n")) == [b"a"]


def test_endless_comments_are_not_an_endless_event() -> None:
    decoder = EventStreamDecoder(max_event_bytes=100)
    for _ in range(100):
        assert list(decoder.feed(b": ping\n\n")) == []


def test_events_before_a_damaged_line_are_handed_over_first() -> None:
    received = EventStreamDecoder().feed(b"data: a\n\nbroken\n\ndata: b\n\n")
    assert next(received) == b"a"
    with pytest.raises(ProxyProtocolError, match="damaged"):
        next(received)
