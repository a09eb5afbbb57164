"""What is ranked, and how many results are asked for."""

from dify_plugin.entities.model.text_embedding import MultiModalContent, MultiModalContentType

from litellm_proxy.wire.rerank import Ranked


def ranked_text(text: str) -> str:
    """Return a text as it is sent: providers refuse blank ones, and their positions have to stay."""
    return text if text.strip() else " "


def ranked(content: MultiModalContent) -> Ranked:
    """Return a text or an image of a knowledge base as it is sent."""
    if content.content_type is MultiModalContentType.IMAGE:
        return {"image": content.content}
    return ranked_text(content.content)


def shown_text(content: MultiModalContent) -> str:
    """Return what stands for it in the result: an image has no text, and Dify knows which it is."""
    return "" if content.content_type is MultiModalContentType.IMAGE else content.content


def results_wanted(top_n: int | None, documents: int) -> int | None:
    """Return how many results to ask for: providers refuse more than there are documents (P07)."""
    return min(top_n, documents) if top_n is not None and top_n > 0 else None
