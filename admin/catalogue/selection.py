"""Select the models of a catalogue from the proxy's models; pure."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from admin.catalogue.choices import Choices, ChoicesError, ModelKind, Order, Wildcards
from admin.proxy_models import ProxyModels
from litellm_proxy.wire.model_facts import ModelFacts

MAX_NAME = 255
"""Dify's daemon rejects longer model names (dify-plugin-daemon, pkg/entities/plugin_entities)."""
_MAX_REASONS = 5
KIND_OF_MODE = {
    "chat": ModelKind.LLM,
    "completion": ModelKind.LLM,
    "responses": ModelKind.LLM,
    "image_generation": ModelKind.LLM,
    "image_edit": ModelKind.LLM,
    "embedding": ModelKind.TEXT_EMBEDDING,
    "rerank": ModelKind.RERANK,
    "audio_transcription": ModelKind.SPEECH2TEXT,
    "audio_speech": ModelKind.TTS,
    "moderation": ModelKind.MODERATION,
}


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A catalogue model: name in Dify, name on the proxy, kind, facts.

    `deprecated`: the model has left the proxy; apps can still contain it, but Dify no longer offers
    it.
    """

    name: str
    proxy_name: str
    kind: ModelKind
    facts: ModelFacts
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected models in order, and the reason for each name left out.

    `cut` are the names that exceeded the limit.
    """

    models: tuple[CatalogueModel, ...]
    left_out: Mapping[str, str]
    cut: frozenset[str] = frozenset()


def select(proxy: ProxyModels, choices: Choices) -> Selection:
    """Select the models; `require_catalogue` validates the result."""
    left_out: dict[str, str] = {}
    models: list[CatalogueModel] = []
    kinds = {KIND_OF_MODE[mode] for mode in choices.modes}
    for name, discovery in proxy.discoveries.items():
        mode = discovery.facts.mode
        kind = KIND_OF_MODE.get(mode) if mode else choices.kinds.get(name, ModelKind.LLM)
        reason = _reason_against(name, proxy, choices)
        wanted = mode in choices.modes if mode else kind in kinds
        if choices.modes and kind and not reason and not wanted:
            reason = f"of mode {mode or 'unknown'}"
        if reason or kind is None:
            left_out[name] = reason or f"of mode {mode}, which Dify has no place for"
        else:
            shown = choices.aliases.get(name, name)
            models.append(CatalogueModel(shown, name, kind, discovery.facts))
    models.sort(key=_place(proxy, choices))
    cut = frozenset(model.proxy_name for model in models[choices.limit :])
    left_out |= dict.fromkeys(cut, f"beyond the limit of {choices.limit}")
    return Selection(tuple(models[: choices.limit]), left_out, cut)


def require_catalogue(selection: Selection, choices: Choices) -> None:
    """Raise ChoicesError if no model is left, or a name is unknown or duplicate."""
    models = selection.models
    if not models:
        reasons = Counter(selection.left_out.values())
        told = "; ".join(f"{count} {why}" for why, count in reasons.most_common(_MAX_REASONS))
        message = f"No model is left. Left out: {told}." if told else "The key can use no model."
        raise ChoicesError(message)
    twice = [name for name, count in Counter(model.name for model in models).items() if count > 1]
    if twice:
        message = f'aliases: "{twice[0]}" would be the name of two models in Dify.'
        raise ChoicesError(message)
    known = {model.proxy_name for model in models} | selection.cut
    given = () if isinstance(choices.order, Order) else choices.order
    names = known | {model.name for model in models}
    for field, unknown in (
        ("aliases", choices.aliases.keys() - known),
        ("kinds", choices.kinds.keys() - known),
        ("order", set(given) - names),
    ):
        if unknown:
            message = f'{field}: "{min(unknown)}" is not among the chosen models.'
            raise ChoicesError(message)


def _reason_against(name: str, proxy: ProxyModels, choices: Choices) -> str:
    if not _matches(name, choices.include):
        return "not included"
    if _matches(name, choices.exclude):
        return "excluded"
    if name in proxy.expansions and choices.wildcards is Wildcards.LEAVE_OUT:
        return f"stands for {proxy.expansions[name]} only"
    if len(choices.aliases.get(name, name)) > MAX_NAME:
        return f"its name is longer than {MAX_NAME} characters"
    return ""


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in patterns)


type Place = tuple[int, tuple[str, ...], str, str]


def _place(proxy: ProxyModels, choices: Choices) -> Callable[[CatalogueModel], Place]:
    """Return the sort key: explicitly ordered names first, then providers, then names."""
    given = () if isinstance(choices.order, Order) else choices.order
    places = {name: place for place, name in enumerate(given)}

    def place(model: CatalogueModel) -> Place:
        at = places.get(model.proxy_name, places.get(model.name, len(places)))
        by_provider = choices.order is Order.PROVIDER
        providers = proxy.providers.get(model.proxy_name, ()) if by_provider else ()
        return at, providers, model.name.lower(), model.name

    return place


def kinds_of(models: tuple[CatalogueModel, ...]) -> Iterator[tuple[ModelKind, int]]:
    """Yield the number of models of each kind."""
    counts = Counter(model.kind for model in models)
    yield from ((kind, counts[kind]) for kind in ModelKind if counts[kind])
