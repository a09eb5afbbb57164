"""Prepare documents for rerank requests, and explain a rejected document."""

from collections.abc import Sequence
from dataclasses import dataclass

from dify_plugin.entities.model.text_embedding import MultiModalContent, MultiModalContentType

from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.rerank import Ranked
from translation.errors.messages import LONG_QUOTE, with_source
from translation.errors.request_error import RequestError
from translation.request.batches import is_about_content, is_about_size
from translation.token_estimate import estimate_tokens


@dataclass(frozen=True, slots=True)
class Place:
    """Position (from 0) of a batch's first document among `of` documents."""

    first: int
    of: int


def ranked_text(text: str) -> str:
    """Replace blank text by a space, since providers reject blank text."""
    return text if text.strip() else " "


def ranked(content: MultiModalContent) -> Ranked:
    """Return a text or an image in the request's format."""
    if content.content_type is MultiModalContentType.IMAGE:
        return {"image": content.content}
    return ranked_text(content.content)


def shown_text(content: MultiModalContent) -> str:
    """Return the text for the result, "" for an image.

    Dify finds an image by its index.
    """
    return "" if content.content_type is MultiModalContentType.IMAGE else content.content


def results_wanted(top_n: int | None, documents: int) -> int | None:
    """Return how many results to request, at most `documents`.

    Providers reject more.
    """
    return min(top_n, documents) if top_n is not None and top_n > 0 else None


def rejected_document(
    error: ProxyRejected, documents: Sequence[Ranked], place: Place
) -> RequestError | None:
    """Return an error that names the rejected document, if any."""
    (document,) = documents if len(documents) == 1 else (None,)
    if not isinstance(document, str) or not (is_about_content(error) or is_about_size(error)):
        return None
    length = f"{len(document)} characters, about {estimate_tokens(document)} tokens"
    first = f"Document {place.first + 1} of {place.of} cannot be ranked ({length}); shorten it or the query."
    return RequestError(with_source(first, error, LONG_QUOTE))
