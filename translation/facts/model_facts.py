"""What the proxy says of a model → facts; unknown stays unknown."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from litellm_proxy.wire.model_info import DeploymentInfo, ListedModel, ModelGroup

_LARGEST_LIMIT = 1e9
_MOST_NAMES = 200
_MODES_OF_OLD = {"moderations": "moderation"}
"""LiteLLM 1.60 wrote it so."""
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of one model; None means unknown, never no.

    Sizes are in tokens, prices in USD per token, `vector_size` counts numbers. `provider` is LiteLLM's word
    for who answers, such as openai, and `mode` its word for what the model does: chat, embedding, completion, rerank, … `supported_params` are OpenAI parameter names,
    `refused_params` those of them that calls have shown to be refused, and
    `reasoning_efforts` the levels in LiteLLM's order. The `…_above_200k` prices hold for a prompt
    of more than 200 000 tokens.
    """

    mode: str | None = None
    provider: str | None = None
    context_size: int | None = None
    max_output_tokens: int | None = None
    vector_size: int | None = None
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    cache_read_price: Decimal | None = None
    cache_write_price: Decimal | None = None
    reasoning_price: Decimal | None = None
    input_price_above_200k: Decimal | None = None
    output_price_above_200k: Decimal | None = None
    cache_read_price_above_200k: Decimal | None = None
    cache_write_price_above_200k: Decimal | None = None
    vision: bool | None = None
    function_calling: bool | None = None
    parallel_function_calling: bool | None = None
    response_schema: bool | None = None
    reasoning: bool | None = None
    pdf_input: bool | None = None
    audio_input: bool | None = None
    video_input: bool | None = None
    prompt_caching: bool | None = None
    embeds_images: bool | None = None
    web_search: bool | None = None
    audio_output: bool | None = None
    reasoning_efforts: tuple[str, ...] | None = None
    supported_params: tuple[str, ...] | None = None
    refused_params: frozenset[str] | None = None


NOTHING_KNOWN = ModelFacts()


def facts_from_deployments(deployments: Sequence[DeploymentInfo]) -> ModelFacts:
    """Return what holds for every deployment of one name, since any of them may answer.

    The smallest limit, a capability only if all have it, a price only if all agree.
    """
    parts = [_facts_from_deployment(info) for info in deployments]
    if len(parts) == 1:
        return parts[0]
    merged: dict[str, Any] = {
        field: merge([getattr(part, field) for part in parts]) for field, merge in _MERGE.items()
    }
    return ModelFacts(**merged)


def facts_from_group(group: ModelGroup) -> ModelFacts:
    """Return the facts of one row of `/model_group/info`.

    For a backend outside LiteLLM's catalogue every `supports_*` is false and everything else is
    null; such a false means unknown (LiteLLM 1.106).
    """
    catalogued = group.mode is not None or group.max_input_tokens is not None

    def known(flag: bool | None) -> bool | None:  # noqa: FBT001
        return flag if flag or catalogued else None

    input_price, output_price = _prices(group.input_cost_per_token, group.output_cost_per_token)
    return ModelFacts(
        mode=_mode(group.mode),
        context_size=_count(group.max_input_tokens),
        max_output_tokens=_count(group.max_output_tokens),
        input_price=input_price,
        output_price=output_price,
        vision=known(group.supports_vision),
        function_calling=known(group.supports_function_calling),
        parallel_function_calling=known(group.supports_parallel_function_calling),
        reasoning=known(group.supports_reasoning),
        web_search=known(group.supports_web_search),
        reasoning_efforts=_identifiers(group.supported_reasoning_efforts),
        supported_params=_identifiers(group.supported_openai_params),
    )


def facts_from_listing(listed: ListedModel) -> ModelFacts:
    """Return the few facts of one row of `/v1/models`."""
    return ModelFacts(
        mode=_mode(listed.mode),
        context_size=_count(listed.max_input_tokens),
        max_output_tokens=_count(listed.max_output_tokens),
    )


def supplemented(facts: ModelFacts, others: ModelFacts, fields: Sequence[str]) -> ModelFacts:
    """Return `facts` with what is unknown among `fields` taken from `others`."""
    unknown = [field for field in fields if getattr(facts, field) is None]
    taken: dict[str, Any] = {field: getattr(others, field) for field in unknown}
    return replace(facts, **taken)


def _facts_from_deployment(info: DeploymentInfo) -> ModelFacts:
    """Return the facts of one row.

    LiteLLM up to 1.65 says no to everything of a backend outside its catalogue; that means unknown.
    """
    catalogued = info.mode is not None or info.max_input_tokens is not None

    def known(flag: bool | None) -> bool | None:  # noqa: FBT001
        return flag if flag or catalogued else None

    input_price, output_price = _prices(info.input_cost_per_token, info.output_cost_per_token)
    return ModelFacts(
        mode=_mode(info.mode),
        provider=_word(info.litellm_provider),
        context_size=_count(info.max_input_tokens),
        max_output_tokens=_count(info.max_output_tokens),
        vector_size=_count(info.output_vector_size),
        input_price=input_price,
        output_price=output_price,
        cache_read_price=_price(info.cache_read_input_token_cost),
        cache_write_price=_price(info.cache_creation_input_token_cost),
        reasoning_price=_price(info.output_cost_per_reasoning_token),
        input_price_above_200k=_price(info.input_cost_per_token_above_200k_tokens),
        output_price_above_200k=_price(info.output_cost_per_token_above_200k_tokens),
        cache_read_price_above_200k=_price(info.cache_read_input_token_cost_above_200k_tokens),
        cache_write_price_above_200k=_price(info.cache_creation_input_token_cost_above_200k_tokens),
        vision=known(info.supports_vision),
        function_calling=known(info.supports_function_calling),
        parallel_function_calling=known(info.supports_parallel_function_calling),
        response_schema=known(info.supports_response_schema),
        reasoning=known(info.supports_reasoning),
        pdf_input=known(info.supports_pdf_input),
        audio_input=known(info.supports_audio_input),
        audio_output=known(info.supports_audio_output),
        video_input=known(info.supports_video_input),
        prompt_caching=known(info.supports_prompt_caching),
        embeds_images=known(info.supports_embedding_image_input),
        web_search=known(info.supports_web_search),
        reasoning_efforts=_identifiers(info.reasoning_effort_levels),
        supported_params=_identifiers(info.supported_openai_params),
    )


def _count(limit: float | None) -> int | None:
    return int(limit) if limit is not None and 1 <= limit <= _LARGEST_LIMIT else None


def _identifiers(names: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return what can be an identifier; Dify refuses a schema with a long or empty option."""
    words = [name for name in names or () if _WORD.fullmatch(name)][:_MOST_NAMES]
    return tuple(dict.fromkeys(words)) or None


def _mode(mode: str | None) -> str | None:
    return _word(_MODES_OF_OLD.get(mode or "", mode))


def _word(word: str | None) -> str | None:
    return word if word and _WORD.fullmatch(word) else None


def _price(price: float | None) -> Decimal | None:
    return Decimal(repr(price)) if price is not None and 0 < price < 1 else None


def _prices(
    input_price: float | None, output_price: float | None
) -> tuple[Decimal | None, Decimal | None]:
    """Return both prices; 0 is a price only beside one that is not (0/0 means unknown)."""
    known = (_price(input_price), _price(output_price))
    if known == (None, None):
        return known
    first, second = (
        Decimal(0) if price == 0 else parsed
        for price, parsed in zip((input_price, output_price), known, strict=True)
    )
    return first, second


def _smallest(values: Sequence[int | None]) -> int | None:
    return min((value for value in values if value is not None), default=None)


def _in_all(values: Sequence[bool | None]) -> bool | None:
    if False in values:
        return False
    return True if values and all(values) else None


def _same_in_all[V](values: Sequence[V | None]) -> V | None:
    return values[0] if len(set(values)) == 1 else None


def _same_where_known[V](values: Sequence[V | None]) -> V | None:
    return _same_in_all([value for value in values if value is not None])


def _common(values: Sequence[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return tuple(name for name in known[0] if all(name in others for others in known))


_MERGE: Mapping[str, Callable[[Sequence[Any]], Any]] = {
    "mode": _same_where_known,
    "provider": _same_in_all,
    "context_size": _smallest,
    "max_output_tokens": _smallest,
    "vector_size": _same_where_known,
    "input_price": _same_in_all,
    "output_price": _same_in_all,
    "cache_read_price": _same_in_all,
    "cache_write_price": _same_in_all,
    "reasoning_price": _same_in_all,
    "input_price_above_200k": _same_in_all,
    "output_price_above_200k": _same_in_all,
    "cache_read_price_above_200k": _same_in_all,
    "cache_write_price_above_200k": _same_in_all,
    "vision": _in_all,
    "function_calling": _in_all,
    "parallel_function_calling": _in_all,
    "response_schema": _in_all,
    "reasoning": _in_all,
    "pdf_input": _in_all,
    "audio_input": _in_all,
    "video_input": _in_all,
    "prompt_caching": _in_all,
    "embeds_images": _in_all,
    "web_search": _in_all,
    "audio_output": _in_all,
    "reasoning_efforts": _common,
    "supported_params": _common,
}
