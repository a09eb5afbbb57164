"""Every regular expression of the plugin is fast on any text that it may get."""

import importlib
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from litellm_proxy.limits import MAX_ERROR_CHARACTERS

ROOT = Path(__file__).parent.parent
PACKAGES = ("litellm_proxy", "translation", "models")
MAX_SECONDS = 0.05
"""Processor time; a quadratic pattern takes ten times as long at this length."""
HARMLESS_TEXT = re.compile(r"[a-z]+", re.IGNORECASE)


def patterns() -> Iterator[tuple[str, "re.Pattern[str] | re.Pattern[bytes]"]]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            path = file.relative_to(ROOT).with_suffix("")
            if path.parts[0] == "models" and len(path.parts) > 2:
                continue  # The SDK runs these files itself.
            module = importlib.import_module(".".join(path.parts).removesuffix(".__init__"))
            for name, value in vars(module).items():
                found = value if isinstance(value, dict) else {name: value}
                for pattern in [*found, *found.values()]:
                    if isinstance(pattern, re.Pattern):
                        yield f"{module.__name__}.{name}: {pattern.pattern!r:.40}", pattern


PATTERNS = dict(patterns())


def bad_texts(pattern: "re.Pattern[str] | re.Pattern[bytes]") -> Iterator[str]:
    """Yield texts that begin a match again and again, and never end it."""
    source = (
        pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    )
    words = set(HARMLESS_TEXT.findall(source)) | {"a", "1"}
    marks = {mark for mark in source if not mark.isalnum()} | set(" \n\"'\\{[<-")
    units = words | marks | {f"{word}{mark}" for word in words for mark in " '\"<-:"}
    units |= {f"{one}{other}" for one in marks for other in marks if one != other}
    for unit in units:
        yield (unit * MAX_ERROR_CHARACTERS)[:MAX_ERROR_CHARACTERS]


@pytest.mark.parametrize("name", PATTERNS)
def test_no_text_takes_long(name: str) -> None:
    pattern = PATTERNS[name]
    for text in bad_texts(pattern):
        given = text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")
        begun = time.thread_time()
        pattern.search(given)  # type: ignore[arg-type]
        assert time.thread_time() - begun < MAX_SECONDS, text[:60]
