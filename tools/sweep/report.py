"""Report of a sweep, as a table for the console and as docs/models.md."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from rich.table import Table

from tools.sweep.calls import Findings

_MAX_NAMES = 12
_QUOTED = re.compile(r'answered [^"]*"(.*?)"\.? ', re.DOTALL)
_VALUES = re.compile(r"\b[\w./:-]*\d[\w./:-]*\b")


def last_line(findings: Sequence[Findings]) -> str:
    """Return how many models answer every call, without those that LiteLLM did not set up."""
    swept = [each for each in findings if not each.not_set_up]
    whole = sum(not (each.refused or each.learnt) for each in swept)
    learnt = sum(bool(each.learnt) and not each.refused for each in swept)
    return (
        f"Of {len(swept)} models {whole} answer every call, {learnt} more once a "
        "rejection has shown what not to offer"
    )


def table(findings: Sequence[Findings]) -> Table:
    """Return the counts by provider."""
    shown = Table("provider", "models", "answer every call")
    for provider, (whole, count) in _by_provider(findings).items():
        shown.add_row(provider, str(count), str(whole))
    return shown


def written(findings: Sequence[Findings]) -> str:
    """Return the whole report as Markdown."""
    lines = [
        "# Every model of LiteLLM's catalogue",
        "",
        "Each model of LiteLLM's own catalogue, one per provider, all modes that Dify has a place for but images:",
        "its form saved, its schema read, and what the schema offers called once, through",
        "the plugin process and a real LiteLLM proxy with its defaults. LiteLLM checks the parameters and",
        "then answers by itself: no provider is asked. A call is answered also where the plugin left out a field that LiteLLM rejected. Not called:",
        "Extra Fields, Team Key, JSON Schema outside of Response Format, Voice, audio and video as input.",
        "`make sweep` writes this page.",
        "",
        f"**{last_line(findings)}.**",
        "",
        "| provider | models | answer every call |",
        "|---|---|---|",
    ]
    for provider, (whole, count) in _by_provider(findings).items():
        lines.append(f"| {provider} | {count} | {whole} |")
    lines += ["", "## What LiteLLM did not set up", ""]
    unset = [f"`{each.model.name}`" for each in findings if each.not_set_up]
    lines += [f"{len(unset)} models: {', '.join(unset)}" if unset else "None.", ""]
    lines += _section("What is refused", [(e, e.refused) for e in findings])
    lines += _section(
        "What was refused once and is offered no longer", [(e, e.learnt) for e in findings]
    )
    return "\n".join(lines)


def _section(title: str, rows: Sequence[tuple[Findings, Sequence[tuple[str, str]]]]) -> list[str]:
    lines = [f"## {title}", ""]
    for (words, what), models in _refusals(rows).items():
        names = ", ".join(f"`{name}`" for name in models[:_MAX_NAMES])
        more = f" and {len(models) - _MAX_NAMES} more" if len(models) > _MAX_NAMES else ""
        lines += [f"### {what}: {len(models)} models", "", words, "", f"- {names}{more}", ""]
    return lines


def _told(words: str, backend: str) -> str:
    """Return LiteLLM's message without the names of one model."""
    quoted = _QUOTED.search(words + " ")
    told = quoted[1] if quoted else words
    for name in (backend, backend.partition("/")[2], backend.rpartition("/")[2]):
        told = told.replace(name, "…") if name else told
    return _VALUES.sub("…", told)


def _by_provider(findings: Sequence[Findings]) -> dict[str, tuple[int, int]]:
    swept = [each for each in findings if not each.not_set_up]
    all_models = Counter(each.model.provider for each in swept)
    whole = Counter(each.model.provider for each in swept if not (each.refused or each.learnt))
    return {provider: (whole[provider], count) for provider, count in sorted(all_models.items())}


def _refusals(
    rows: Sequence[tuple[Findings, Sequence[tuple[str, str]]]],
) -> Mapping[tuple[str, str], list[str]]:
    """Return the models by call and message, the most frequent first."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each, refused in rows:
        for what, words in refused:
            found[_told(words, each.model.backend), what].append(each.model.name)
    return dict(sorted(found.items(), key=lambda row: -len(row[1])))
