"""Replace the LiteLLM keys in Dify's forms by new ones with the same rights, budget and limits.

    python -m admin rotate http://litellm:4000 --dify-url https://dify.example.org
    python -m admin rotate http://litellm:4000 --dify-url https://dify.example.org --apply
    python -m admin rotate … --older-than 90 --grace 7d --apply

For each key that is in a form of the plugin: issues a new key, writes it into all forms that have the
old one (Dify validates each), gives the new key the old one's alias, and lets the old key expire after
a grace period. The next run deletes it. Calls go on all the time. After an interruption at any step,
run it again: it goes on from there, and Dify always has a working key. No key is printed. Whoever else
uses the old key has the grace period to change it.

Without --apply it lists what would be done and does nothing. The key in LITELLM_API_KEY must be an
administrator's, and is not replaced; the login for Dify is that of `sync`. Keys in *Named Keys for Apps*
are not replaced. LiteLLM's own key rotation is for LiteLLM Enterprise, and is not used.

Exits with 0 if nothing is to be done (any more), 1 if there is something to apply, 2 on an error.
"""

import argparse
import json
import re
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from admin.command_error import CommandError
from admin.dify.adopt import obfuscated
from admin.dify.console import Console as Dify
from admin.dify.dify_options import add_dify_options, console_of
from admin.dify.forms import SavedForm, saved_forms
from admin.litellm.management import Management, quoted
from admin.litellm.responses import Key
from admin.litellm.rotation import (
    Rotation,
    Rotations,
    differing_fields,
    fields_of_new,
    fields_of_old,
    free_alias,
    metadata_with,
    rotations_of,
    target_alias,
)
from admin.move import OURS
from admin.proxy_options import add_proxy_options, explained, proxy_settings
from litellm_proxy.errors import ProxyError

DONE, WOULD_CHANGE = 0, 1
_UNITS = {"m": 60, "h": 3600, "d": 86400}
_GRACE = re.compile(r"(\d{1,4})([mhd])")
_NAMED_KEYS = "keys"
SECRETS = frozenset({"api_key", "keys", "extra_headers", "ca_certificate"})
"""The fields of the forms that Dify keeps encrypted (provider/litellm.yaml)."""
terminal = Console(highlight=False, soft_wrap=True)
progress = Console(highlight=False, stderr=True, soft_wrap=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("base_url", help="the proxy, as in the form")
    parser.add_argument("--apply", action="store_true", help="do it")
    parser.add_argument("--alias", default="", help="only the key with this alias")
    parser.add_argument("--older-than", type=int, default=0, metavar="DAYS",
                        help="only keys that were issued so long ago")  # fmt: skip
    parser.add_argument("--grace", type=_grace, default=_grace("24h"), metavar="TIME",
                        help="how long the old key works on, such as 30m, 24h or 7d (default: 24h)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_proxy_options(parser)
    add_dify_options(parser)


def run(options: argparse.Namespace) -> int:
    """List what is to be done, and with --apply do it.

    Raises CommandError, SettingsError and OSError.
    """
    management = Management(proxy_settings(options.base_url, options).proxy)
    with console_of(options) as dify:
        dify.enter(any_release=options.any_release)
        with progress.status("Reading Dify's forms …"):
            provider = dify.provider(OURS)
            forms = list(saved_forms(dify, provider)) if provider else []
        with progress.status("Reading LiteLLM's keys …"), explained(options.base_url, options):
            keys = list(management.keys())
        now = datetime.now(UTC)
        plan = rotations_of(forms, keys, now, alias=options.alias, days=options.older_than)
        if not options.json:
            _show(plan)
        is_done = not (plan.rotations or plan.delete)
        if options.apply and not is_done:
            with progress.status("…") as shown:
                _Rotator(management, dify, keys, options.grace, shown.update).carry_out(plan)
    told = (
        "Nothing is to be done." if is_done
        else f"{len(plan.rotations)} keys are replaced, {len(plan.delete)} expired ones deleted." if options.apply
        else "Nothing was changed; --apply does it."
    )  # fmt: skip
    if options.json:
        print(
            json.dumps(
                {**_json(plan), "applied": options.apply, "told": told},
                indent=2,
                ensure_ascii=False,
            )
        )
    else:
        terminal.print(told)
    return DONE if is_done or options.apply else WOULD_CHANGE


class _Rotator:
    """Carries out a plan, one step after the other."""

    def __init__(
        self,
        management: Management,
        dify: Dify,
        keys: Sequence[Key],
        grace: int,
        tell: Callable[[str], None],
    ) -> None:
        """`keys` are all of LiteLLM's, `grace` is in seconds."""
        self._management = management
        self._dify = dify
        self._keys = keys
        self._now = datetime.now(UTC)
        self._grace = grace
        self._tell = tell

    def carry_out(self, plan: Rotations) -> None:
        """Replace the keys, then delete the expired ones. Raises CommandError."""
        for rotation in plan.rotations:
            name = _name(rotation.old[0] if rotation.old else rotation.new)
            try:
                new = rotation.new or self._replaced(rotation, name)
                for key in rotation.old:
                    self._tell(f"{name}: letting the old key expire …")
                    changes = fields_of_old(key, self._now, self._grace)
                    self._management.change_key(str(key.token), **changes)
                alias = target_alias(new)
                if alias and new.key_alias != alias:
                    self._management.change_key(str(new.token), key_alias=alias)
            except ProxyError as error:
                message = f"{name}: {quoted(error)}. The keys in Dify work; run it again to go on."
                raise CommandError(message) from None
        for key in plan.delete:
            try:
                self._management.delete_key(str(key.token))
            except ProxyError as error:
                message = f"{_name(key)} could not be deleted: {quoted(error)}. It has expired."
                raise CommandError(message) from None

    def _replaced(self, rotation: Rotation, name: str) -> Key:
        """Issue a key and write it into the forms; return it without the key itself."""
        old = rotation.old[0]
        self._tell(f"{name}: issuing a new key …")
        made = self._management.issue(fields_of_new(old, self._now, free_alias(old, self._keys)))
        token = str(made.token)
        new = self._management.key(token)
        if differing := differing_fields(old, new):
            self._management.delete_key(token)
            message = f"{name}: LiteLLM gave the new key another {', '.join(differing)}, so it is deleted again. Nothing was changed."
            raise CommandError(message)
        metadata = metadata_with(new, shown=obfuscated(made.key))
        self._management.change_key(token, metadata=metadata)
        for done, form in enumerate(rotation.forms):
            self._tell(f"{name}: saving the form of {form.label} …")
            values = form.with_key(made.key, SECRETS)
            try:
                self._dify.change_form(OURS, form.credential_id, values, form.model)
            except CommandError as error:
                reason = str(error).replace(made.key, "***")
                message = (
                    f"{form.label}: {reason} {done} of {len(rotation.forms)} forms have the new key of {name}, "
                    "and both keys work. Run it again to go on."
                )
                raise CommandError(message) from None
        return new.model_copy(update={"metadata": metadata})


def _show(plan: Rotations) -> None:
    if plan.rotations:
        table = Table("key", "forms", "what would be done")
        for rotation in plan.rotations:
            key = rotation.old[0] if rotation.old else rotation.new
            table.add_row(
                escape(_name(key)),
                escape(", ".join(form.label for form in rotation.forms)),
                _step(rotation),
            )
        terminal.print(table)
    for key in plan.delete:
        terminal.print(f"{escape(_name(key))} was replaced and has expired: it is deleted.")
    for form, why in plan.unknown:
        terminal.print(f"[yellow]{escape(form.label)} is left out: {escape(why)}.[/]")
    for label in _with_named_keys(plan):
        terminal.print(f"[yellow]{escape(label)}: its Named Keys for Apps are not replaced.[/]")


def _with_named_keys(plan: Rotations) -> Collection[str]:
    forms = [form for each in plan.rotations for form in each.forms]
    return [form.label for form in forms if form.values.get(_NAMED_KEYS)]


def _step(rotation: Rotation) -> str:
    if rotation.new is None:
        return (
            "a new key"
            if len(rotation.old) == 1
            else "a new key, since an earlier run was interrupted"
        )
    return "the end of an earlier run: the forms have the new key"


def _json(plan: Rotations) -> dict[str, Any]:
    def labels(forms: Collection[SavedForm]) -> list[str]:
        return [form.label for form in forms]

    return {
        "replace": [
            {"key": _name(each.old[0] if each.old else each.new), "forms": labels(each.forms),
             "has_new_key": each.new is not None}
            for each in plan.rotations
        ],
        "delete": [_name(key) for key in plan.delete],
        "unknown": [{"form": form.label, "why": why} for form, why in plan.unknown],
        "named_keys": list(_with_named_keys(plan)),
    }  # fmt: skip


def _name(key: Key | None) -> str:
    """Return a key's alias, and its last four characters as LiteLLM shows them."""
    if key is None:
        return ""
    return f"{target_alias(key)} ({key.key_name})" if target_alias(key) else key.key_name or ""


def _grace(text: str) -> int:
    """Return seconds."""
    parts = _GRACE.fullmatch(text)
    if not parts:
        message = f'"{text}" must be a time such as 30m, 24h or 7d'
        raise argparse.ArgumentTypeError(message)
    return int(parts[1]) * _UNITS[parts[2]]
