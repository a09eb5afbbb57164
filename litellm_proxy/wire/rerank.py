"""`POST /v1/rerank`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from typing import TypedDict

from pydantic import FiniteFloat

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.error_body import ResponseWithError
from litellm_proxy.wire.options import NO_OPTIONS, ProxyRequest, RequestOptions
from litellm_proxy.wire.reading import Json, ListModel, WireModel
from litellm_proxy.wire.request import Request


class RankedImage(TypedDict):
    """An image as base64.

    LiteLLM passes it on in the format of Jina's API.
    """

    image: str


type Ranked = str | RankedImage
"""A text, or an image."""


@dataclass(frozen=True, slots=True)
class RerankRequest(ProxyRequest):
    """Documents to order by relevance to a query.

    `top_n` is sent only if set.
    """

    model: str
    query: Ranked
    documents: Sequence[Ranked]
    top_n: int | None = None
    options: RequestOptions = NO_OPTIONS

    def request(self) -> Request:
        """Return the request."""
        own: dict[str, Json] = {
            "model": self.model,
            "query": self.query,
            "documents": list(self.documents),
            "top_n": self.top_n,
        }
        return self.options.request("/v1/rerank", own)

    def in_batches_of(self, size: int) -> "Iterator[RerankRequest]":
        """Yield requests with at most `size` documents each, in order."""
        for batch in batched(self.documents, size):
            top_n = None if self.top_n is None else min(self.top_n, len(batch))
            yield replace(self, documents=batch, top_n=top_n)


class RankedDocument(WireModel):
    """The score of one document; `index` is its position in the request."""

    index: int
    relevance_score: FiniteFloat


class RerankAnswer(ListModel, ResponseWithError):
    """Documents by descending score, possibly fewer than were sent."""

    listed = "results"
    row = RankedDocument
    results: list[RankedDocument] | None = None


def joined(answers: Sequence[tuple[RerankRequest, RerankAnswer]]) -> RerankAnswer:
    """Join the responses to batches; scores do not depend on the batch.

    Raises ProxyProtocolError for an index outside of its batch.
    """
    if len(answers) == 1:
        return answers[0][1]
    rows: list[RankedDocument] = []
    start = 0
    for request, answer in answers:
        if answer.results is None:
            return answer
        for row in answer.results:
            if not 0 <= row.index < len(request.documents):
                message = "a ranking with positions that were not asked for came back"
                raise ProxyProtocolError(message)
            rows.append(row.model_copy(update={"index": row.index + start}))
        start += len(request.documents)
    return RerankAnswer(results=rows)
