"""Compute Dify's usage from token counts and prices. Amounts are in USD."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from dify_plugin.entities.model.llm import LLMUsage
from dify_plugin.entities.model.text_embedding import EmbeddingUsage

from litellm_proxy.response_headers import CallReport
from litellm_proxy.wire.chat import Usage
from translation.facts.prices import PRICE_UNIT, Prices, per_million
from translation.media_type import is_data_url
from translation.token_estimate import estimate_tokens

_ABSURD_COST = 1e6
_ABSURD_COUNT = 10**9
_SMALLEST = Decimal("1e-10")
"""Dify's database has seven decimals; sums of many calls need more."""


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Tokens of one call, never negative.

    Cache tokens are part of `prompt`, reasoning tokens part of `completion`.
    """

    prompt: int
    completion: int
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0


def llm_usage(counts: TokenCounts, cost: float | None, prices: Prices, latency: float) -> LLMUsage:
    """Return the usage of an LLM call that took `latency` seconds.

    The total is `cost`, the proxy's figure in USD; without it, the tokens times the prices; without
    prices, 0. The parts always add up to the total.
    """
    prices = prices.for_prompt(counts.prompt)
    prompt_price = _prompt_price(counts, prices)
    completion_price = _completion_price(counts, prices)
    total = _rounded(cost)
    if total is not None:
        prompt_price = _prompt_part(total, prompt_price, completion_price, counts, prices)
        completion_price = total - prompt_price
    return LLMUsage(
        prompt_tokens=counts.prompt,
        prompt_unit_price=_per_unit(prices.input),
        prompt_price_unit=PRICE_UNIT,
        prompt_price=prompt_price,
        completion_tokens=counts.completion,
        completion_unit_price=_per_unit(prices.output),
        completion_price_unit=PRICE_UNIT,
        completion_price=completion_price,
        total_tokens=counts.prompt + counts.completion,
        total_price=prompt_price + completion_price,
        currency="USD",
        latency=latency,
    )


def embedding_usage(
    tokens: int, cost: float | None, prices: Prices, latency: float
) -> EmbeddingUsage:
    """Return the usage of an embedding call that took `latency` seconds.

    The total is computed as in `llm_usage`.
    """
    prices = prices.for_prompt(tokens)
    total = _rounded(cost)
    return EmbeddingUsage(
        tokens=tokens,
        total_tokens=tokens,
        unit_price=_per_unit(prices.input),
        price_unit=PRICE_UNIT,
        total_price=_amount(tokens, prices.input) if total is None else total,
        currency="USD",
        latency=latency,
    )


def reported_cost(usage: Usage | None, report: CallReport) -> float | None:
    """Return LiteLLM's cost of a call in USD, or None.

    It is in the usage of a stream, and in the response headers of a blocking answer. A cost of 0
    means unknown, except for an answer from LiteLLM's own cache.
    """
    if report.cost is not None:
        return report.cost
    return (usage.cost or None) if usage else None


def embedding_cost(usage: Usage | None, report: CallReport) -> float | None:
    """Return LiteLLM's cost of an embedding in USD, or None.

    For vectors from its cache LiteLLM 1.106 reports neither cost nor duration; its spend log has 0.
    """
    return 0.0 if report.tells_neither_cost_nor_duration else reported_cost(usage, report)


def counts_of(usage: Usage | None, estimate: Callable[[], TokenCounts]) -> TokenCounts:
    """Return the proxy's counts, an estimate if missing or absurd.

    LiteLLM sends 0 and 0 in completion mode if the upstream sends no counts; chained proxies have
    sent negative counts.
    """
    told = usage.prompt_tokens if usage else None
    completion = usage.completion_tokens if usage else None
    if (prompt := _counted(told)) is None:
        estimated = estimate()
        # If the prompt's count is absurd, the completion's is not used either.
        believed = None if told else _counted(completion)
        return replace(estimated, completion=believed or estimated.completion)
    if completion is None or not 0 <= completion < _ABSURD_COUNT:
        completion = estimate().completion
    read, written = _cached(usage, prompt)
    return TokenCounts(prompt, completion, read, written, _reasoning(usage, completion))


def embedding_tokens(usage: Usage | None, texts: Sequence[str]) -> int:
    """Return the proxy's count of tokens, else an estimate for texts.

    LiteLLM sends 0 if the upstream sends no count.
    """
    if counted := _counted(usage.prompt_tokens if usage else None):
        return counted
    return sum(estimate_tokens(text) for text in texts if not is_data_url(text))


def _counted(tokens: int | None) -> int | None:
    return tokens if tokens is not None and 0 < tokens < _ABSURD_COUNT else None


def _cached(usage: Usage | None, prompt: int) -> tuple[int, int]:
    details = usage.prompt_tokens_details if usage else None
    read = (details and details.cached_tokens) or 0
    written = (details and details.cache_creation_tokens) or 0
    absurd = read < 0 or written < 0 or read + written > prompt
    return (0, 0) if absurd else (read, written)


def _reasoning(usage: Usage | None, completion: int) -> int:
    details = usage.completion_tokens_details if usage else None
    reasoning = (details and details.reasoning_tokens) or 0
    return reasoning if 0 <= reasoning <= completion else 0


def _prompt_price(counts: TokenCounts, prices: Prices) -> Decimal:
    """Return the price of a prompt with cache reads and writes."""
    read_price = prices.input if prices.cache_read is None else prices.cache_read
    write_price = prices.input if prices.cache_write is None else prices.cache_write
    return (
        _amount(counts.prompt - counts.cache_read - counts.cache_write, prices.input)
        + _amount(counts.cache_read, read_price)
        + _amount(counts.cache_write, write_price)
    )


def _completion_price(counts: TokenCounts, prices: Prices) -> Decimal:
    thinking_price = prices.output if prices.reasoning is None else prices.reasoning
    return _amount(counts.completion - counts.reasoning, prices.output) + _amount(
        counts.reasoning, thinking_price
    )


def _prompt_part(
    total: Decimal,
    prompt_price: Decimal,
    completion_price: Decimal,
    counts: TokenCounts,
    prices: Prices,
) -> Decimal:
    """Return the prompt's part of a cost, by prices, else by tokens.

    If only prompt tokens have a price, as for image models, the rest is the completion's part.
    """
    if prices.input and not prices.output and counts.completion:
        return min(prompt_price, total)
    listed = prompt_price + completion_price
    tokens = counts.prompt + counts.completion
    if listed:
        share = prompt_price / listed
    else:
        share = Decimal(counts.prompt) / tokens if tokens else Decimal(0)
    return (total * share).quantize(_SMALLEST, ROUND_HALF_UP)


def _rounded(cost: float | None) -> Decimal | None:
    if cost is None or not 0 <= cost < _ABSURD_COST:
        return None
    return Decimal(repr(cost)).quantize(_SMALLEST, ROUND_HALF_UP)


def _amount(tokens: int, price: Decimal | None) -> Decimal:
    return (tokens * (price or 0) * Decimal(1)).quantize(_SMALLEST, ROUND_HALF_UP)


def _per_unit(price: Decimal | None) -> Decimal:
    return Decimal(0) if price is None else per_million(price)
