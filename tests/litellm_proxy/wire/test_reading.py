"""Lists are parsed row by row, and documents that take too long are not parsed at all."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.limits import (
    MAX_DOCUMENT_BYTES,
    MAX_DOCUMENT_OBJECTS,
    MAX_DOCUMENT_VALUES,
    MAX_ROW_VALUES,
    MAX_ROWS,
    ROW_BYTES,
)
from litellm_proxy.wire.chat import ChatChunk
from litellm_proxy.wire.embeddings import EmbeddingsAnswer
from litellm_proxy.wire.model_info import ModelList
from litellm_proxy.wire.rerank import RerankAnswer

TEXT = st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
)
ROW = st.fixed_dictionaries({"id": TEXT}, optional={"mode": TEXT, "other": JSON})


@given(st.lists(ROW, max_size=5), st.dictionaries(TEXT, JSON, max_size=4), st.booleans())
def test_rows_are_what_the_whole_would_be(
    rows: list[Any],
    others: dict[str, Any],
    is_indented: bool,  # noqa: FBT001
) -> None:
    body = json.dumps({**others, "data": rows}, indent=2 if is_indented else None).encode()
    assert ModelList.read(body) == ModelList.model_validate_json(body)


@pytest.mark.parametrize("size", [ROW_BYTES - 20, ROW_BYTES, 5 * ROW_BYTES])
def test_rows_may_be_longer_than_what_is_looked_at_first(size: int) -> None:
    rows: list[Any] = [{"id": "a" * size}, {"id": "b", "x": 123456789}, {"id": "c" * size}]
    assert [row.id for row in ModelList.read(json.dumps({"data": rows}).encode()).data] == [
        row["id"] for row in rows
    ]


def test_a_bad_row_is_left_out_of_a_list_of_models_and_an_error_in_a_ranking() -> None:
    assert ModelList.read(b'{"data": [1, {"id": 5}, {"id": "a"}, null]}').data[0].id == "a"
    with pytest.raises(ValidationError):
        RerankAnswer.read(b'{"results": [{"index": 0, "relevance_score": null}]}')


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"data": [', b'{"data": [}', b'{"a" 1}', b"{1: 2}x"]
)
def test_anything_else_is_an_error(body: bytes) -> None:
    with pytest.raises((ProxyProtocolError, ValueError)):
        ModelList.read(body)


@pytest.mark.parametrize(
    "document",
    [
        b'{"x": "' + b"a" * MAX_DOCUMENT_BYTES + b'"}',
        b'{"x": [' + b"1," * (MAX_DOCUMENT_VALUES + 1) + b"1]}",
        b'{"x": [' + b"[]," * (MAX_DOCUMENT_VALUES + 1) + b"1]}",
        b'{"x": [' + b"{}," * (MAX_DOCUMENT_OBJECTS + 1) + b"1, 2" + b" " * 100_000 + b"]}",
        b'{"choices": [' + b"{}," * 1000 + b"{}]}",
    ],
)
def test_what_would_take_too_long_is_refused(document: bytes) -> None:
    with pytest.raises((ProxyProtocolError, ValueError)):
        ChatChunk.read(document)


def test_marks_in_texts_do_not_count() -> None:
    text = '{"a": [1, 2]}\\"' * 100_000
    body = json.dumps({"choices": [{"message": {"content": text}}]}).encode()
    chunk = ChatChunk.read(body)
    assert chunk.choices
    assert chunk.choices[0].piece.content == text


def test_a_list_has_so_many_rows_and_a_row_so_many_values() -> None:
    with pytest.raises(ProxyProtocolError, match="rows"):
        ModelList.read(b'{"data": [' + b'{"id": "a"},' * (MAX_ROWS + 1) + b"]}")
    vector = b'{"data": [{"embedding": [' + b"0.12," * (MAX_ROW_VALUES + 1) + b"1]}]}"
    with pytest.raises(ProxyProtocolError, match="values"):
        EmbeddingsAnswer.read(vector)


def test_an_object_of_many_members_is_not_read() -> None:
    """Each member costs a look at 16 kB."""
    with pytest.raises(ProxyProtocolError, match="members"):
        EmbeddingsAnswer.read(b"{" + b",".join([b'"a":0'] * 100_000) + b',"data":[]}')


def test_bad_rows_count_too() -> None:
    with pytest.raises(ProxyProtocolError, match="rows"):
        ModelList.read(b'{"data": [' + b"0," * (MAX_ROWS + 1) + b"]}")


def test_the_neighbours_of_a_row_do_not_count() -> None:
    vectors = [{"index": n, "embedding": [0.0] * 16_384} for n in range(5)]
    assert len(EmbeddingsAnswer.read(json.dumps({"data": vectors}).encode()).data or ()) == 5
    rows = [{"id": "a" * 300_000}, *({"id": f"m{n}"} for n in range(19_000))]
    assert len(ModelList.read(json.dumps({"data": rows}).encode()).data) == 19_001
    large = [{"id": "a" * 5_000_000}, {"id": "b" * 5_000_000}]
    assert len(ModelList.read(json.dumps({"data": large}).encode()).data) == 2
