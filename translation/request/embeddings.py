"""Prepare texts and images for embedding, and shorten or split rejected batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dify_plugin.entities.model.text_embedding import MultiModalContent, MultiModalContentType

from litellm_proxy.errors import ProxyRejected
from translation.errors.causes import Cause, cause_of
from translation.errors.messages import LONG_QUOTE, with_source
from translation.errors.request_error import RequestError
from translation.media_type import is_data_url, labelled
from translation.request.batches import is_about_content, is_about_size, is_too_long
from translation.token_estimate import estimate_tokens

MAX_SHORTENINGS = 3
SHORTENED_TO = 0.6
_CUT_MARGIN = 0.85
"""The estimate of tokens is within 15 %."""


def prepare_texts(texts: Sequence[str], context_size: int | None) -> list[str]:
    """Return the texts in a form that providers accept.

    A blank text becomes one space: providers reject empty texts and bare line feeds, and Dify needs
    a vector for each. Texts longer than `context_size` (tokens) are cut to it, if given; this is a
    setting of the form.
    """
    kept = [text if text.strip() else " " for text in texts]
    return kept if context_size is None else [_cut(text, context_size) for text in kept]


def multimodal_input(document: MultiModalContent) -> str:
    """Return a text unchanged, an image as URL or data URL."""
    if document.content_type is MultiModalContentType.TEXT:
        return document.content
    if document.content.startswith(("data:", "http://", "https://")):
        return document.content
    return f"data:{labelled(document.content, 'image/png', 'image')};base64,{document.content}"


@dataclass(frozen=True, slots=True)
class Batch:
    """The texts of one request.

    `first` is the position of the first text among all `of` texts.
    """

    texts: Sequence[str]
    first: int
    of: int
    shortenings: int = 0
    """How often the longest texts were shortened."""

    def longest_tokens(self) -> int:
        """Return the estimated tokens of the longest text."""
        return max(map(estimate_tokens, self.texts))

    def shortened(self, error: ProxyRejected, context_size: int) -> "Batch | None":
        """Shorten the batch's longest texts; return None if that cannot help.

        The token estimate can be wrong for tables, numbers and rare scripts, but not by half. If
        every text is below half of `context_size`, and no text is longer than the others together,
        the whole batch is too large.
        """
        if self.shortenings == MAX_SHORTENINGS or not is_too_long(error):
            return None
        counts = [estimate_tokens(text) for text in self.texts]
        longest = max(counts)
        if longest < context_size / 2 and 2 * longest <= sum(counts):
            return None
        kept = [
            text[: max(1, int(len(text) * SHORTENED_TO))] if count > longest / 2 else text
            for text, count in zip(self.texts, counts, strict=True)
        ]
        return Batch(kept, self.first, self.of, self.shortenings + 1)

    def in_parts_of(self, size: int) -> "Iterator[Batch]":
        """Split the batch into batches of at most `size` texts."""
        for start in range(0, len(self.texts), size):
            part = self.texts[start : start + size]
            yield Batch(part, self.first + start, self.of, self.shortenings)


def explained_rejection(
    error: ProxyRejected, batch: Batch, context_size: int, *, cut: bool
) -> RequestError | None:
    """Return an error that names the rejected text, if any.

    If a length was the reason, it names the longest text of the batch; positions count from 1.
    Batches with images are not explained, since images have no length in tokens.
    """
    if any(is_data_url(text) for text in batch.texts):
        return None
    counts = [estimate_tokens(text) for text in batch.texts]
    place = max(range(len(counts)), key=counts.__getitem__)
    cause = cause_of(error)
    size = f"{len(batch.texts[place])} characters, about {counts[place]} tokens"
    name = f"Text {batch.first + place + 1} of {batch.of}"
    if cause is Cause.CONTEXT_TOO_LONG or (cause is Cause.REQUEST and counts[place] > context_size):
        first = f"{name} is too long ({size}; the model takes {context_size}): {_remedy(cut=cut)}"
    elif cause in {Cause.REQUEST, Cause.PROVIDER} and is_too_long(error):
        first = f"{name} is too long for the model's server ({size}): raise its limit, {_remedy(cut=cut)}"
    elif len(counts) == 1 and (
        is_about_content(error) or (cause is Cause.REQUEST and is_about_size(error))
    ):
        first = f"{name} cannot be embedded ({size}); change or remove it."
    else:
        return None
    return RequestError(with_source(first, error, LONG_QUOTE))


def _remedy(*, cut: bool) -> str:
    if cut:
        return "shorten the chunks, or set a smaller Context Length."
    return "shorten the chunks, or set Long Texts to Cut."


def _cut(text: str, context_size: int) -> str:
    tokens = estimate_tokens(text)
    if tokens <= context_size * _CUT_MARGIN:
        return text
    kept = text
    while tokens > context_size * _CUT_MARGIN and kept:
        share = context_size * _CUT_MARGIN / tokens
        kept = kept[: min(len(kept) - 1, int(len(kept) * share))]
        tokens = estimate_tokens(kept)
    return kept or text[:1]
