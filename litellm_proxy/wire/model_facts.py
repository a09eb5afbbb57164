"""What LiteLLM says of one model, as facts: one row of an endpoint, or several deployments merged."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Any, Self

_MAX_LIMIT = 1e9
_MAX_NAMES = 200
_OLD_MODES = {"moderations": "moderation"}
"""The name in LiteLLM 1.60, and the name since."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.IGNORECASE)
"""Dify rejects a schema with a long or empty option."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a fact is parsed from JSON, and merged over the deployments of one name.

    Both return None for unknown.
    """

    parse: Callable[[Any], Any]
    merge: Callable[[Sequence[Any]], Any]


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _count(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 1 <= number <= _MAX_LIMIT else None


def _price(value: object) -> Decimal | None:
    number = _number(value)
    return Decimal(repr(number)) if number is not None and 0 <= number < 1 else None


def _flag(value: object) -> bool | None:
    text = str(value).lower() if isinstance(value, bool | str) else ""
    return {"true": True, "false": False}.get(text)


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and _NAME.fullmatch(value) else None


def _mode(value: object) -> str | None:
    return _name(_OLD_MODES.get(value, value) if isinstance(value, str) else None)


def _names(value: object) -> tuple[str, ...] | None:
    names = filter(_name, value) if isinstance(value, list) else ()
    return tuple(dict.fromkeys(names))[:_MAX_NAMES] or None


def _smallest(values: Sequence[int | None]) -> int | None:
    return min((value for value in values if value is not None), default=None)


def _in_all(values: Sequence[bool | None]) -> bool | None:
    if False in values:
        return False
    return True if all(values) else None


def _same_in_all[V](values: Sequence[V | None]) -> V | None:
    return values[0] if len(set(values)) == 1 else None


def _same_where_known[V](values: Sequence[V | None]) -> V | None:
    return _same_in_all([value for value in values if value is not None])


def _common(values: Sequence[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return tuple(name for name in known[0] if all(name in others for others in known))


_MODE = _Kind(_mode, _same_where_known)
_PROVIDER = _Kind(_name, _same_in_all)
_LIMIT = _Kind(_count, _smallest)
_SIZE = _Kind(_count, _same_where_known)
_PRICE = _Kind(_price, _same_in_all)
_FLAG = _Kind(_flag, _in_all)
_NAMES = _Kind(_names, _common)


def _fact(kind: _Kind, *names: str) -> Any:
    """Return a field of ModelFacts: its kind, and its names in LiteLLM's rows."""
    return field(default=None, metadata={"kind": kind, "names": names})


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The facts of one model; None means unknown.

    Limits are in tokens, prices in USD per token, `vector_size` counts numbers. `provider` is LiteLLM's
    name of the provider, such as openai, `mode` its name for what the model does: chat, embedding,
    completion, rerank, … `supported_params` are OpenAI parameter names, `reasoning_efforts` levels in
    LiteLLM's order. The `…_above_200k` prices are for prompts of more than 200 000 tokens.
    `rejected_params` are parameters that calls have shown to be rejected; no endpoint lists them.
    """

    mode: str | None = _fact(_MODE, "mode")
    provider: str | None = _fact(_PROVIDER, "litellm_provider")
    context_size: int | None = _fact(_LIMIT, "max_input_tokens")
    max_output_tokens: int | None = _fact(_LIMIT, "max_output_tokens")
    vector_size: int | None = _fact(_SIZE, "output_vector_size")
    input_price: Decimal | None = _fact(_PRICE, "input_cost_per_token")
    output_price: Decimal | None = _fact(_PRICE, "output_cost_per_token")
    cache_read_price: Decimal | None = _fact(_PRICE, "cache_read_input_token_cost")
    cache_write_price: Decimal | None = _fact(_PRICE, "cache_creation_input_token_cost")
    reasoning_price: Decimal | None = _fact(_PRICE, "output_cost_per_reasoning_token")
    input_price_above_200k: Decimal | None = _fact(_PRICE, "input_cost_per_token_above_200k_tokens")
    output_price_above_200k: Decimal | None = _fact(
        _PRICE, "output_cost_per_token_above_200k_tokens"
    )
    cache_read_price_above_200k: Decimal | None = _fact(
        _PRICE, "cache_read_input_token_cost_above_200k_tokens"
    )
    cache_write_price_above_200k: Decimal | None = _fact(
        _PRICE, "cache_creation_input_token_cost_above_200k_tokens"
    )
    vision: bool | None = _fact(_FLAG, "supports_vision")
    function_calling: bool | None = _fact(_FLAG, "supports_function_calling")
    parallel_function_calling: bool | None = _fact(_FLAG, "supports_parallel_function_calling")
    response_schema: bool | None = _fact(_FLAG, "supports_response_schema")
    reasoning: bool | None = _fact(_FLAG, "supports_reasoning")
    pdf_input: bool | None = _fact(_FLAG, "supports_pdf_input")
    audio_input: bool | None = _fact(_FLAG, "supports_audio_input")
    video_input: bool | None = _fact(_FLAG, "supports_video_input")
    prompt_caching: bool | None = _fact(_FLAG, "supports_prompt_caching")
    embeds_images: bool | None = _fact(_FLAG, "supports_embedding_image_input")
    web_search: bool | None = _fact(_FLAG, "supports_web_search")
    audio_output: bool | None = _fact(_FLAG, "supports_audio_output")
    reasoning_efforts: tuple[str, ...] | None = _fact(
        _NAMES, "reasoning_effort_levels", "supported_reasoning_efforts"
    )
    supported_params: tuple[str, ...] | None = _fact(_NAMES, "supported_openai_params")
    rejected_params: frozenset[str] | None = None

    @classmethod
    def from_row(cls, row: object) -> Self:
        """Parse a JSON object of an endpoint; ignore unknown keys and values of a wrong type.

        A capability of false is unknown without mode and limit, since LiteLLM (up to 1.65, and in
        `/model_group/info` up to 1.106) writes so for a backend outside its catalogue. A price of 0 is
        known only for input or output beside one that is not.
        """
        known: dict[str, Any] = {}
        for name, value in row.items() if isinstance(row, dict) else ():
            if name in _BY_NAME:
                fact, kind = _BY_NAME[name]
                known[fact] = kind.parse(value)
        is_catalogued = known.get("mode") is not None or known.get("context_size") is not None
        has_price = bool(known.get("input_price") or known.get("output_price"))
        for fact, value in known.items():
            is_free = value == 0 and isinstance(value, Decimal)
            is_of_both = fact in {"input_price", "output_price"} and has_price
            if (value is False and not is_catalogued) or (is_free and not is_of_both):
                known[fact] = None
        return cls(**known)

    def supplemented(self, others: Self, facts: Iterable[str]) -> Self:
        """Return these facts, with those of `others` for what is unknown among `facts`."""
        return replace(
            self, **{fact: getattr(others, fact) for fact in facts if getattr(self, fact) is None}
        )


NOTHING_KNOWN = ModelFacts()
_KINDS: Mapping[str, _Kind] = {
    each.name: each.metadata["kind"] for each in fields(ModelFacts) if each.metadata
}
_BY_NAME: Mapping[str, tuple[str, _Kind]] = {
    name: (each.name, each.metadata["kind"])
    for each in fields(ModelFacts)
    for name in each.metadata.get("names", ())
}


def merged(deployments: Sequence[ModelFacts]) -> ModelFacts:
    """Return what holds for every deployment of one name, since any of them may answer.

    The smallest limit, a capability only if all have it, a price only if all agree.
    """
    if len(deployments) == 1:
        return deployments[0]
    facts = {
        fact: kind.merge([getattr(each, fact) for each in deployments])
        for fact, kind in _KINDS.items()
    }
    return ModelFacts(**facts)
