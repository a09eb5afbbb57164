import pytest

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.rerank import RerankAnswer
from translation.answer.ranking import ranked_documents
from translation.form.settings import Normalisation

DOCUMENTS = ["a\nb", "", "c"]


def ranked(
    *rows: tuple[int, float],
    normalisation: Normalisation = Normalisation.NONE,
    threshold: float | None = None,
    top_n: int | None = None,
) -> list[tuple[int, str, float]]:
    results = [{"index": index, "relevance_score": score} for index, score in rows]
    documents = ranked_documents(
        RerankAnswer.model_validate({"results": results}),
        DOCUMENTS,
        normalisation=normalisation,
        score_threshold=threshold,
        top_n=top_n,
    )
    return [(doc.index, doc.text, round(doc.score, 4)) for doc in documents]


def test_order_and_positions_are_kept() -> None:
    assert ranked((2, 0.9), (0, 0.5), (1, 0.1)) == [(2, "c", 0.9), (0, "a\nb", 0.5), (1, "", 0.1)]


def test_f57_the_threshold_applies_to_the_score_that_is_shown() -> None:
    logits = ((2, 3.0), (0, -1.0), (1, -800.0))
    assert ranked(*logits, normalisation=Normalisation.SIGMOID, threshold=0.5) == [(2, "c", 0.9526)]
    assert ranked(*logits, threshold=0.5) == [(2, "c", 3.0)]
    spread = ranked(*logits, normalisation=Normalisation.MIN_MAX)
    assert [score for *_, score in spread] == [1.0, 0.995, 0.0]
    assert ranked((0, 2.0), (1, 2.0), normalisation=Normalisation.MIN_MAX)[0][2] == 1.0


def test_backends_that_do_not_sort_are_sorted() -> None:
    assert ranked((0, 0.1), (1, 0.9), top_n=1) == [(1, "", 0.9)]


def test_top_n_holds_even_if_the_proxy_ignores_it() -> None:
    assert len(ranked((2, 0.9), (0, 0.5), (1, 0.1), top_n=2)) == 2
    assert ranked() == []


@pytest.mark.parametrize("rows", [[(3, 1.0)], [(-1, 1.0)], [(0, 1.0), (0, 0.5)]])
def test_positions_that_were_not_asked_for_are_an_error(rows: list[tuple[int, float]]) -> None:
    with pytest.raises(ProxyProtocolError, match="positions"):
        ranked(*rows)


def test_f58_a_ranking_without_results_is_an_error() -> None:
    answer = RerankAnswer.model_validate({"data": []})
    with pytest.raises(ProxyProtocolError, match="without results"):
        ranked_documents(
            answer, ["a"], normalisation=Normalisation.NONE, score_threshold=None, top_n=None
        )
