"""Rerank models through the proxy's rerank endpoint."""

from collections.abc import Sequence
from typing import Any

from dify_plugin import RerankModel
from dify_plugin.entities.model.rerank import (
    MultiModalRerankResult,
    RerankDocument,
    RerankResult,
)
from dify_plugin.entities.model.text_embedding import MultiModalContent

from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.rerank import Ranked, RerankAnswer, RerankRequest, joined
from models.base import ProxyModel
from models.call_log import logged
from models.calls_in_flight import limited
from models.error_log import explained_or_self
from models.learned_limits import largest_size, learn_largest
from translation.answer.ranking import ranked_documents
from translation.facts.schema import rerank_schema
from translation.form.settings import Normalisation, Settings
from translation.request.batches import smaller_batch
from translation.request.rerank import (
    Place,
    ranked,
    ranked_text,
    rejected_document,
    results_wanted,
    shown_text,
)
from translation.validation.form_problem import RERANK


class LiteLLMRerankModel(ProxyModel, RerankModel):
    """Models that rank documents by relevance to a query."""

    _kind = RERANK
    _probe_path = "/v1/rerank"
    _schema = staticmethod(rerank_schema)

    @limited
    @logged
    def _invoke(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        model: str,
        credentials: dict[str, Any],
        query: str,
        docs: list[str],
        score_threshold: float | None = None,
        top_n: int | None = None,
        user: str | None = None,
    ) -> RerankResult:
        """Return the documents by descending score; without documents, send no request."""
        sent = [ranked_text(document) for document in docs]
        found = self._ranked(
            model, credentials, ranked_text(query), sent, docs, score_threshold, top_n, user
        )
        return RerankResult(model=model, docs=found)

    @limited
    @logged
    def _invoke_multimodal(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        model: str,
        credentials: dict[str, Any],
        query: MultiModalContent,
        docs: Sequence[MultiModalContent],
        score_threshold: float | None = None,
        top_n: int | None = None,
        user: str | None = None,
    ) -> MultiModalRerankResult:
        """Return texts and images by descending score."""
        sent = [ranked(document) for document in docs]
        texts = [shown_text(document) for document in docs]
        found = self._ranked(
            model, credentials, ranked(query), sent, texts, score_threshold, top_n, user
        )
        return MultiModalRerankResult(model=model, docs=found)

    def _ranked(  # noqa: PLR0913, PLR0917 - the arguments of the SDK's two calls
        self,
        model: str,
        credentials: dict[str, Any],
        query: Ranked,
        documents: Sequence[Ranked],
        texts: Sequence[str],
        score_threshold: float | None,
        top_n: int | None,
        user: str | None,
    ) -> list[RerankDocument]:
        """Rank `documents`; the result has `texts` in their place."""
        settings = self._calling_settings(model, credentials)
        if not documents:
            return []
        # Min-max normalisation needs the scores of all documents.
        spread = settings.score_normalisation is Normalisation.MIN_MAX
        request = RerankRequest(
            settings.model,
            query,
            documents,
            None if spread else results_wanted(top_n, len(documents)),
            self._options(settings, credentials, user),
        )
        return ranked_documents(
            self._in_batches(
                settings,
                request,
                largest_size(self._key(settings), len(documents)),
                Place(0, len(documents)),
            ),
            texts,
            normalisation=settings.score_normalisation,
            score_threshold=score_threshold,
            top_n=top_n,
        )

    def _in_batches(
        self, settings: Settings, request: RerankRequest, size: int, place: Place
    ) -> RerankAnswer:
        """Rank the documents in batches of `size`."""
        batches = list(request.in_batches_of(size))
        starts = range(place.first, place.first + len(request.documents), size)
        return joined(
            [
                (each, self._batch(settings, each, Place(start, place.of)))
                for start, each in zip(starts, batches, strict=True)
            ]
        )

    def _batch(self, settings: Settings, request: RerankRequest, place: Place) -> RerankAnswer:
        """Rank one batch, or smaller ones if the model's server rejects it."""
        try:
            return self._ask(settings, request, self._client(settings).rerank)
        except ProxyRejected as error:
            smaller = smaller_batch(error, len(request.documents))
            if smaller is None:
                raise explained_or_self(
                    error, lambda it: rejected_document(it, request.documents, place)
                ) from None
            answer = self._in_batches(settings, request, smaller.size, place)
            if smaller.is_limit:
                # The success of smaller batches confirms that the size was the reason.
                learn_largest(self._key(settings), smaller.size, error)
            return answer
