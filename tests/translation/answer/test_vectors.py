"""Vectors as LiteLLM passes them on → one per text, in order."""

import base64
import struct

import pytest

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.embeddings import EmbeddingsAnswer, EmbeddingsRequest
from tests.support.captured import client_answered_with
from translation.answer.vectors import vectors_in_order


def test_f55_vectors_come_back_in_the_order_of_the_texts() -> None:
    answer = (
        client_answered_with("embeddings.json")
        .embed(EmbeddingsRequest("m", ["a", "b", "c"]))
        .content
    )
    assert [row.index for row in answer.data or ()] == [2, 0, 1]
    assert vectors_in_order(answer, 3) == [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]


def base64_of(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def answer_of(*embeddings: object) -> EmbeddingsAnswer:
    rows = [{"index": index, "embedding": vector} for index, vector in enumerate(embeddings)]
    return EmbeddingsAnswer.model_validate({"data": rows})


def test_f51_vectors_as_base64_are_understood_asked_for_or_not() -> None:
    answer = answer_of(base64_of(0.5, -1.0), [0.25, 2])
    assert vectors_in_order(answer, 2) == [[0.5, -1.0], [0.25, 2.0]]


@pytest.mark.parametrize(
    "garbage", ["not base64!", "AAA=", "", base64_of(float("nan")), base64_of(float("inf"))]
)
def test_garbage_is_no_vector(garbage: str) -> None:
    with pytest.raises(ProxyProtocolError, match="vector"):
        vectors_in_order(answer_of(garbage), 1)


@pytest.mark.parametrize(
    "rows",
    [
        None,
        [],
        [(0, [1.0])],
        [(0, [1.0]), (2, [1.0])],
        [(0, [1.0]), (1, [1.0]), (1, [2.0])],
        [(0, [1.0]), (1, [1.0, 2.0])],
        [(0, []), (1, [])],
    ],
)
def test_f55_a_missing_doubled_or_odd_vector_is_an_error(
    rows: list[tuple[int, list[float]]] | None,
) -> None:
    data = None if rows is None else [{"index": i, "embedding": vector} for i, vector in rows]
    with pytest.raises(ProxyProtocolError, match=r"vector"):
        vectors_in_order(EmbeddingsAnswer.model_validate({"data": data}), 2)
