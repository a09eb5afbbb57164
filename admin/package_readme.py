"""A README of the repository → the same text as Dify's Plugins page shows it well.

The page blocks relative pictures ("[Image blocked]") and links ("[blocked]"); contract document 14 and
the issue of a running Dify. With the URL of the source they become absolute, else text.
"""

import posixpath
import re

_PICTURE = re.compile(r"!\[([^\]]*)\]\((?!https?://)([^)\s]+)\)")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?://|mailto:)([^)\s]+)\)")


def for_the_page(name: str, text: str, repo: str = "") -> str:
    """Return a README for the package; `name` is where it lies, `repo` the URL of the source or ""."""

    def absolute(kind: str, target: str) -> str:
        path, hash_sign, section = target.partition("#")
        folder = posixpath.dirname(name)
        inside = posixpath.normpath(posixpath.join(folder, path)) if path else name
        return f"{repo}/{kind}/HEAD/{inside}{hash_sign}{section}"

    if repo:
        text = _PICTURE.sub(lambda found: f"![{found[1]}]({absolute('raw', found[2])})", text)
        return _LINK.sub(lambda found: f"[{found[1]}]({absolute('blob', found[2])})", text)
    text = re.sub(rf"(?m)^{_PICTURE.pattern}\n\n?", "", text)
    return _LINK.sub(lambda found: found[1], text)
