"""Convert the proxy's ranking for Dify: normalise the scores, then apply the threshold."""

import math
from collections.abc import Sequence

from dify_plugin.entities.model.rerank import RerankDocument

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.rerank import RerankAnswer
from translation.form.settings import Normalisation

_ALIKE = 1.0
"""The normalised score of all documents if they have equal scores."""


def ranked_documents(
    answer: RerankAnswer,
    documents: Sequence[str],
    *,
    normalisation: Normalisation,
    score_threshold: float | None,
    top_n: int | None,
) -> list[RerankDocument]:
    """Return the documents by descending score, with their positions among `documents`.

    Sorting and `top_n` are applied here because some backends ignore them. The threshold applies to
    the normalised score. Raises ProxyProtocolError for a response without results, or with a
    position that is duplicate or out of range.
    """
    if answer.results is None:
        message = "a ranking without results came back"
        raise ProxyProtocolError(message)
    positions = [row.index for row in answer.results]
    if len(set(positions)) != len(positions) or not set(positions) <= set(range(len(documents))):
        message = "a ranking with positions that were not asked for came back"
        raise ProxyProtocolError(message)
    rows = sorted(answer.results, key=lambda row: row.relevance_score, reverse=True)
    scores = _normalised([row.relevance_score for row in rows], normalisation)
    ranked = [
        RerankDocument(index=row.index, text=documents[row.index], score=score)
        for row, score in zip(rows, scores, strict=True)
        if score_threshold is None or score >= score_threshold
    ]
    return ranked if top_n is None or top_n < 0 else ranked[:top_n]


def _normalised(scores: Sequence[float], normalisation: Normalisation) -> list[float]:
    match normalisation:
        case Normalisation.NONE:
            return list(scores)
        case Normalisation.SIGMOID:
            return [_sigmoid(score) for score in scores]
        case Normalisation.MIN_MAX:
            lowest, highest = min(scores, default=0.0), max(scores, default=0.0)
            spread = highest - lowest
            return [(score - lowest) / spread if spread else _ALIKE for score in scores]


def _sigmoid(score: float) -> float:
    """Return 1 / (1 + e^-score) without overflow for large negative scores."""
    if score >= 0:
        return 1 / (1 + math.exp(-score))
    power = math.exp(score)
    return power / (1 + power)
