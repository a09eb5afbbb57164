"""List the web pages that an answer cites below its text."""

from collections.abc import Sequence
from dataclasses import dataclass

from litellm_proxy.limits import MAX_SOURCES, MAX_TITLE_CHARACTERS, MAX_URL_CHARACTERS


@dataclass(frozen=True, slots=True)
class Source:
    """A web page that the answer cites."""

    url: str
    title: str


class Sources:
    """Collects cited pages without duplicates, in order of arrival."""

    def __init__(self) -> None:
        self._by_url: dict[str, Source] = {}

    def feed(self, url: str, title: str = "") -> None:
        """Add a page; drop overlong URLs and pages above MAX_SOURCES."""
        if len(self._by_url) < MAX_SOURCES and len(url) <= MAX_URL_CHARACTERS:
            self._by_url.setdefault(url, Source(url, title[:MAX_TITLE_CHARACTERS]))

    def finish(self) -> tuple[Source, ...]:
        """Return the pages."""
        return tuple(self._by_url.values())


def source_list(sources: Sequence[Source]) -> str:
    """Return the pages as a Markdown list, "" if there are none."""
    if not sources:
        return ""
    lines = (
        f"{number}. [{source.title or source.url}]({source.url})"
        for number, source in enumerate(sources, 1)
    )
    return "\n\n" + "\n".join(lines)
