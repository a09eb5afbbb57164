"""A page with charts of the spend: one HTML file, without scripts and without network."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from html import escape

from admin.litellm.spend import NOTHING, By, Row, Spend

_MAX_ROWS = 25
_TITLES = {
    By.APP: "Apps",
    By.USER: "End users",
    By.TEAM: "Teams",
    By.KEY: "Keys",
    By.MODEL: "Models",
    By.TAG: "Tags",
}
_WIDTH, _HEIGHT, _BAR_HEIGHT = 920, 180, 22
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2em auto; padding: 0 1em; color: #1d2939; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; }
dl { display: flex; gap: 3em; flex-wrap: wrap; } dt { color: #667085; } dd { margin: 0; font-size: 1.4em; }
table { border-collapse: collapse; width: 100%; } td, th { padding: .3em .6em; text-align: right; }
td:first-child, th:first-child { text-align: left; overflow-wrap: anywhere; } tr { border-bottom: 1px solid #eaecf0; }
.id { color: #98a2b3; font-size: .85em; } rect { fill: #155eef; } text { font-size: 11px; fill: #667085; }
.bar { background: #155eef; height: .5em; border-radius: 2px; min-width: 1px; } .unread { color: #b54708; }
"""


def page_of(spend: Spend, start: date, end: date) -> str:
    """Return the page."""
    total = spend.total
    figures = {
        "USD": _usd(total.cost),
        "Calls": f"{total.calls:,}",
        "Failed": f"{total.failed:,}",
        "Prompt tokens": f"{total.prompt_tokens:,}",
        "Completion tokens": f"{total.completion_tokens:,}",
    }
    sections = "".join(_section(by, spend.of(by), spend.unread.get(by)) for by in By)
    notes = "".join(f"<p>{escape(note)}</p>" for note in spend.notes)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Spend {start} to {end}</title><style>{_STYLE}</style></head><body>"
        f"<h1>Spend, {start} to {end}</h1>"
        f"<dl>{''.join(f'<div><dt>{name}</dt><dd>{text}</dd></div>' for name, text in figures.items())}</dl>"
        f"<h2>USD a day</h2>{_chart(spend, start, end)}{sections}{notes}"
        "<p>Days are UTC. A call with two tags counts for both.</p></body></html>\n"
    )


def _chart(spend: Spend, start: date, end: date) -> str:
    days = [start + timedelta(days=number) for number in range((end - start).days + 1)]
    costs = [spend.days.get(day, NOTHING).cost for day in days]
    highest = max(costs) or Decimal(1)
    width = Decimal(_WIDTH) / len(days)
    bars = "".join(
        f'<rect x="{number * width:.2f}" y="{_HEIGHT * (1 - cost / highest):.2f}" '
        f'width="{width * Decimal("0.8"):.2f}" height="{_HEIGHT * cost / highest:.2f}">'
        f"<title>{day}: {_usd(cost)} USD</title></rect>"
        for number, (day, cost) in enumerate(zip(days, costs, strict=True))
    )
    return (
        f'<svg role="img" aria-label="USD a day" viewBox="0 -16 {_WIDTH} {_HEIGHT + _BAR_HEIGHT + 16}">'
        f'<text x="0" y="-4">{_usd(max(costs))} USD</text>{bars}'
        f'<text x="0" y="{_HEIGHT + 16}">{start}</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT + 16}" text-anchor="end">{end}</text></svg>'
    )


def _section(by: By, rows: Sequence[Row], unread: str | None) -> str:
    if unread:
        return f'<h2>{_TITLES[by]}</h2><p class="unread">Could not be read: {escape(unread)}</p>'
    if not rows:
        return ""
    highest = rows[0].amount.cost or Decimal(1)
    body = "".join(_row(row, highest) for row in rows[:_MAX_ROWS])
    others = sum((row.amount for row in rows[_MAX_ROWS:]), NOTHING)
    more = f"{len(rows) - _MAX_ROWS} more: {_usd(others.cost)} USD" if len(rows) > _MAX_ROWS else ""
    return (
        f"<h2>{_TITLES[by]}</h2><table><tr><th></th><th>USD</th><th>calls</th><th>failed</th>"
        f"<th>tokens</th></tr>{body}</table><p>{more}</p>"
    )


def _row(row: Row, highest: Decimal) -> str:
    amount = row.amount
    name = escape(row.name or row.id)
    id_ = f' <span class="id">{escape(row.id)}</span>' if row.name and row.name != row.id else ""
    bar = f'<div class="bar" style="width:{100 * amount.cost / highest:.1f}%"></div>'
    return (
        f"<tr><td>{name}{id_}{bar}</td><td>{_usd(amount.cost)}</td><td>{amount.calls:,}</td>"
        f"<td>{amount.failed:,}</td><td>{amount.prompt_tokens + amount.completion_tokens:,}</td></tr>"
    )


def _usd(cost: Decimal) -> str:
    return f"{cost:,.4f}"
