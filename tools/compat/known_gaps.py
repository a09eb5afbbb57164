"""What versions of LiteLLM cannot by themselves, seen with a plain HTTP client too."""

from collections.abc import Mapping

KNOWN_GAPS: Mapping[str, Mapping[str, str]] = {}
"""By version and test, with the reason."""

NOTES: list[str] = []
