"""`POST /v1/embeddings`."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import FiniteFloat

from litellm_proxy.wire.chat import Usage
from litellm_proxy.wire.error_body import Answer
from litellm_proxy.wire.options import NO_OPTIONS, RequestOptions
from litellm_proxy.wire.reading import Lenient, WireModel


class Encoding(StrEnum):
    """How vectors are written: as base64 of little-endian 32-bit floats, or as numbers."""

    BASE64 = "base64"
    FLOAT = "float"


@dataclass(frozen=True, slots=True)
class EmbeddingsRequest:
    """Texts to embed; `dimensions` and `input_type` (document, query) are sent only when set."""

    model: str
    texts: Sequence[str]
    dimensions: int | None = None
    encoding: Encoding = Encoding.FLOAT
    input_type: str | None = None
    options: RequestOptions = NO_OPTIONS

    def to_json(self) -> bytes:
        """Return the request body; null would be refused for `encoding_format` (dify#35784)."""
        return self.options.to_json(
            model=self.model,
            input=list(self.texts),
            encoding_format=self.encoding.value,
            dimensions=self.dimensions,
            input_type=self.input_type,
        )


class EmbeddingRow(WireModel):
    """One vector; `index` is the position of its text in the request.

    Upstreams answer in the other encoding than they were asked for, too.
    """

    index: int
    embedding: str | list[FiniteFloat]


class EmbeddingsAnswer(Answer):
    """Vectors in the upstream's order, which need not be the request's."""

    data: list[EmbeddingRow] | None = None
    usage: Lenient[Usage] = None
