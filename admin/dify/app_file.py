"""Find and change the models in an exported app; pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

NAMED_BY = (
    ("provider", "name"),
    ("provider", "model"),
    ("embedding_provider_name", "embedding_model_name"),
    ("reranking_provider_name", "reranking_model_name"),
)
"""Pairs of fields that name a provider and a model (Dify's DSL)."""


@dataclass(frozen=True, slots=True)
class Named:
    """A model in an app.

    The spans are positions in the text, in characters.
    """

    provider: str
    model: str
    provider_span: tuple[int, int]
    model_span: tuple[int, int]
    line: int


def models_in(text: str) -> list[Named]:
    """Return the models in an app, in order.

    Raise yaml.YAMLError if it is not YAML.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return sorted(_named(root), key=lambda named: named.model_span) if root else []


def is_of(provider: str, wanted: str) -> bool:
    """Return whether two provider names match; old apps omit the plugin's name."""
    return provider == wanted or ("/" not in wanted and provider.rpartition("/")[2] == wanted)


def moved(
    text: str, old: str, new: str, names: Mapping[str, str]
) -> tuple[str, list[tuple[Named, str]]]:
    """Change the provider of models; return the text and the changes.

    `names` maps old model names to new ones; other names are kept. Nothing else changes.
    """
    changed = [(named, names.get(named.model, named.model)) for named in models_in(text)
               if is_of(named.provider, old)]  # fmt: skip
    spans: dict[tuple[int, int], str] = {}
    for named, name in changed:
        spans[named.provider_span] = new
        if name != named.model:
            spans[named.model_span] = name
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + _written(spans[start, end], text[start:end]) + text[end:]
    return text, changed


def _named(node: yaml.Node) -> Iterator[Named]:
    match node:
        case yaml.MappingNode():
            fields = {
                key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)
            }
            for is_provider_error, of_model in NAMED_BY:
                provider, model = fields.get(is_provider_error), fields.get(of_model)
                if isinstance(provider, yaml.ScalarNode) and isinstance(model, yaml.ScalarNode):
                    yield Named(
                        provider.value, model.value, _span(provider), _span(model),
                        model.start_mark.line + 1,
                    )  # fmt: skip
            for _, value in node.value:
                yield from _named(value)
        case yaml.SequenceNode():
            for value in node.value:
                yield from _named(value)
        case _:
            pass


def _span(node: yaml.ScalarNode) -> tuple[int, int]:
    return node.start_mark.index, node.end_mark.index


def _written(value: str, before: str) -> str:
    """Return a value as YAML, with the quotation marks of the previous value."""
    if before.startswith("'"):
        return "'" + value.replace("'", "''") + "'"
    plain = (
        yaml.safe_dump(value, allow_unicode=True, width=10**6)
        .removesuffix("\n")
        .removesuffix("\n...")
    )
    return (
        plain
        if not before.startswith('"') and "\n" not in plain
        else json.dumps(value, ensure_ascii=False)
    )
