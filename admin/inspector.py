"""Show a proxy's model data with sources, and the result in Dify.

Costs no tokens. Enter the same address as in the form. Without a model, all models of the key are
shown.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import Any

from dify_plugin.entities.model import AIModelEntity
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from admin.catalogue.choices import ModelKind
from admin.catalogue.files import SCHEMAS
from admin.catalogue.selection import KIND_OF_MODE
from admin.proxy_models import read_models
from admin.proxy_options import add_proxy_options, explained, proxy_settings
from litellm_proxy.errors import ProxyError
from litellm_proxy.wire.model_facts import ModelFacts
from models.facts_cache import VALIDATION_SECONDS, discover
from translation.errors.messages import form_message
from translation.facts.discovery import Discovery
from translation.facts.model_view import ModelView
from translation.facts.prices import per_million
from translation.form.settings import Settings

console = Console(highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("base_url", help="the proxy, as in the form")
    parser.add_argument("model", nargs="?", help="one model name; without it, all of the key")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    add_proxy_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print the facts about one model or all.

    Return 1 if no endpoint could be read. Raises CommandError, SettingsError and OSError.
    """
    settings = proxy_settings(options.base_url, options, options.model or "")
    if not options.model:
        with explained(options.base_url, options):
            _show_all(settings, as_json=options.json)
        return 0
    discovery = discover(settings, VALIDATION_SECONDS)
    _show_one(settings, discovery, as_json=options.json)
    return 0 if discovery.was_reached else 1


def _show_one(settings: Settings, discovery: Discovery, *, as_json: bool) -> None:
    schema = _schema(settings, discovery.facts)
    known = dict(_known(discovery))
    unknown = [field.name for field in fields(ModelFacts) if field.name not in known]
    asked = {name: _state(found) for name, found in discovery.by_endpoint.items()}
    if as_json:
        told = {
            "model": settings.model,
            "asked": asked,
            "facts": {
                name: {"value": value, "from": source} for name, (value, source) in known.items()
            },
            "unknown": unknown,
            "dify": schema and schema.model_dump(mode="json", include=_SHOWN_IN_DIFY),
        }
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for name, state in asked.items():
        console.print(f"[bold]{name}[/]: {escape(state)}")
    table = Table("fact", "value", "from")
    for name, (value, source) in known.items():
        table.add_row(name, escape(_text(value)), source)
    console.print(table)
    if not known:
        console.print("Nothing is known of this model; what the form says will count.")
        return
    console.print(f"[bold]unknown[/]: {', '.join(unknown) or 'nothing'}")
    console.print(_dify_table(schema) if schema else "Dify has no place for a model of this mode.")


def _show_all(settings: Settings, *, as_json: bool) -> None:
    rows = read_models(settings).discoveries
    if as_json:
        told = {
            model: {name: {"value": v, "from": s} for name, (v, s) in _known(discovery)}
            for model, discovery in rows.items()
        }
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    table = Table("model", "mode", "context", "max output", "USD per million", "can")
    for model, discovery in rows.items():
        facts = discovery.facts
        table.add_row(
            escape(model),
            _text(facts.mode),
            _text(facts.context_size),
            _text(facts.max_output_tokens),
            _price(facts),
            ", ".join(name for name in _CAPABILITIES if getattr(facts, name)) or "unknown",
        )
    console.print(table)
    console.print(f"{len(rows)} models. Name one to see where each fact comes from.")


def _known(discovery: Discovery) -> Iterator[tuple[str, tuple[Any, str]]]:
    facts = discovery.facts
    for field in fields(ModelFacts):
        value = getattr(facts, field.name)
        if value is not None:
            plain = f"{value:f}" if isinstance(value, Decimal) else value
            yield field.name, (plain, discovery.source(field.name) or "")


def _state(found: ModelFacts | ProxyError | None) -> str:
    match found:
        case ModelFacts():
            return "knows the model"
        case ProxyError():
            return form_message(found)
        case None:
            return "answers, but does not know this name"


def _schema(settings: Settings, facts: ModelFacts) -> AIModelEntity | None:
    """Return the schema that Dify will show.

    None for a model of a mode that Dify lacks.
    """
    kind = KIND_OF_MODE.get(facts.mode) if facts.mode else ModelKind.LLM
    return SCHEMAS[kind](settings.model, ModelView(settings, facts)) if kind else None


def _dify_table(schema: AIModelEntity) -> Table:
    table = Table("in Dify", "")
    table.add_row("type", schema.model_type.value)
    for key, value in schema.model_properties.items():
        table.add_row(key.value, _text(value))
    table.add_row("features", ", ".join(feature.value for feature in schema.features or []) or "–")
    for rule in schema.parameter_rules:
        bounds = f"{rule.min:g} to {rule.max:g}" if rule.max is not None else ""
        table.add_row(f"parameter {rule.name}", bounds or ", ".join(rule.options))
    pricing = schema.pricing
    price = f"{pricing.input} in, {pricing.output} out" if pricing else "unknown, shown as 0"
    table.add_row("USD per million tokens", price)
    return table


def _price(facts: ModelFacts) -> str:
    prices = (facts.input_price, facts.output_price)
    return " / ".join("?" if price is None else str(per_million(price)) for price in prices)


def _text(value: object) -> str:
    match value:
        case None:
            return "unknown"
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)


_CAPABILITIES = (
    "function_calling",
    "vision",
    "response_schema",
    "reasoning",
    "pdf_input",
    "audio_input",
    "video_input",
    "prompt_caching",
    "embeds_images",
)
_SHOWN_IN_DIFY = {"model_type", "model_properties", "features", "pricing", "parameter_rules"}
