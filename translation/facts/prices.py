"""Prices of a model: the form's, else the proxy's. Amounts are in USD."""

from dataclasses import dataclass
from decimal import Decimal

from litellm_proxy.wire.model_facts import ModelFacts
from translation.form.settings import Settings

PRICE_UNIT = Decimal("0.000001")
"""Dify gets prices per million tokens."""
_TIER_TOKENS = 200_000


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in USD per token.

    None means unknown; for cache and reasoning, the price of input or output applies. `above_200k`
    are the prices of a whole call whose prompt has more than 200 000 tokens.
    """

    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    above_200k: "Prices | None" = None

    def for_prompt(self, tokens: int) -> "Prices":
        """Return the prices of a call whose prompt has `tokens` tokens."""
        higher = self.above_200k
        if higher is None or tokens <= _TIER_TOKENS:
            return self
        return Prices(
            input=_first(higher.input, self.input),
            output=_first(higher.output, self.output),
            cache_read=_first(higher.cache_read, self.cache_read),
            cache_write=_first(higher.cache_write, self.cache_write),
            reasoning=self.reasoning,
        )


def prices_of(settings: Settings, facts: ModelFacts) -> Prices:
    """Return the prices, each the form's or else the proxy's.

    The proxy's prices for cache, reasoning and long prompts are dropped with the price that the
    form replaces.
    """
    no_input = settings.input_price is None
    no_output = settings.output_price is None
    higher = Prices(
        input=facts.input_price_above_200k if no_input else None,
        output=facts.output_price_above_200k if no_output else None,
        cache_read=facts.cache_read_price_above_200k if no_input else None,
        cache_write=facts.cache_write_price_above_200k if no_input else None,
    )
    return Prices(
        input=_first(settings.input_price, facts.input_price),
        output=_first(settings.output_price, facts.output_price),
        cache_read=facts.cache_read_price if no_input else None,
        cache_write=facts.cache_write_price if no_input else None,
        reasoning=facts.reasoning_price if no_output else None,
        above_200k=None if higher == Prices() else higher,
    )


def has_own_prices(settings: Settings) -> bool:
    """Return whether the form has a price, which replaces LiteLLM's cost."""
    return settings.input_price is not None or settings.output_price is not None


def per_million(price: Decimal) -> Decimal:
    """Return USD per million tokens, without exponent: 10, not 1E+1."""
    return Decimal(f"{(price / PRICE_UNIT).normalize():f}")


def _first(price: Decimal | None, other: Decimal | None) -> Decimal | None:
    return other if price is None else price
