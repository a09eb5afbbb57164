"""Web pages that an answer rests on → a list under it."""

from collections.abc import Sequence
from dataclasses import dataclass

from litellm_proxy.limits import MAX_SOURCES, MAX_TITLE_CHARACTERS, MAX_URL_CHARACTERS


@dataclass(frozen=True, slots=True)
class Source:
    """A web page that the answer rests on."""

    url: str
    title: str


class Sources:
    """Collects web pages, each once, in the order in which they come."""

    def __init__(self) -> None:
        self._by_url: dict[str, Source] = {}

    def feed(self, url: str, title: str = "") -> None:
        """Add a page; URLs that are too long are left out."""
        if len(self._by_url) < MAX_SOURCES and len(url) <= MAX_URL_CHARACTERS:
            self._by_url.setdefault(url, Source(url, title[:MAX_TITLE_CHARACTERS]))

    def finish(self) -> tuple[Source, ...]:
        """Return the pages."""
        return tuple(self._by_url.values())


def source_list(sources: Sequence[Source]) -> str:
    """Return the web pages of an answer as a short list in Markdown, "" if there are none."""
    if not sources:
        return ""
    lines = (
        f"{number}. [{source.title or source.url}]({source.url})"
        for number, source in enumerate(sources, 1)
    )
    return "\n\n" + "\n".join(lines)
