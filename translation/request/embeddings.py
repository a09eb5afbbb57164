"""Texts → what the proxy embeds, in batches that its provider takes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dify_plugin.entities.model.text_embedding import MultiModalContent, MultiModalContentType

from litellm_proxy.errors import ProxyRejected
from translation.errors.causes import Cause, cause_of
from translation.errors.request_error import RequestError
from translation.errors.sentences import sentence
from translation.media_type import labelled
from translation.token_estimate import estimate_tokens

_TOO_MANY = re.compile(
    r"batch|too many \w{0,20} ?(text|input|item|document|string)|instance|array|number of (text|input|item)"
    r"|(at most|no more than|larger than) \w{1,20} (text|input|item|document|sentence|element|string|row)"
    r"|(text|input|item|document|sentence|element|string|row)\w{0,3}\b[^.]{0,40} (at most|no more than|larger than)"
    r"|\bmax\w{0,20}\W{1,5}(\w{1,20}\W{1,5}){0,4}(input|text|item|document|sentence|element|request)",
    re.IGNORECASE,
)
_TOO_LONG = re.compile(
    r"tokens?\W{0,3}\)? (is|are) too (large|long)|physical batch|too (large|long) to (process|embed)"
    r"|(input|text|sequence|prompt)\w{0,20} (is |are )?(too long|too large|exceeds?)|context (length|size)"
    r"|maximum (sequence|context|input) length",
    re.IGNORECASE,
)
_OF_TEXTS = re.compile(
    rf"{_TOO_LONG.pattern}|NaN|unsupported value|failed to (encode|decode|tokeni[sz]e)|invalid (input|text|utf)",
    re.IGNORECASE,
)
_SOMETHING_ELSE = re.compile(rf"{_TOO_LONG.pattern}|\bdimensions?\b", re.IGNORECASE)
"""Has a most, too, but not of texts."""
_NUMBER = re.compile(r"(?<![\w.])[0-9]{1,5}(?![\w.]*[\w])")
MOST_SHORTENINGS = 3
SHORTENED_TO = 0.6
_CUT_MARGIN = 0.85
"""The estimate of tokens is within 15 %."""


def sendable(texts: Sequence[str], context_size: int | None) -> list[str]:
    """Return the texts as providers take them.

    A text of nothing but blanks becomes one: providers refuse empty texts and line feeds alone (P53),
    and Dify wants a vector for each. With a `context_size` (tokens) longer texts are cut to it; the user chose that.
    """
    kept = [text if text.strip() else " " for text in texts]
    return kept if context_size is None else [_cut(text, context_size) for text in kept]


def multimodal_input(document: MultiModalContent) -> str:
    """Return a text as it is and an image as a data URL, which is how LiteLLM takes images."""
    if document.content_type is MultiModalContentType.TEXT:
        return document.content
    if document.content.startswith(("data:", "http://", "https://")):
        return document.content
    return f"data:{labelled(document.content, 'image/png', 'image')};base64,{document.content}"


@dataclass(frozen=True, slots=True)
class Batch:
    """The texts of one request; `first` is the position of the first among all `of` texts."""

    texts: Sequence[str]
    first: int
    of: int
    shortenings: int = 0
    """How often its longest texts were made shorter."""

    def shortened(self, error: ProxyRejected) -> "Batch | None":
        """Return the batch with its longest texts shorter, if that may help; else None.

        The estimate of tokens can be far off for tables, numbers and rare scripts.
        """
        too_long = cause_of(error) is Cause.CONTEXT_TOO_LONG or _TOO_LONG.search(error.text)
        if self.shortenings == MOST_SHORTENINGS or not too_long:
            return None
        counts = [estimate_tokens(text) for text in self.texts]
        kept = [
            text[: max(1, int(len(text) * SHORTENED_TO))] if count > max(counts) / 2 else text
            for text, count in zip(self.texts, counts, strict=True)
        ]
        return Batch(kept, self.first, self.of, self.shortenings + 1)

    def in_parts_of(self, size: int) -> "Iterator[Batch]":
        """Yield the batch in smaller ones."""
        for start in range(0, len(self.texts), size):
            part = self.texts[start : start + size]
            yield Batch(part, self.first + start, self.of, self.shortenings)


def smaller_batch(error: ProxyRejected, texts: int) -> int | None:
    """Return how many texts to send instead, if there were too many for the provider; else None.

    LiteLLM does not know such limits. The refusal may tell it: a number below that of the texts.
    """
    if texts == 1 or cause_of(error) not in {Cause.REQUEST, Cause.TOO_LARGE}:
        return None
    if not _TOO_MANY.search(error.text) or _SOMETHING_ELSE.search(error.text):
        return None
    told = [int(number) for number in _NUMBER.findall(error.text)]
    return max((number for number in told if 0 < number < texts), default=texts // 2)


def speaks_of_texts(error: ProxyRejected) -> bool:
    """Return whether a fault is about what was sent, so that sending it again cannot help (P20)."""
    return _OF_TEXTS.search(error.text) is not None


def explained_refusal(
    error: ProxyRejected, batch: Batch, context_size: int, *, cut: bool
) -> RequestError | None:
    """Return an error that names the text which the provider could not embed, if it was a text.

    The longest one of a batch, where its length was the reason; positions are told from 1. Images
    have no length that could be told in tokens.
    """
    if any(text.startswith("data:") for text in batch.texts):
        return None
    counts = [estimate_tokens(text) for text in batch.texts]
    place = max(range(len(counts)), key=counts.__getitem__)
    cause = cause_of(error)
    longest = f"{len(batch.texts[place])} characters, about {counts[place]} tokens"
    name = f"Text {batch.first + place + 1} of {batch.of}"
    if cause is Cause.CONTEXT_TOO_LONG or (cause is Cause.REQUEST and counts[place] > context_size):
        return RequestError(
            f"{name} is too long: {longest}, where the model takes {context_size}. {_remedy(cut=cut)} "
            f"{sentence(error)}"
        )
    if cause in {Cause.REQUEST, Cause.PROVIDER} and _TOO_LONG.search(error.text):
        return RequestError(
            f"{name} is too long for the model's server, which takes less than the model: {longest}. "
            f"{_remedy(cut=cut)} Or raise the server's limit. {sentence(error)}"
        )
    if cause is Cause.PROVIDER and speaks_of_texts(error):
        which = (
            name
            if len(counts) == 1
            else (f"One of texts {batch.first + 1} to {batch.first + len(counts)} of {batch.of}")
        )
        return RequestError(f"{which} cannot be embedded by the model's server. {sentence(error)}")
    return None


def _remedy(*, cut: bool) -> str:
    if cut:
        return "Split it into shorter chunks, or set a smaller Context Length in the model's form."
    return "Split it into shorter chunks, or set Long Texts to Cut in the model's form."


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
