"""Rerank models through the proxy's rerank endpoint."""

from typing import Any

from dify_plugin import RerankModel
from dify_plugin.entities.model.rerank import RerankResult

from litellm_proxy.wire.rerank import RerankRequest
from models.base import ProxyModel
from models.call_log import logged
from translation.answer.ranking import ranked_documents
from translation.facts.schema import rerank_schema
from translation.form.settings import Normalisation
from translation.request.rerank import results_wanted
from translation.saving.validation import RERANK


class LiteLLMRerankModel(ProxyModel, RerankModel):
    """Models that order documents by how well they answer a query."""

    _kind = RERANK
    _probe_path = "/v1/rerank"
    _schema = staticmethod(rerank_schema)

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
        """Return the documents by falling score; no documents, no request."""
        settings = self._calling_settings(model, credentials)
        if not docs:
            return RerankResult(model=model, docs=[])
        # Providers refuse blank documents, and their positions have to stay.
        documents = [document if document.strip() else " " for document in docs]
        # Scores can be spread from 0 to 1 only over all documents.
        spread = settings.score_normalisation is Normalisation.MIN_MAX
        request = RerankRequest(
            settings.model,
            query if query.strip() else " ",
            documents,
            None if spread else results_wanted(top_n, len(docs)),
            self._options(settings, credentials, user),
        )
        answer = self._ask(settings, request, self._client(settings).rerank)
        ranked = ranked_documents(
            answer,
            docs,
            normalisation=settings.score_normalisation,
            score_threshold=score_threshold,
            top_n=top_n,
        )
        return RerankResult(model=model, docs=ranked)
