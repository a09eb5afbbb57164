"""Show who spent what: cost, tokens and calls by app, end user, team, key and model.

    python -m admin spend http://litellm:4000
    python -m admin spend http://litellm:4000 --from 2026-11-01 --to 2026-11-30 --by app,user
    python -m admin spend http://litellm:4000 --csv spend.csv --html spend.html

Reads LiteLLM's daily activity, with a key that may see it: an administrator's for everything, another
one for its own part. With --dify-url (or DIFY_URL), apps and accounts of Dify have their names; the
login is that of `sync`. Nothing is changed. Days are UTC. A call with two tags counts for both.

Exits with 0, or with 1 if something could not be read, which it prints.
"""

import argparse
import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from admin.command_error import CommandError
from admin.dify.dify_options import add_dify_options, console_of
from admin.dify.names import NO_NAMES, Names, read_names
from admin.litellm.management import Management
from admin.litellm.spend import Amount, By, Row, Spend, read_spend
from admin.proxy_options import add_proxy_options, explained, proxy_settings
from admin.spend_page import page_of

_DAYS = 30
_MAX_ROWS = 20
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
terminal = Console(highlight=False, soft_wrap=True)
progress = Console(highlight=False, stderr=True, soft_wrap=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("base_url", help="the proxy, as in the form")
    parser.add_argument("--from", dest="start", type=_day, metavar="DATE",
                        help=f"first day, YYYY-MM-DD (default: {_DAYS - 1} days before the last)")  # fmt: skip
    parser.add_argument("--to", dest="end", type=_day, metavar="DATE",
                        help="last day (default: today)")  # fmt: skip
    parser.add_argument("--by", type=_kinds, default=tuple(By), metavar="KIND,…",
                        help=f"which of {', '.join(By)} (default: all)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="also write all rows as CSV")
    parser.add_argument("--html", type=Path, metavar="FILE",
                        help="also write a page with charts, which needs no network")  # fmt: skip
    parser.add_argument("--emails", action="store_true",
                        help="name accounts by e-mail address instead of by name")  # fmt: skip
    add_proxy_options(parser)
    add_dify_options(parser)


def run(options: argparse.Namespace) -> int:
    """Read and print the spend; return 1 if a part is missing.

    Raises CommandError, SettingsError and OSError.
    """
    end = options.end or datetime.now(UTC).date()
    start = options.start or end - timedelta(days=_DAYS - 1)
    if start > end:
        message = f"--from {start} is after --to {end}."
        raise CommandError(message)
    settings = proxy_settings(options.base_url, options)
    with progress.status("Reading LiteLLM …") as shown, explained(options.base_url, options):
        spend = read_spend(Management(settings.proxy), start, end, options.by, shown.update)
    spend = _named(spend, _names(options))
    if options.csv:
        options.csv.write_text(_csv(spend), encoding="utf-8")
    if options.html:
        options.html.write_text(page_of(spend, start, end), encoding="utf-8")
    if options.json:
        print(json.dumps(_json(spend, start, end), indent=2, ensure_ascii=False))
    else:
        _show(spend, start, end, options.by)
    return 1 if spend.unread else 0


def _names(options: argparse.Namespace) -> Names:
    if not options.dify_url:
        return NO_NAMES
    with progress.status("Reading Dify's apps and accounts …"), console_of(options) as console:
        console.enter(any_release=options.any_release)
        return read_names(console, emails=options.emails)


def _named(spend: Spend, names: Names) -> Spend:
    """Return the spend with Dify's names where LiteLLM has none."""
    known = {By.APP: names.apps, By.USER: names.users}
    rows = (
        replace(row, name=row.name or known.get(row.by, {}).get(row.id, "")) for row in spend.rows
    )
    return replace(spend, rows=tuple(rows))


def _show(spend: Spend, start: date, end: date, kinds: tuple[By, ...]) -> None:
    for by in kinds:
        rows = spend.of(by)
        if rows:
            terminal.print(_table(by, rows, spend.total))
        if len(rows) > _MAX_ROWS:
            terminal.print(f"and {len(rows) - _MAX_ROWS} more (--json and --csv have all)")
        if by in spend.unread:
            terminal.print(f"[yellow]By {by}: not read, {escape(spend.unread[by])}[/]")
        elif not rows:
            terminal.print(f"By {by}: nothing.")
    for note in spend.notes:
        terminal.print(escape(note))
    total = spend.total
    terminal.print(
        f"{start} to {end}: {_usd(total, total)} USD, {total.calls} calls ({total.failed} failed), "
        f"{total.prompt_tokens} prompt tokens, {total.completion_tokens} completion tokens."
    )


def _table(by: By, rows: tuple[Row, ...], total: Amount) -> Table:
    table = Table(by.value)
    for heading in ("USD", "calls", "failed", "prompt tokens", "completion tokens"):
        table.add_column(heading, justify="right")
    for row in rows[:_MAX_ROWS]:
        amount = row.amount
        label = f"{row.name} ({row.id})" if row.name and row.name != row.id else row.id
        table.add_row(escape(label), _usd(amount, total), str(amount.calls), str(amount.failed),
                      str(amount.prompt_tokens), str(amount.completion_tokens))  # fmt: skip
    return table


def _usd(amount: Amount, total: Amount) -> str:
    """Return USD with as many decimals as the total needs to be seen."""
    return f"{amount.cost:.4f}" if total.cost >= 1 else f"{amount.cost:.6f}"


def _fields(amount: Amount) -> dict[str, Any]:
    return {
        "cost_usd": f"{amount.cost:f}",
        "calls": amount.calls,
        "failed": amount.failed,
        "prompt_tokens": amount.prompt_tokens,
        "completion_tokens": amount.completion_tokens,
    }


def _json(spend: Spend, start: date, end: date) -> dict[str, Any]:
    return {
        "from": start.isoformat(),
        "to": end.isoformat(),
        "total": _fields(spend.total),
        "days": {day.isoformat(): _fields(amount) for day, amount in spend.days.items()},
        "rows": [
            {"by": row.by.value, "id": row.id, "name": row.name, **_fields(row.amount)}
            for row in spend.rows
        ],
        "unread": {by.value: why for by, why in spend.unread.items()},
        "notes": list(spend.notes),
    }


def _csv(spend: Spend) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["by", "id", "name", *_fields(spend.total)])
    for row in spend.rows:
        writer.writerow(
            [row.by.value, _cell(row.id), _cell(row.name), *_fields(row.amount).values()]
        )
    return text.getvalue()


def _cell(text: str) -> str:
    """Return a text that a spreadsheet does not take for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f'"{text}" is no day, such as 2026-11-30'
        raise argparse.ArgumentTypeError(message) from None


def _kinds(text: str) -> tuple[By, ...]:
    try:
        return tuple(dict.fromkeys(By(name.strip()) for name in text.split(",")))
    except ValueError:
        message = f'"{text}" must name some of {", ".join(By)}'
        raise argparse.ArgumentTypeError(message) from None
