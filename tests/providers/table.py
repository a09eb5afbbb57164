"""`python -m tests.providers.table` writes docs/compatibility.md from what the tests assert."""

from collections.abc import Iterator

from harness.litellm_proxy_process import ROOT
from tests.support.providers.all import PROVIDERS
from tests.support.providers.scenario import Provider

DOCUMENT = ROOT / "docs" / "compatibility.md"
CAPABILITIES = {
    "plain text, tokens, cost": ("text streamed", "text blocking"),
    "two tool calls, and the turn after": ("tools streamed", "tools blocking"),
    "thinking, also before a tool": ("thinking streamed", "thinking blocking"),
    "picture in": ("picture",),
    "cut by length": ("length streamed", "length blocking"),
    "the provider's filter": ("filter streamed", "filter blocking"),
    "instructions alone": ("instructions alone",),
    "errors 400 to 503": ("errors",),
    "error midway": ("error midway",),
    "stream cut": ("cut",),
}
"""What the tests try, by the name in the table."""


def document() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Providers in their own words"
    yield ""
    yield (
        "Each provider speaks its own wire format, as it documents it, behind a real LiteLLM 1.106.2 "
        "with its defaults; everything is asked through the plugin process, streamed and blocking. "
        "`tests/providers` asserts each cell, also those that LiteLLM cannot, and "
        "`python -m tests.providers.table` writes this page."
    )
    yield ""
    yield "- **✓** works"
    yield "- **s** works in whole answers only, **b** in streams only: LiteLLM cannot do the other"
    yield "- **–** LiteLLM cannot; the list below says what is seen"
    yield "- blank: the provider has no such thing"
    yield ""
    yield f"| provider | {' | '.join(CAPABILITIES)} |"
    yield f"|---|{'---|' * len(CAPABILITIES)}"
    for provider in PROVIDERS:
        cells = [_cell(provider, name, parts) for name, parts in CAPABILITIES.items()]
        yield f"| {provider.name} | {' | '.join(cells)} |"
    yield ""
    yield "## What LiteLLM cannot"
    yield ""
    for provider in PROVIDERS:
        for capability, seen in provider.cannot.items():
            yield f"- {provider.name}, {capability}: `{seen}`"


def _cell(provider: Provider, name: str, parts: tuple[str, ...]) -> str:
    if (name.startswith("thinking") and not provider.thinks) or (
        name.endswith("filter") and not provider.filters
    ):
        return ""
    failing = [part for part in parts if part in provider.cannot]
    if not failing:
        return "✓"
    if len(failing) == len(parts):
        return "–"
    return "s" if failing[0].endswith("streamed") else "b"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
    print(f"{DOCUMENT.relative_to(ROOT)} is written.")  # noqa: T201
