"""What the proxy answered to free questions → may this form be saved, or why not, in a sentence."""

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
_MOST_COMPARED = 50


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of model: what people call it, and the modes that LiteLLM gives such a model."""

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
"""Modes of LiteLLM that no kind of model in Dify stands for."""


@dataclass(frozen=True, slots=True)
class Findings:
    """The answers; an error stands where an endpoint refused.

    `probe` is None when naming the model at its endpoint was accepted. `names` are what the key can
    call, patterns with `*` among them. `resolves`: the name is known though no list shows it; None
    if that could not be asked. `is_litellm`: something answered as only LiteLLM does.
    """

    probe: ProxyError | None
    names: Sequence[str] | ProxyError
    facts: ModelFacts
    in_a_list: bool
    resolves: bool | None
    is_litellm: bool


def knows_the_key(refusal: ProxyError) -> bool:
    """Return whether the refusal of a list says that LiteLLM knows the key, only not this route."""
    return isinstance(refusal, ProxyRejected) and cause_of(refusal) is Cause.ROUTE_ACCESS


def is_a_bare_fault(refusal: ProxyError) -> bool:
    """Return whether a list failed without a word of LiteLLM's own.

    So do all routes that a key may not call in some versions, 1.77.7 among them.
    """
    return (
        isinstance(refusal, ProxyRejected)
        and refusal.origin is Origin.TEXT
        and refusal.status == HTTPStatus.INTERNAL_SERVER_ERROR
    )


def problem_of(model: str, kind: Kind, findings: Findings) -> str | None:
    """Return the sentence why the form cannot be saved, or None if it can."""
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
    """Return whether the proxy is sure that the model is of another kind.

    LiteLLM 1.106 says chat of every model of Ollama, its embedding models too (litellm
    llms/ollama/completion/transformation.py `get_model_info`); what has no price is not catalogued.
    """
    if facts.mode in kind.modes:
        return False
    priced = facts.input_price is not None or facts.output_price is not None
    return priced or facts.mode != CHAT_MODE


def problem_of_key(error: ProxyError, base_url: str) -> str | None:
    """Return why a key cannot be saved when the proxy did not list what it can use.

    None where the refusal does not speak against the key: a route that it may not call, a limit.
    """
    match error:
        case ProxyProtocolError():
            return _not_litellm(f"{base_url}: {error}")
        case ProxyRejected():
            return _problem_of_a_list(error)
        case _:
            return form_message(error)


def can_use(model: str, names: Collection[str]) -> bool:
    """Return whether a key can use a model: by its name, or by a pattern such as `openai/*`.

    LiteLLM knows under which provider a bare name belongs, and lists what it knows behind a pattern.
    """
    if model in names:
        return True
    patterns = [name for name in names if "*" in name]
    behind = {f"{pattern.removesuffix('*')}{model}" for pattern in patterns if pattern[-1] == "*"}
    return any(fnmatchcase(model, pattern) for pattern in patterns) or not behind.isdisjoint(names)


def none_usable(catalogue: int, names: Sequence[str]) -> str:
    """Return the message for a key that can use none of a package's models."""
    first = f"API key can use none of this catalogue's {catalogue} models: enter another key, or rebuild the catalogue with this one."
    if not names:
        return f"{first} It can use no model at all."
    return _with_names(f"{first} It can use", sorted(names, key=lambda name: "*" in name)) or first


def _problem_of_a_list(error: ProxyRejected) -> str | None:
    match cause_of(error):
        case Cause.ROUTE_ACCESS | Cause.RATE_LIMIT | Cause.COOLDOWN:
            return None
        case cause if cause in _ALWAYS_TOLD:
            return form_message(error)
        case cause if error.from_api and cause is not Cause.NOT_LITELLM:
            return form_message(error)
        case _:
            return _another_server(error)


_ALWAYS_TOLD = frozenset(
    {
        Cause.KEY,
        Cause.KEY_EXPIRED,
        Cause.NO_DATABASE,
        Cause.BUDGET,
        Cause.GATEWAY_KEY,
        Cause.GATEWAY_DOWN,
        Cause.TAGS_REFUSED,
        Cause.USER_REQUIRED,
        Cause.ROUTE_ACCESS,
    }
)
"""Refusals that every call of the model would meet."""


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
        case cause if cause in _ALWAYS_TOLD:
            return form_message(error)
        case Cause.RATE_LIMIT | Cause.COOLDOWN:
            return None
        case _ if findings.is_litellm:
            # Time-outs and faults of a provider pass: the proxy is there, and took the key.
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
    """Return a sentence only if the names are known and the model is certainly not among them."""
    names = findings.names
    if isinstance(names, ProxyError) or findings.in_a_list or findings.resolves is not False:
        return None
    if can_use(model, names):
        return None
    return _with_offer(f'LiteLLM does not know "{short_name(model)}".', model, findings)


def _alike(model: str, names: Sequence[str]) -> list[str]:
    """Return the names that share most with a model's: difflib takes 0.1 ms for each."""
    wanted = set(map("".join, itertools.pairwise(model)))
    found = [sum(pair in name for pair in wanted) / (len(name) + 8) for name in names]
    order = sorted(range(len(names)), key=lambda place: (-found[place], names[place]))
    return [names[place] for place in order[:_MOST_COMPARED]]


def _with_offer(first: str, model: str, findings: Findings) -> str:
    """Return a text with the names that come closest to a model's, as many as fit."""
    if isinstance(findings.names, ProxyError):
        return f"{first} LiteLLM does not list what the key may use."
    names = [name for name in findings.names if "*" not in name]
    if not names:
        return f"{first} The API key may use no model at all."
    closest = difflib.get_close_matches(model, _alike(model, names), MAX_NAMES, cutoff=0.0)
    return _with_names(f"{first} Closest:", closest) or first


def _with_names(first: str, names: Sequence[str]) -> str | None:
    """Return a text with as many names as fit, None if not even one does."""
    texts = (
        f"{first} {', '.join(map(short_name, names[:count]))}."
        for count in range(min(len(names), MAX_NAMES), 0, -1)
    )
    return next((text for text in texts if len(text) <= MAX_CHARACTERS), None)
