"""Write the names of Dify's apps, and e-mails of its accounts, into LiteLLM.

    python -m admin names http://litellm:4000 --dify-url https://dify.example.org
    python -m admin names http://litellm:4000 --dify-url https://dify.example.org --emails --apply

LiteLLM's pages then show names instead of ids: an app's name as the description of its tag
`dify-app:…`, and with --emails the address of an account as the alias of its customer (end user).
Only what LiteLLM has seen gets a name. A description or alias that somebody else wrote stays, unless
--overwrite is given. Without --apply it lists the changes and makes none.

The key (LITELLM_API_KEY) must be an administrator's; the login for Dify is that of `sync`.

Exits with 0 if all names are there, 1 if there are changes to apply, 2 on an error.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from admin.command_error import CommandError
from admin.dify.dify_options import add_dify_options, console_of
from admin.dify.names import Names, read_names
from admin.litellm.management import Management, quoted
from admin.litellm.responses import Customer, Tag
from admin.proxy_options import add_proxy_options, explained, proxy_settings
from litellm_proxy.errors import ProxyError
from litellm_proxy.wire.options import APP_TAG

IN_STEP, WOULD_CHANGE = 0, 1
_OUR_START = "Dify app: "
_LITELLMS_START = "This is just a spend tag"
"""The start of LiteLLM's description of a tag that it has only seen in calls."""
_MAX_SHOWN = 40
terminal = Console(highlight=False, soft_wrap=True)
progress = Console(highlight=False, stderr=True, soft_wrap=True)


class Kind(StrEnum):
    """What gets a name in LiteLLM."""

    TAG = "tag"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Change:
    """A name to write; `before` is "" if there is none."""

    kind: Kind
    id: str
    before: str
    name: str
    is_kept: bool
    """Somebody else wrote the name before, so it stays."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("base_url", help="the proxy, as in the form")
    parser.add_argument("--emails", action="store_true", help="also e-mails of accounts")
    parser.add_argument(
        "--overwrite", action="store_true", help="also names that somebody else wrote"
    )
    parser.add_argument("--apply", action="store_true", help="do it")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_proxy_options(parser)
    add_dify_options(parser)


def run(options: argparse.Namespace) -> int:
    """Compare, and with --apply write the names. Raises CommandError, SettingsError and OSError."""
    management = Management(proxy_settings(options.base_url, options).proxy)
    with progress.status("Reading Dify's apps and accounts …"), console_of(options) as console:
        console.enter(any_release=options.any_release)
        names = read_names(console, emails=True)
    with progress.status("Reading LiteLLM's tags …"), explained(options.base_url, options):
        tags = {tag.name: tag for tag in management.tags()}
        customers = (
            {each.user_id: each for each in management.customers()} if options.emails else {}
        )
    found = [
        *changes_of_tags(names, tags.values()),
        *changes_of_customers(names, customers.values()),
    ]
    changes = [each for each in found if options.overwrite or not each.is_kept]
    kept = [each for each in found if each not in changes]
    if not options.json:
        _show(changes, kept)
    if options.apply and changes:
        with progress.status("…") as shown:
            for done, change in enumerate(changes):
                shown.update(f"Writing {done + 1} of {len(changes)} …")
                _write(management, change, tags, customers, done)
    if not changes:
        status, told = IN_STEP, "All names are in LiteLLM."
    elif options.apply:
        status, told = IN_STEP, f"{len(changes)} names are written."
    else:
        status, told = WOULD_CHANGE, "Nothing was changed; --apply does it."
    if options.json:
        print(json.dumps({"changes": [asdict(each) for each in changes], "kept": [asdict(each) for each in kept],
                          "applied": options.apply, "told": told}, ensure_ascii=False, indent=2))  # fmt: skip
    else:
        terminal.print(told)
    return status


def changes_of_tags(names: Names, tags: Iterable[Tag]) -> Iterator[Change]:
    """Yield the descriptions to write."""
    for tag in tags:
        app = (
            names.apps.get(tag.name.removeprefix(APP_TAG)) if tag.name.startswith(APP_TAG) else None
        )
        before = tag.description or ""
        if before.startswith(_LITELLMS_START):
            before = ""
        if app and before != (name := f"{_OUR_START}{app}"):
            is_kept = bool(before) and not before.startswith(_OUR_START)
            yield Change(Kind.TAG, tag.name, before, name, is_kept)


def changes_of_customers(names: Names, customers: Iterable[Customer]) -> Iterator[Change]:
    """Yield the aliases to write."""
    for customer in customers:
        email = names.users.get(customer.user_id)
        before = customer.alias or ""
        if email and before != email:
            yield Change(Kind.CUSTOMER, customer.user_id, before, email, is_kept=bool(before))


def _write(
    management: Management,
    change: Change,
    tags: Mapping[str, Tag],
    customers: Mapping[str, Customer],
    done: int,
) -> None:
    try:
        match change.kind:
            case Kind.TAG:
                tag = tags[change.id]
                is_new = (tag.description or "").startswith(_LITELLMS_START)
                named = tag.model_copy(update={"description": change.name})
                management.save_tag(named, is_new=is_new)
            case Kind.CUSTOMER:
                customer = customers[change.id]
                management.save_customer(customer.model_copy(update={"alias": change.name}))
    except ProxyError as error:
        message = (
            f"The name of {change.id} could not be written: {quoted(error)}. "
            f"{done} names are written; run it again for the others."
        )
        raise CommandError(message) from None


def _show(changes: list[Change], kept: list[Change]) -> None:
    if changes:
        table = Table("in LiteLLM", "id", "name", "before")
        for change in changes[:_MAX_SHOWN]:
            table.add_row(
                change.kind.value, escape(change.id), escape(change.name), escape(change.before)
            )
        terminal.print(table)
    if len(changes) > _MAX_SHOWN:
        terminal.print(f"and {len(changes) - _MAX_SHOWN} more (--json has all)")
    for change in kept[:_MAX_SHOWN]:
        terminal.print(
            f"[yellow]{escape(change.id)} keeps its name {escape(repr(change.before))}, not "
            f"{escape(repr(change.name))}; --overwrite replaces it.[/]"
        )
