"""Text embedding models through the proxy's embedding endpoint."""

import time
from typing import Any

from dify_plugin import TextEmbeddingModel
from dify_plugin.entities.model import EmbeddingInputType
from dify_plugin.entities.model.text_embedding import (
    EmbeddingUsage,
    MultiModalContent,
    MultiModalEmbeddingResult,
    TextEmbeddingResult,
)

from litellm_proxy.client import ProxyClient
from litellm_proxy.wire.rejected_requests.fallbacks import for_model
from models.base import ProxyModel
from models.call_log import logged, note_call_id
from models.calls_in_flight import limited
from models.embedding_calls import CALL_SECONDS, Embedded, EmbeddingCall
from translation.answer.usage import embedding_usage
from translation.facts.prices import Prices, has_own_prices
from translation.facts.schema import text_embedding_schema
from translation.request.embeddings import multimodal_input
from translation.token_estimate import estimate_tokens
from translation.validation.form_problem import TEXT_EMBEDDING


class LiteLLMTextEmbeddingModel(ProxyModel, TextEmbeddingModel):
    """Embedding models; one request has at most `max_chunks` texts."""

    _kind = TEXT_EMBEDDING
    _probe_path = "/v1/embeddings"
    _schema = staticmethod(text_embedding_schema)

    @limited
    @logged
    def _invoke(
        self,
        model: str,
        credentials: dict[str, Any],
        texts: list[str],
        user: str | None = None,
        input_type: EmbeddingInputType = EmbeddingInputType.DOCUMENT,
    ) -> TextEmbeddingResult:
        """Return one vector per text, in the order of the texts."""
        embedded, usage = self._embed(model, credentials, texts, user, input_type, may_cut=True)
        # Skip pydantic's validation: the numbers are already checked.
        return TextEmbeddingResult.model_construct(
            model=embedded.fallback or model, embeddings=embedded.vectors, usage=usage
        )

    @limited
    @logged
    def _invoke_multimodal(
        self,
        model: str,
        credentials: dict[str, Any],
        documents: list[MultiModalContent],
        user: str | None = None,
        input_type: EmbeddingInputType = EmbeddingInputType.DOCUMENT,
    ) -> MultiModalEmbeddingResult:
        """Return one vector per text or image, in order."""
        inputs = [multimodal_input(document) for document in documents]
        embedded, usage = self._embed(model, credentials, inputs, user, input_type, may_cut=False)
        return MultiModalEmbeddingResult(
            model=embedded.fallback or model, embeddings=embedded.vectors, usage=usage
        )

    def _embed(  # noqa: PLR0913 - the arguments of the SDK's two calls
        self,
        model: str,
        credentials: dict[str, Any],
        inputs: list[str],
        user: str | None,
        input_type: EmbeddingInputType,
        *,
        may_cut: bool,
    ) -> tuple[Embedded, EmbeddingUsage]:
        started = time.perf_counter()
        called = self._called(model, credentials)
        settings = called.settings
        call = EmbeddingCall(
            client=ProxyClient(
                settings.proxy, total_seconds=CALL_SECONDS, note_call_id=note_call_id
            ),
            key=self._key(settings),
            batch=called.max_chunks,
            context_size=called.context_size,
            cut=may_cut and settings.cut_long_texts,
            dimensions=settings.dimensions,
            input_type=input_type.value,
            sends_input_type=called.supports_input_type,
            options=self._options(settings, credentials, user).knowing(
                for_model(called.facts.supported_params)
            ),
        )
        embedded = call.embed(inputs)
        seconds = time.perf_counter() - started
        if embedded.fallback:
            # Only LiteLLM knows the prices of a fallback model.
            usage = embedding_usage(embedded.tokens, embedded.cost, Prices(), seconds)
        else:
            cost = None if has_own_prices(settings) else embedded.cost
            usage = embedding_usage(embedded.tokens, cost, called.prices, seconds)
        return embedded, usage

    def get_num_tokens(
        self,
        model: str,  # noqa: ARG002
        credentials: dict[str, Any],  # noqa: ARG002
        texts: list[str],
    ) -> list[int]:
        """Estimate the tokens of each text, in order, without a request."""
        return [estimate_tokens(text) for text in texts]
