"""Reading events by what is around their text gives what a full parse of every event gives."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from litellm_proxy.wire.chat import ChatChunk
from litellm_proxy.wire.chat_events import ChatEvent, ChatEvents

type Fields = tuple[str, str, str]

KEYS = ["id", "object", "model", "created", "choices", "index", "delta", "content", "finish_reason"]
PIECES = st.one_of(
    # What a text can hold that looks like the event around it.
    st.sampled_from(
        [*'{}[]:,"\\', '":"', '":', ':"', '","', '"}', "null", "0", "\\u0077ord", "\\n", " ", "\n",
         "probe", "word", "…", "m", "1", "text", "", "é", "😀", "\u2028", "\x01",
         *(f'{key}":' for key in KEYS), *(f'"{key}":"' for key in KEYS), *KEYS],
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=5).map("".join)
OTHERS = st.tuples(TEXTS, TEXTS, st.one_of(st.just("stop"), TEXTS))


def written(content: str, others: Fields, *, ascii_only: bool, content_first: bool) -> bytes:
    """An event as servers write one: in either order of fields, with escapes or without."""
    identifier, model, extra = others
    choice: dict[str, Any] = {"index": 0, "delta": {"content": content, "name": extra}}
    choices = {"choices": [choice]}
    around = {"id": identifier, "model": model}
    event = {**choices, **around} if content_first else {**around, **choices}
    return json.dumps(event, ensure_ascii=ascii_only, separators=(",", ":")).encode()


def text_of(events: list[ChatEvent]) -> str:
    return "".join(
        event if isinstance(event, str) else "".join(c.piece.text for c in event.choices or ())
        for event in events
    )


def check(events: list[bytes]) -> None:
    read: list[ChatEvent] = []
    reader = ChatEvents(ChatChunk.model_validate_json)
    for event in events:
        reader.read([event], read)
    whole: list[ChatEvent] = [ChatChunk.model_validate_json(event) for event in events]
    assert text_of(read) == text_of(whole)
    assert len(read) == len(whole)


ORDERS = st.fixed_dictionaries({"ascii_only": st.booleans(), "content_first": st.booleans()})
PLAINLY = {"ascii_only": False, "content_first": False}


@given(st.lists(TEXTS, min_size=1, max_size=8), st.lists(OTHERS, min_size=1, max_size=3), ORDERS)
@example(["a", 'abcdefgmodel":x', "b"], [("1", "x", "n")], PLAINLY)
@example(["a", '{"aaaa"model":"x","n":1}', "b"], [("1", "x", "n")], PLAINLY)
@example(["a", ":", "b"], [("1", "m", "n")], PLAINLY)
@example(["a", "probe", "b"], [("probe", "m", "n"), ("else", "m", "n")], PLAINLY)
def test_a_text_never_ends_or_changes_an_answer(
    texts: list[str], others: list[Fields], order: dict[str, bool]
) -> None:
    for first in others:
        pieces = ["x", *texts, "y", *texts]
        check([
            written(piece, fields, **order) for fields in (first, *others) for piece in pieces
        ])  # fmt: skip


@given(st.lists(st.tuples(TEXTS, OTHERS), min_size=3, max_size=20))
def test_events_that_all_differ_are_read_as_they_are(events: list[tuple[str, Fields]]) -> None:
    check([
        written(text, others, ascii_only=n % 2 == 0, content_first=n % 3 == 0)
        for n, (text, others) in enumerate(events)
    ])  # fmt: skip


def test_escaped_text_that_equals_another_fields_bytes() -> None:
    odd = [
        b'{"id":"%b","choices":[{"delta":{"content":"\\u0070robe"}}]}' % value
        for value in (b"probe", b"probe", b"probe", b"other", b"word")
    ]
    check(odd)


def test_large_fields_that_change_are_read_in_linear_time() -> None:
    events = [
        json.dumps(
            {"id": f"{n}" + "y" * 200_000, "choices": [{"delta": {"content": "y"}}]}
        ).encode()
        for n in range(40)
    ]
    check(events)
