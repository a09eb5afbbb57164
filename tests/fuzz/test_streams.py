"""Properties of reading a stream, from network bytes to the folded answer."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import ProxyError, RequestFailed
from litellm_proxy.http.exchange import ResponseReader
from litellm_proxy.wire.chat import ChatRequest
from tests.support.captured import SETTINGS, chunks_of
from translation.answer.chat_stream import ChatStream
from translation.answer.tool_calls import CompleteToolCall

REQUEST = ChatRequest("m", [], stream=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@dataclass(frozen=True)
class Folded:
    """What Dify would receive, whatever the pieces were."""

    text: str
    calls: tuple[CompleteToolCall, ...]
    finish_reason: str


class Pieces(httpx.SyncByteStream):
    """A body that arrives in these pieces."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces


def fold(*pieces: bytes) -> Folded:
    """Read and fold a stream; the part that was shown before an error does not matter here."""
    headers = {"content-type": "text/event-stream"}
    response = httpx.Response(200, headers=headers, stream=Pieces(pieces))
    stream = ChatStream()
    shown = [
        part
        for chunk in chunks_of(
            ProxyClient(SETTINGS, httpx.MockTransport(lambda _: response)).chat(REQUEST)
        )
        for part in stream.feed(chunk)
    ]
    outcome = stream.finish()
    text = "".join(part for part in shown if isinstance(part, str)) + outcome.closing_text
    return Folded(text, tuple(outcome.tool_calls), outcome.finish_reason)


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields}]}


def tool_piece(index: int, arguments: str, call_id: str | None = None) -> dict[str, Any]:
    head = {"id": call_id, "type": "function"} if call_id else {}
    function = {"arguments": arguments, **({"name": f"f{index}"} if call_id else {})}
    return delta(tool_calls=[{"index": index, "function": function, **head}])


DELTAS = st.one_of(
    TEXT.map(lambda text: delta(content=text)),
    TEXT.map(lambda text: delta(reasoning_content=text)),
    st.tuples(TEXT, TEXT).map(lambda both: delta(reasoning_content=both[0], content=both[1])),
    st.sampled_from(["<think>", "</think>", "<thi", "nk>", "\n"]).map(lambda t: delta(content=t)),
    st.just({"choices": []}),
    st.just({"choices": [{"index": 0, "delta": None}]}),
)
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
END = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
USAGE = {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """A valid answer with text, as a proxy might write it."""
    chunks = [*draw(st.lists(DELTAS, max_size=8)), delta(content="x"), END, USAGE]
    end = draw(LINE_ENDS)
    lines: list[str] = []
    for chunk in chunks:
        if draw(st.booleans()):
            lines += [": ping", ""]
        indent = draw(st.sampled_from([None, 0]))
        text = json.dumps(chunk, ensure_ascii=draw(st.booleans()), indent=indent)
        lines += [*(f"data: {line}" for line in text.split("\n")), ""]
    return end.join([*lines, "data: [DONE]", "", ""]).encode()


@st.composite
def cuts(draw: st.DrawFn, length: int) -> list[int]:
    return sorted(draw(st.lists(st.integers(0, length), max_size=12)))


@given(streams(), st.data())
def test_f14_any_split_of_a_stream_gives_the_same_answer(whole: bytes, data: st.DataObject) -> None:
    places = [0, *data.draw(cuts(len(whole))), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(places)]
    assert fold(*pieces) == fold(whole)


@given(streams(), st.data())
def test_f14_a_stream_that_is_cut_is_an_error_or_complete(
    whole: bytes, data: st.DataObject
) -> None:
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    try:
        folded = fold(cut)
    except ProxyError:
        return
    assert folded == fold(whole)


@given(streams(), st.data())
def test_f14_a_damaged_byte_is_an_error_or_changes_nothing(
    whole: bytes, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:place] + b"\xff" + whole[place + 1 :]
    # A field name damaged into another letter; inside JSON text such a damage cannot be told.
    if whole[place : place + 4] == b"data":
        damaged = (
            whole[:place] + data.draw(st.sampled_from([b"d", b"x", b"D"])) + whole[place + 1 :]
        )
    try:
        folded = fold(damaged)
    except ProxyError:
        return
    assert folded == fold(whole)


def _cut(text: str, places: list[int]) -> list[str]:
    edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


OBJECTS = st.dictionaries(TEXT, st.recursive(TEXT, lambda v: st.dictionaries(TEXT, v, max_size=2)))
ARGUMENTS = st.tuples(OBJECTS.map(json.dumps), st.lists(st.integers(0, 1000), max_size=4)).map(
    lambda drawn: _cut(*drawn)
)


@given(st.lists(ARGUMENTS, min_size=1, max_size=4), st.data())
def test_f25_f26_any_interleaving_of_tool_calls_folds_to_what_was_sent(
    arguments: list[list[str]], data: st.DataObject
) -> None:
    queues = [
        [tool_piece(n, piece, f"call_{n}" if first else None) for first, piece in _marked(pieces)]
        for n, pieces in enumerate(arguments)
    ]
    chunks = []
    while any(queues):
        waiting = [n for n, queue in enumerate(queues) if queue]
        chunks.append(queues[data.draw(st.sampled_from(waiting))].pop(0))
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in [*chunks, END]).encode()
    calls = {call.id: call for call in fold(body).calls}
    assert calls == {
        f"call_{n}": CompleteToolCall(f"call_{n}", f"f{n}", "".join(pieces))
        for n, pieces in enumerate(arguments)
    }


def _marked(pieces: list[str]) -> list[tuple[bool, str]]:
    return [(position == 0, piece) for position, piece in enumerate(pieces)]


@given(st.binary(max_size=300))
def test_f14_garbage_never_raises_anything_but_a_proxy_error(garbage: bytes) -> None:
    for body in (garbage, b"data: " + garbage + b"\n\n", b'data: {"choices": ' + garbage):
        try:
            fold(body)
        except ProxyError:
            continue


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)
FIELDS = st.sampled_from(
    ["content", "reasoning_content", "tool_calls", "images", "audio", "annotations", "refusal",
     "thinking_blocks", "function_call", "provider_specific_fields"]
)  # fmt: skip


@given(st.dictionaries(FIELDS, JSON, max_size=4), JSON)
def test_f22_any_json_in_a_delta_is_read_or_a_proxy_error(
    fields: dict[str, Any], usage: Any
) -> None:
    chunk = {**delta(**fields), "usage": usage}
    body = "".join(f"data: {json.dumps(part)}\n\n" for part in (chunk, END)).encode()
    try:
        fold(body)
    except ProxyError:
        return


def chunked_answer() -> ResponseReader:
    answer = ResponseReader()
    answer.feed(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    return answer


@given(st.binary(max_size=2000), st.lists(st.integers(1, 400), max_size=8), st.data())
def test_any_chunking_and_any_split_give_the_same_body(
    body: bytes, sizes: list[int], data: st.DataObject
) -> None:
    encoded, position = b"", 0
    for size in [*sizes, 2000]:
        piece = body[position : position + size]
        position += len(piece)
        encoded += b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
    encoded += b"0\r\n\r\n"
    answer, decoded = chunked_answer(), b""
    for start, end in pairwise([0, *data.draw(cuts(len(encoded))), len(encoded)]):
        decoded += answer.feed(encoded[start:end])
    assert decoded == body
    assert answer.is_complete


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_no_bytes_make_a_chunked_body_raise_another_error(pieces: list[bytes]) -> None:
    answer = chunked_answer()
    with suppress(RequestFailed):
        for piece in pieces:
            answer.feed(piece)
