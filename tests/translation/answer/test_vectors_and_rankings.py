"""Vectors and scores at the edges: one model, one line, one threshold."""

import math

import pytest

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.embeddings import EmbeddingsAnswer
from litellm_proxy.wire.rerank import RerankAnswer
from translation.answer.ranking import ranked_documents
from translation.answer.vectors import (
    require_one_line,
    require_one_model,
    require_one_size,
    vectors_in_order,
)
from translation.errors.request_error import RequestError
from translation.form.settings import Normalisation

OF_A_LINE = 5 * 1024 * 1024 - 10_000


@pytest.mark.parametrize("fallbacks", [[], [None], [None, None], ["b", "b"], [None, "a"]])
def test_vectors_of_one_model_can_be_compared(fallbacks: list[str | None]) -> None:
    require_one_model("a", fallbacks)


def test_vectors_of_two_models_name_both_and_the_way_out() -> None:
    with pytest.raises(
        RequestError,
        match=r"^LiteLLM fell back to another model \(a, b\), whose vectors cannot be compared; "
        r"try again\.$",
    ):
        require_one_model("b", [None, "a", "b"])


@pytest.mark.parametrize("vectors", [[], [[1.0], [2.0]]])
def test_vectors_of_one_size_pass(vectors: list[list[float]]) -> None:
    require_one_size(vectors)


@pytest.mark.parametrize("vectors", [[[1.0], [1.0, 2.0]], [[]], [[], [1.0]]])
def test_vectors_that_are_empty_or_differ_in_size_are_an_error(vectors: list[list[float]]) -> None:
    with pytest.raises(ProxyProtocolError, match=r"^the vectors that came back differ in size$"):
        require_one_size(vectors)


@pytest.mark.parametrize(
    ("size", "texts", "most"),
    [(1, 209_316, 209_315), (209_315, 2, 1), (300_000, 1, 1), (3072, 69, 68)],
)
def test_more_vectors_than_a_line_takes_name_how_many_it_does(
    size: int, texts: int, most: int
) -> None:
    with pytest.raises(
        RequestError,
        match=rf"^{texts} vectors of {size} numbers are too many for Dify; set Texts per Request to {most} or less\.$",
    ):
        require_one_line([[0.5] * size], texts)


@pytest.mark.parametrize(("size", "texts"), [(1, 209_315), (209_315, 1), (3072, 68)])
def test_vectors_that_fit_a_line_pass(size: int, texts: int) -> None:
    assert texts * size * 25 <= OF_A_LINE
    require_one_line([[0.5] * size], texts)


def test_before_the_first_vector_any_number_of_texts_passes() -> None:
    require_one_line([], 10**9)


@pytest.mark.parametrize("data", ["AAAA\nAAAAAAA=", "AAAAAA==AAAA", "AA-_AAAA"])
def test_loose_base64_is_no_vector(data: str) -> None:
    answer = EmbeddingsAnswer.model_validate({"data": [{"index": 0, "embedding": data}]})
    with pytest.raises(
        ProxyProtocolError, match=r"^the model's server returned no vector of numbers for text 1$"
    ):
        vectors_in_order(answer, 1)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([(0, "AADAfw==")], r"^the model's server returned no vector of numbers for text 1$"),
        ([(0, [1.0]), (2, [1.0])], r"^the model's server numbers its vectors"),
        ([(0, [1.0])] * 3, r"^2 texts were sent, but 3 vectors came back$"),
    ],
)
def test_what_is_wrong_with_vectors_is_said(rows: list[tuple[int, object]], says: str) -> None:
    data = [{"index": index, "embedding": vector} for index, vector in rows]
    with pytest.raises(ProxyProtocolError, match=says):
        vectors_in_order(EmbeddingsAnswer.model_validate({"data": data}), len(rows[:2]))


@pytest.mark.parametrize("index", [None, 0, 7])
def test_vectors_without_numbers_of_their_own_are_in_the_order_of_the_texts(
    index: int | None,
) -> None:
    data = [{"index": index, "embedding": [number]} for number in (0.5, 0.25)]
    answer = EmbeddingsAnswer.model_validate({"data": data})
    assert vectors_in_order(answer, 2) == [[0.5], [0.25]]


def scores(
    *given: float, normalisation: Normalisation, threshold: float | None = None
) -> list[float]:
    rows = [{"index": place, "relevance_score": score} for place, score in enumerate(given)]
    ranked = ranked_documents(
        RerankAnswer.model_validate({"results": rows}),
        ["text"] * len(given),
        normalisation=normalisation,
        score_threshold=threshold,
        top_n=None,
    )
    return [document.score for document in ranked]


@pytest.mark.parametrize(
    ("logit", "score"), [(0.0, 0.5), (-0.5, 0.3775), (0.5, 0.6225), (-2.0, 0.1192), (-800.0, 0.0)]
)
def test_a_sigmoid_is_the_same_on_both_sides(logit: float, score: float) -> None:
    (told,) = scores(logit, normalisation=Normalisation.SIGMOID)
    assert math.isclose(told, score, abs_tol=5e-5)


def test_a_score_at_the_threshold_counts() -> None:
    assert scores(0.25, 0.5, normalisation=Normalisation.NONE, threshold=0.5) == [0.5]


@pytest.mark.parametrize("normalisation", Normalisation)
def test_no_results_have_no_scores(normalisation: Normalisation) -> None:
    assert scores(normalisation=normalisation) == []


@pytest.mark.parametrize(
    ("results", "says"),
    [
        (None, r"^a ranking without results came back$"),
        ([{"index": 1, "relevance_score": 1}], r"^a ranking with positions that were not asked"),
    ],
)
def test_what_is_wrong_with_a_ranking_is_said(results: object, says: str) -> None:
    answer = RerankAnswer.model_validate({"results": results})
    with pytest.raises(ProxyProtocolError, match=says):
        ranked_documents(
            answer, ["a"], normalisation=Normalisation.NONE, score_threshold=None, top_n=None
        )
