"""Compare a package with a Dify and apply it, for `sync` and `upgrade`."""

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console as Terminal
from rich.markup import escape
from rich.table import Table

from admin.catalogue.difference import Entities
from admin.command_error import CommandError
from admin.dify.adopt import Pair, fields_of, obfuscated, own_settings
from admin.dify.apply import Wanted, carry_out
from admin.dify.console import Console, unknown_release
from admin.dify.dify_options import add_dify_options, console_of
from admin.dify.identifier import identifier_of
from admin.dify.plan import Plan, Step, Workspace, plan_of
from admin.dify.responses import Provider
from admin.dify.signing import private_key, signed, with_verification
from admin.dify.used_models import UsedBy, users_of
from admin.litellm.deprecations import deprecation_warning
from admin.litellm.responses import Deprecations
from admin.package import zipped

IN_STEP, WOULD_CHANGE, REFUSED = 0, 1, 3
_MAX_TOLD = 20
terminal = Terminal(highlight=False, soft_wrap=True)
progress = Terminal(highlight=False, stderr=True, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended: the exit status, a sentence for people, and the plan."""

    status: int
    told: str
    plan: Plan

    def to_json(self, *, applied: bool) -> dict[str, Any]:
        """Return it as a JSON object; `applied` is whether changes were to be made."""
        done = applied and self.status == IN_STEP
        return {**self.plan.to_json(), "applied": done, "told": self.told}

    def reported(self, options: argparse.Namespace) -> int:
        """Print it as the options say; return the exit status."""
        if options.json:
            print(json.dumps(self.to_json(applied=options.apply), ensure_ascii=False, indent=2))
        else:
            terminal.print(escape(self.told))
        return self.status


def add_step_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of both commands."""
    add_dify_options(parser)
    parser.add_argument("--apply", action="store_true", help="do it")
    parser.add_argument("--remove-used", action="store_true", help="also models that apps use")
    parser.add_argument("--adopt", action="store_true",
                        help="remove models that were added by hand, where the catalogue has the same; apps go on")  # fmt: skip
    parser.add_argument("--replace", action="store_true",
                        help="uninstall first where Dify cannot upgrade in place; the key is saved again")  # fmt: skip
    parser.add_argument("--sign-key", type=Path, metavar="FILE",
                        help="RSA private key (PEM), where Dify takes signed plugins only")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")


def bring_in_step(
    files: Mapping[str, bytes],
    entities: Entities,
    form: Mapping[str, str],
    options: argparse.Namespace,
    deprecated: Sequence[Deprecations.Model] = (),
) -> Outcome:
    """Install a package in a Dify, and print the plan unless it is for JSON.

    Raises CommandError and OSError. `entities` are the models of its catalogue by kind and name, `form`
    is the provider's, `deprecated` are models of the proxy that their providers will soon reject.
    """
    if options.sign_key:
        files = with_verification(files)
    package = zipped(files)
    if options.sign_key:
        package = signed(package, private_key(options.sign_key), int(time.time()))
    manifest = yaml.safe_load(files["manifest.yaml"])
    plugin_id = f"{manifest['author']}/{manifest['name']}"
    wanted = Wanted(
        plugin_id=plugin_id,
        provider=f"{plugin_id}/{manifest['name']}",
        package=package,
        models=frozenset(name for _, name in entities),
        form={name: text for name, text in form.items() if text},
        repo=manifest.get("repo", ""),
    )
    with console_of(options) as console:
        features = console.enter(any_release=options.any_release)
        if warning := unknown_release(console.version):
            progress.print(f"[yellow]{escape(warning)}[/]")
        if len(package) > features.max_plugin_package_size:
            message = (
                f"The package has {len(package)} bytes, and this Dify takes "
                f"{features.max_plugin_package_size}: choose fewer models, or raise "
                "PLUGIN_MAX_PACKAGE_SIZE of its API."
            )
            raise CommandError(message)
        provider = console.provider(wanted.provider)
        workspace = Workspace(
            console.plugin(plugin_id),
            provider,
            _users(console, wanted.provider),
            tuple(pairs_of(console, provider, entities, wanted.form, fields_of(files))),
        )
        plan = plan_of(
            identifier_of(files), entities, workspace, adopts=options.adopt, deprecated=deprecated
        )
        return _done(console, plan, wanted, options)


def pairs_of(
    console: Console,
    provider: Provider | None,
    entities: Entities,
    form: Mapping[str, str],
    fields: Sequence[Mapping[str, Any]],
) -> Iterator[Pair]:
    """Yield catalogue models that were also added by hand, sorted by name.

    `form` is the provider's form that will be saved if Dify has none yet.
    """
    twice = sorted(
        (each.model, each.model_type)
        for each in (provider.added_by_hand if provider else ())
        if (each.model_type, each.model) in entities
    )
    if not (provider and twice):
        return
    has_key = provider.custom_configuration.current_credential_id
    saved = console.provider_form(provider.provider) if has_key else None
    shared = (saved and saved.credentials) or {
        **form, "api_key": obfuscated(form.get("api_key", ""))
    }  # fmt: skip
    for model, kind in twice:
        by_hand = console.model_form(provider.provider, kind, model)
        own = own_settings(by_hand.credentials, shared, fields)
        if by_hand.load_balancing.enabled or len(by_hand.available_credentials) > 1:
            own += ("several keys",)
        yield Pair(kind, model, own)


def _users(console: Console, provider: str) -> Iterator[UsedBy]:
    with progress.status("Reading Dify's apps …"):
        yield from users_of(console, provider)


def _done(console: Console, plan: Plan, wanted: Wanted, options: argparse.Namespace) -> Outcome:
    refused = plan.removed_in_use and not options.remove_used
    if not options.json:
        show(plan)
    if plan.is_in_step:
        return Outcome(IN_STEP, f"In step: {_what(wanted)}, {plan.wanted}.", plan)
    if refused:
        told = "Nothing was changed: apps use models that go; --remove-used takes them away all the same."
        return Outcome(REFUSED, told, plan)
    if not options.apply:
        return Outcome(WOULD_CHANGE, "Nothing was changed; --apply does it.", plan)
    with progress.status("…") as shown:
        carry_out(console, plan, wanted, shown.update, replace=options.replace)
    return Outcome(IN_STEP, f"In step now: {_what(wanted)}, {plan.wanted}.", plan)


def _what(wanted: Wanted) -> str:
    return f"{len(wanted.models)} models" if wanted.models else "the plain plugin"


def show(plan: Plan) -> None:
    """Print the changes of a plan, and warnings."""
    match plan.step:
        case Step.INSTALL:
            terminal.print(f"The plugin is not installed; this would be new: {escape(plan.wanted)}")
        case Step.UPGRADE:
            terminal.print(f"{escape(plan.installed or '')} → {escape(plan.wanted)}")
        case Step.NOTHING:
            pass
    if plan.changes:
        table = Table("kind", "model", "change")
        for change in plan.changes[:_MAX_TOLD]:
            table.add_row(change.kind, escape(change.model), escape(change.what))
        terminal.print(table)
        if len(plan.changes) > _MAX_TOLD:
            terminal.print(f"and {len(plan.changes) - _MAX_TOLD} changes more (--json has all)")
    for model, apps in plan.removed_in_use.items():
        terminal.print(f"[yellow]{escape(model)} goes, and is used by {escape(', '.join(apps))}[/]")
    for each in plan.deprecated:
        used_by = plan.deprecated_in_use.get(each.model_name, ())
        terminal.print(f"[yellow]{escape(deprecation_warning(each, used_by))}[/]")
    for pair in plan.pairs:
        terminal.print(f"[yellow]{escape(_told_of(pair, plan))}[/]")
    if plan.fills_form:
        terminal.print("The provider has no key in Dify yet; it is saved.")


def _told_of(pair: Pair, plan: Plan) -> str:
    listed = f"{pair.model} was added by hand and is in the catalogue: apps use the one that was added by hand"
    if not pair.can_go:
        return f"{listed}, which stays for its own {', '.join(pair.own)}."
    if plan.adopts:
        return f"{pair.model} was added by hand with nothing of its own: it is removed, and apps use the catalogue's."
    return f"{listed}, with nothing of its own; --adopt removes it."
