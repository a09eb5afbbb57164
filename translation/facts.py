"""What the proxy says of a model → facts; unknown stays unknown."""

from dataclasses import dataclass
from decimal import Decimal

from litellm_proxy.wire.model_info import ModelGroup


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of one model; None means unknown, never no.

    Sizes are in tokens, prices in USD per token. `mode` is LiteLLM's word: chat, embedding,
    completion, rerank, … `supported_params` are OpenAI parameter names.
    """

    mode: str | None = None
    context_size: int | None = None
    max_output_tokens: int | None = None
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    vision: bool | None = None
    function_calling: bool | None = None
    parallel_function_calling: bool | None = None
    reasoning: bool | None = None
    supported_params: frozenset[str] | None = None


NOTHING_KNOWN = ModelFacts()


def facts_from_group(group: ModelGroup) -> ModelFacts:
    """Return the facts of one row of `/model_group/info`.

    For a backend outside LiteLLM's catalogue every `supports_*` is false and everything else is
    null; such a false means unknown (litellm-proxy-contract 2.2).
    """
    catalogued = any(
        value is not None
        for value in (
            group.max_input_tokens,
            group.max_output_tokens,
            group.input_cost_per_token,
            group.mode,
        )
    )

    def known(flag: bool | None) -> bool | None:  # noqa: FBT001
        return flag if flag or catalogued else None

    return ModelFacts(
        mode=group.mode,
        context_size=_tokens(group.max_input_tokens),
        max_output_tokens=_tokens(group.max_output_tokens),
        input_price=_price(group.input_cost_per_token, group.output_cost_per_token),
        output_price=_price(group.output_cost_per_token, group.input_cost_per_token),
        vision=known(group.supports_vision),
        function_calling=known(group.supports_function_calling),
        parallel_function_calling=known(group.supports_parallel_function_calling),
        reasoning=known(group.supports_reasoning),
        supported_params=(
            frozenset(group.supported_openai_params) if group.supported_openai_params else None
        ),
    )


def _tokens(limit: float | None) -> int | None:
    return int(limit) if limit is not None and 1 <= limit <= 1e9 else None  # noqa: PLR2004


def _price(price: float | None, other: float | None) -> Decimal | None:
    """0/0 is what LiteLLM says when it does not know the price."""
    if price is None or price < 0 or not (price or other):
        return None
    return Decimal(repr(price))
