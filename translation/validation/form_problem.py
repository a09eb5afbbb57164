"""Decide from responses of the proxy whether a form can be saved; write the message if it cannot."""

import difflib
import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http import HTTPStatus

from litellm_proxy.errors import Origin, ProxyError, ProxyProtocolError, ProxyRejected
from litellm_proxy.wire.model_facts import ModelFacts
from litellm_proxy.wire.model_info import CHAT_MODE, IMAGE_MODES
from translation.errors.causes import Cause, cause_of
from translation.errors.explanations import EXPLANATIONS
from translation.errors.messages import (
    MAX_CHARACTERS,
    form_message,
    short_name,
    short_quote,
)

MAX_NAMES = 3
_MAX_COMPARED = 50


@dataclass(frozen=True, slots=True)
class Kind:
    """A model type: its name for people, and LiteLLM's modes for it."""

    name: str
    modes: frozenset[str]


LLM = Kind("an LLM", frozenset({"chat", "completion", "responses"}) | IMAGE_MODES)
TEXT_EMBEDDING = Kind("a text embedding model", frozenset({"embedding"}))
RERANK = Kind("a rerank model", frozenset({"rerank"}))
MODERATION = Kind("a moderation model", frozenset({"moderation"}))
SPEECH2TEXT = Kind("a speech-to-text model", frozenset({"audio_transcription"}))
TTS = Kind("a text-to-speech model", frozenset({"audio_speech"}))
_KINDS = (LLM, TEXT_EMBEDDING, RERANK, MODERATION, SPEECH2TEXT, TTS)
_KIND_OF_MODE = {mode: kind.name for kind in _KINDS for mode in kind.modes}
_WITHOUT_A_PLACE = {
    "video_generation": "a video model",
    "realtime": "a realtime model",
    "ocr": "a model that reads documents",
    "search": "a search engine",
    "vector_store": "a vector store",
}
"""Modes of LiteLLM without a model type in Dify."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Results of the validation requests, or the errors of rejected requests.

    `probe`: None if the model's endpoint accepted its name. `names`: models that the key can call,
    including patterns with `*`. `resolves`: whether LiteLLM knows the name, listed or not; None if
    unknown. `is_litellm`: whether a response can only be LiteLLM's.
    """

    probe: ProxyError | None
    names: Sequence[str] | ProxyError
    facts: ModelFacts
    in_a_list: bool
    resolves: bool | None
    is_litellm: bool


def is_key_accepted(refusal: ProxyError) -> bool:
    """Return whether LiteLLM accepted the key, but not for this route."""
    return isinstance(refusal, ProxyRejected) and cause_of(refusal) is Cause.ROUTE_ACCESS


def is_plain_500(refusal: ProxyError) -> bool:
    """Return whether a list failed with status 500 and a plain text.

    Some versions of LiteLLM, such as 1.77.7, send this for every route that a key may not call.
    """
    return (
        isinstance(refusal, ProxyRejected)
        and refusal.origin is Origin.TEXT
        and refusal.status == HTTPStatus.INTERNAL_SERVER_ERROR
    )


def form_problem_of(model: str, kind: Kind, findings: Findings) -> str | None:
    """Return why the form cannot be saved, None if it can."""
    name = short_name(model)
    if "*" in model:
        return f'"{name}" is a pattern: enter the name of one model that it stands for.'
    if findings.probe and (refusal := _refusal(model, findings.probe, findings)):
        return refusal
    mode = findings.facts.mode
    if mode in _WITHOUT_A_PLACE:
        return (
            f'"{name}" is {_WITHOUT_A_PLACE[mode]} (mode {mode}), which Dify cannot use: choose another '
            "model."
        )
    if mode in _KIND_OF_MODE and _is_another_kind(findings.facts, kind):
        return f'"{name}" is {_KIND_OF_MODE[mode]} (mode {mode}): add it as that type, not as {kind.name}.'
    return _unknown(model, findings)


def _is_another_kind(facts: ModelFacts, kind: Kind) -> bool:
    """Return whether the model is certainly of another type.

    LiteLLM 1.106 reports mode chat for every Ollama model, including embedding models (litellm
    llms/ollama/completion/transformation.py `get_model_info`); a model without a price is not in
    its catalogue.
    """
    if facts.mode in kind.modes:
        return False
    priced = facts.input_price is not None or facts.output_price is not None
    return priced or facts.mode != CHAT_MODE


def key_problem(error: ProxyError, base_url: str) -> str | None:
    """Return why a key cannot be saved after listing its models failed.

    None if the key may still be valid: a route that it may not call, a rate limit, a cooldown.
    """
    match error:
        case ProxyProtocolError():
            return _not_litellm(f"{base_url}: {error}")
        case ProxyRejected():
            return _problem_of_a_list(error)
        case _:
            return form_message(error)


def can_use(model: str, names: Collection[str]) -> bool:
    """Return whether a key can use a model, by name or pattern.

    A pattern is a name such as `openai/*`. LiteLLM adds the provider to a name without one, and
    lists the known models of a pattern.
    """
    if model in names:
        return True
    patterns = [name for name in names if "*" in name]
    behind = {f"{pattern.removesuffix('*')}{model}" for pattern in patterns if pattern[-1] == "*"}
    return any(fnmatchcase(model, pattern) for pattern in patterns) or not behind.isdisjoint(names)


def no_usable_model(catalogue: int, names: Sequence[str]) -> str:
    """Return the message for a key without access to a package's models."""
    first = f"API key can use none of this catalogue's {catalogue} models: enter another key, or rebuild the catalogue with this one."
    if not names:
        return f"{first} It can use no model at all."
    return _with_names(f"{first} It can use", sorted(names, key=lambda name: "*" in name)) or first


def _problem_of_a_list(error: ProxyRejected) -> str | None:
    match cause_of(error):
        case Cause.ROUTE_ACCESS | Cause.RATE_LIMIT | Cause.COOLDOWN:
            return None
        case cause if cause in _PERMANENT_CAUSES:
            return form_message(error)
        case cause if error.from_api and cause is not Cause.NOT_LITELLM:
            return form_message(error)
        case _:
            return _another_server(error)


_PERMANENT_CAUSES = frozenset(
    {
        Cause.KEY,
        Cause.KEY_EXPIRED,
        Cause.NO_DATABASE,
        Cause.BUDGET,
        Cause.GATEWAY_KEY,
        Cause.GATEWAY_DOWN,
        Cause.TAGS_REJECTED,
        Cause.USER_REQUIRED,
        Cause.ROUTE_ACCESS,
    }
)
"""Rejections that every call of the model would get."""


def _refusal(model: str, error: ProxyError, findings: Findings) -> str | None:
    match error:
        case ProxyProtocolError():
            return _not_litellm(f"It answered, but {error}")
        case ProxyRejected():
            return _rejection(model, error, findings)
        case _:
            return form_message(error)


def _rejection(model: str, error: ProxyRejected, findings: Findings) -> str | None:
    match cause_of(error):
        case Cause.MODEL_ACCESS:
            return _with_offer(f'API key may not use "{short_name(model)}".', model, findings)
        case Cause.NOT_LITELLM:
            return _another_server(error)
        case cause if cause in _PERMANENT_CAUSES:
            return form_message(error)
        case Cause.RATE_LIMIT | Cause.COOLDOWN:
            return None
        case _ if findings.is_litellm:
            # Timeouts and errors of a provider are temporary; the proxy runs and accepted the key.
            return None
        case Cause.PROVIDER | Cause.TIMEOUT:
            return form_message(error)
        case _ if error.from_api:
            return None
        case _:
            return _another_server(error)


def _another_server(error: ProxyRejected) -> str:
    return _not_litellm(f'{error.base_url} answered {error.status}: "{error.message}"')


def _not_litellm(why: str) -> str:
    first = EXPLANATIONS[Cause.NOT_LITELLM].in_form
    return f"{first} ({short_quote(why, MAX_CHARACTERS - len(first) - 3)})"


def _unknown(model: str, findings: Findings) -> str | None:
    """Return a message if the key certainly cannot use the model."""
    names = findings.names
    if isinstance(names, ProxyError) or findings.in_a_list or findings.resolves is not False:
        return None
    if can_use(model, names):
        return None
    return _with_offer(f'LiteLLM does not know "{short_name(model)}".', model, findings)


def _alike(model: str, names: Sequence[str]) -> list[str]:
    """Return the most similar names.

    This limits difflib, which needs 0.1 ms per name.
    """
    wanted = set(map("".join, itertools.pairwise(model)))
    found = [sum(pair in name for pair in wanted) / (len(name) + 8) for name in names]
    order = sorted(range(len(names)), key=lambda place: (-found[place], names[place]))
    return [names[place] for place in order[:_MAX_COMPARED]]


def _with_offer(first: str, model: str, findings: Findings) -> str:
    """Append the names most similar to the model's that fit."""
    if isinstance(findings.names, ProxyError):
        return f"{first} LiteLLM does not list what the key may use."
    names = [name for name in findings.names if "*" not in name]
    if not names:
        return f"{first} The API key may use no model at all."
    closest = difflib.get_close_matches(model, _alike(model, names), MAX_NAMES, cutoff=0.0)
    return _with_names(f"{first} Closest:", closest) or first


def _with_names(first: str, names: Sequence[str]) -> str | None:
    """Append as many names as fit; None if none fits."""
    texts = (
        f"{first} {', '.join(map(short_name, names[:count]))}."
        for count in range(min(len(names), MAX_NAMES), 0, -1)
    )
    return next((text for text in texts if len(text) <= MAX_CHARACTERS), None)
