"""The table, the picture and the figures of a benchmark."""

import json
from dataclasses import dataclass
from math import log2
from pathlib import Path
from statistics import median
from xml.sax.saxutils import escape

from rich.table import Table

from tools.bench.scenarios import HTTPX, NULL, OURS, STOCK, Scenario

_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{height}" '
    'font-family="system-ui, sans-serif" font-size="13">'
)
_TITLE = (
    '<text x="16" y="26" font-size="16" font-weight="600" fill="#12332e">'
    "Times better than the SDK's stock OpenAI-compatible classes</text>"
)
_SUBTITLE = (
    '<text x="16" y="44" fill="#55706b">medians of {rounds} rounds, {cores} cores; longer is '
    "better, the line is equal</text>"
)
_ROW, _LEFT, _BAR, _TOP = 26, 270, 380, 56


@dataclass(frozen=True)
class Figure:
    """One scenario, and the values of every round by plugin."""

    scenario: Scenario
    values: dict[str, list[float]]

    @property
    def ratio(self) -> float | None:
        """Return our median in relation to the baseline's."""
        baseline = self.scenario.baseline
        if baseline not in self.values or OURS not in self.values:
            return None
        divisor = median(self.values[baseline])
        return median(self.values[OURS]) / divisor if divisor else None

    @property
    def reached(self) -> bool | None:
        """Return whether the target was reached; None if there is none."""
        target = self.scenario.target
        if target is None or self.ratio is None:
            return None
        return self.ratio >= target if self.scenario.higher else self.ratio <= target


@dataclass(frozen=True)
class Results:
    """All figures of one run."""

    figures: list[Figure]
    rounds: int
    cores: int


def table(results: Results) -> Table:
    """Return the figures for a console."""
    shown = Table(
        "",
        "unit",
        "stock classes",
        "this plugin on httpx's transport",
        "this plugin",
        "null plugin",
        "ratio",
        "to reach",
        "",
    )
    for row in _rows(results):
        shown.add_row(*row)
    return shown


def write(results: Results, folder: Path, picture: Path) -> list[Path]:
    """Write results.json and table.md into a folder, and the picture; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = {
        figure.scenario.name: {
            "unit": figure.scenario.unit,
            "ratio": figure.ratio,
            "target": figure.scenario.target,
            "values": figure.values,
        }
        for figure in results.figures
    }
    told = {"cores": results.cores, "rounds": results.rounds, "figures": figures}
    texts = {
        folder / "results.json": json.dumps(told, indent=1) + "\n",
        folder / "table.md": _markdown(results),
        picture: _picture(results),
    }
    for path, text in texts.items():
        path.write_text(text)
    return list(texts)


def _rows(results: Results) -> list[tuple[str, ...]]:
    rows = []
    for figure in results.figures:
        scenario = figure.scenario
        ratio, target = figure.ratio, scenario.target
        sign = "≥" if scenario.higher else "≤"
        columns = [_spread(figure.values.get(name)) for name in (STOCK, HTTPX, OURS, NULL)]
        if "server" in figure.values:
            columns[0] = _spread(figure.values["server"])
        rows.append((
            scenario.name,
            scenario.unit,
            *columns,
            "" if ratio is None else f"{ratio:.2f}x",
            "" if target is None else f"{sign} {target:g}x",
            {None: "", True: "reached", False: "missed"}[figure.reached],
        ))  # fmt: skip
    return rows


def _spread(values: list[float] | None) -> str:
    if not values:
        return ""
    return f"{_number(median(values))} ({_number(min(values))}–{_number(max(values))})"


def _number(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2  # noqa: PLR2004
    return f"{value:,.{digits}f}".replace(",", " ")


def _markdown(results: Results) -> str:
    head = f"Medians (least–most) of {results.rounds} rounds on {results.cores} cores.\n\n"
    columns = (
        "| | unit | stock classes | this plugin on httpx's transport | this plugin | null plugin "
        "| ratio | to reach | |\n"
    )
    lines = ["| " + " | ".join(row) + " |" for row in _rows(results)]
    return head + columns + "|---|---|---|---|---|---|---|---|---|\n" + "\n".join(lines) + "\n"


def _picture(results: Results) -> str:
    """Draw how many times better the plugin is than the stock classes, on a scale of powers."""
    shown = [
        (f, r if f.scenario.higher else 1 / r)
        for f in results.figures
        if f.scenario.baseline == STOCK and (r := f.ratio)
    ]
    height = _TOP + _ROW * len(shown) + 30
    most = max((times for _, times in shown), default=1.0)
    parts = [
        _SVG.format(height=height),
        f'<rect width="760" height="{height}" rx="8" fill="#f7faf9"/>',
        _TITLE,
        _SUBTITLE.format(rounds=results.rounds, cores=results.cores),
    ]
    for number, (figure, times) in enumerate(shown):
        y = _TOP + _ROW * number
        width = max(2.0, _BAR * _share(times, most))
        parts.append(
            f'<text x="16" y="{y + 16}" fill="#12332e">{escape(figure.scenario.name)}</text>'
            f'<rect x="{_LEFT}" y="{y + 4}" width="{width:.0f}" height="16" rx="3" fill="#2a9d8f"/>'
            f'<text x="{_LEFT + width + 8:.0f}" y="{y + 17}" fill="#12332e">{times:.1f}x</text>'
        )
    x = _LEFT + _BAR * _share(1.0, most)
    parts.append(
        f'<line x1="{x:.0f}" x2="{x:.0f}" y1="{_TOP}" y2="{height - 26}" stroke="#b5c9c5"/></svg>\n'
    )
    return "\n".join(parts)


def _share(times: float, most: float) -> float:
    """Return the length of a bar from 0 to 1: each doubling is as long, from a half on."""
    return max(0.0, (log2(times) + 1) / (log2(max(most, 2.0)) + 1))
