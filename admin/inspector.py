"""Show a proxy's model data with sources, the result in Dify, and the key's limits.

    python -m admin inspect http://litellm:4000
    python -m admin inspect http://litellm:4000 gpt-4o

Costs no tokens. Enter the same address as in the form. Without a model, all models of the key are
shown. Of the key it shows expiry, budget and limits, and which of its models are deprecated; with
--dify-url (or DIFY_URL; the login is that of `sync`) also which apps use those.

Exits with 0, or with 1 if the model could not be read from any endpoint.
"""

import argparse
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from dify_plugin.entities.model import AIModelEntity
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from admin.catalogue.choices import ModelKind
from admin.catalogue.files import SCHEMAS
from admin.catalogue.selection import KIND_OF_MODE
from admin.dify.dify_options import add_dify_options, console_of
from admin.dify.plan import used_in
from admin.dify.used_models import users_of
from admin.litellm.key_report import KeyReport, key_report
from admin.litellm.management import Management
from admin.move import OURS
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
errors = Console(highlight=False, stderr=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("base_url", help="the proxy, as in the form")
    parser.add_argument("model", nargs="?", help="one model name; without it, all of the key")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    add_proxy_options(parser)
    add_dify_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print the facts about one model or all.

    Return 1 if no endpoint could be read. Raises CommandError, SettingsError and OSError.
    """
    settings = proxy_settings(options.base_url, options, options.model or "")
    if not options.model:
        with explained(options.base_url, options):
            rows = read_models(settings).discoveries
        _show_all(rows, _account(settings, rows, options), as_json=options.json)
        return 0
    discovery = discover(settings, VALIDATION_SECONDS)
    account = _account(settings, {options.model}, options)
    _show_one(settings, discovery, account, as_json=options.json)
    return 0 if discovery.was_reached else 1


def _account(settings: Settings, models: Collection[str], options: argparse.Namespace) -> KeyReport:
    """Read the key's limits and the deprecated models among `models`, with the apps that use them."""
    management = Management(settings.proxy)
    report = key_report(management, models, datetime.now(UTC))
    if not (report.deprecated and options.dify_url):
        return report
    with errors.status("Reading Dify's apps …"), console_of(options) as dify:
        dify.enter(any_release=options.any_release)
        names = [each.model_name for each in report.deprecated]
        return replace(report, used_by=used_in(users_of(dify, OURS), names))


def _show_one(
    settings: Settings, discovery: Discovery, account: KeyReport, *, as_json: bool
) -> None:
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
            **account.to_json(),
        }
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for name, state in asked.items():
        console.print(f"[bold]{name}[/]: {escape(state)}")
    table = Table("fact", "value", "from")
    for name, (value, source) in known.items():
        table.add_row(name, escape(_text(value)), source)
    console.print(table)
    if known:
        console.print(f"[bold]unknown[/]: {', '.join(unknown) or 'nothing'}")
        console.print(
            _dify_table(schema) if schema else "Dify has no place for a model of this mode."
        )
    else:
        console.print("Nothing is known of this model; what the form says will count.")
    _show_account(account)


def _show_account(account: KeyReport) -> None:
    table = Table("key", "")
    for name, text in account.key.items():
        table.add_row(name, escape(text))
    if account.key:
        console.print(table)
    for line in account.lines():
        console.print(f"[yellow]{escape(line)}[/]")


def _show_all(rows: Mapping[str, Discovery], account: KeyReport, *, as_json: bool) -> None:
    if as_json:
        models = {
            model: {name: {"value": v, "from": s} for name, (v, s) in _known(discovery)}
            for model, discovery in rows.items()
        }
        told = {"models": models, **account.to_json()}
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
    _show_account(account)


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
