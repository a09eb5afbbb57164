"""Text embedding models through the proxy's embedding endpoint."""

import time
from itertools import batched
from typing import Any

from dify_plugin import TextEmbeddingModel
from dify_plugin.entities.model import AIModelEntity, EmbeddingInputType
from dify_plugin.entities.model.text_embedding import TextEmbeddingResult

from litellm_proxy.wire.embeddings import EmbeddingsRequest
from models.base import ProxyModel
from models.known_facts import facts_of
from translation.capabilities import max_chunks_of, prices_of
from translation.embeddings import require_one_line, vectors_in_order
from translation.facts import ModelFacts
from translation.schema import text_embedding_schema
from translation.settings import Settings, parse_settings
from translation.token_estimate import estimate_tokens
from translation.usage import embedding_usage
from translation.validation import TEXT_EMBEDDING


class LiteLLMTextEmbeddingModel(ProxyModel, TextEmbeddingModel):
    """Embedding models; one request holds `max_chunks` texts."""

    _kind = TEXT_EMBEDDING
    _probe_path = "/v1/embeddings"

    def _invoke(
        self,
        model: str,
        credentials: dict[str, Any],
        texts: list[str],
        user: str | None = None,
        input_type: EmbeddingInputType = EmbeddingInputType.DOCUMENT,  # noqa: ARG002
    ) -> TextEmbeddingResult:
        """Return one vector per text, in the order of the texts."""
        started = time.perf_counter()
        settings = parse_settings(model, credentials)
        facts = facts_of(settings, credentials)
        client = self._client(settings)
        embeddings: list[list[float]] = []
        tokens = 0
        for batch in batched(texts, max_chunks_of(settings, facts)):
            answer = client.embed(
                EmbeddingsRequest(settings.model, batch, settings.dimensions, user)
            )
            embeddings += vectors_in_order(answer, len(batch))
            require_one_line(embeddings, len(texts))
            counted = answer.usage.prompt_tokens if answer.usage else None
            tokens += counted if counted is not None else sum(map(estimate_tokens, batch))
        usage = embedding_usage(tokens, prices_of(settings, facts), time.perf_counter() - started)
        return TextEmbeddingResult(model=model, embeddings=embeddings, usage=usage)

    def get_num_tokens(
        self,
        model: str,  # noqa: ARG002
        credentials: dict[str, Any],  # noqa: ARG002
        texts: list[str],
    ) -> list[int]:
        """Return an estimate of the tokens of each text, in order, without asking anybody."""
        return [estimate_tokens(text) for text in texts]

    def _schema(self, model: str, settings: Settings, facts: ModelFacts) -> AIModelEntity:
        return text_embedding_schema(model, settings, facts)
