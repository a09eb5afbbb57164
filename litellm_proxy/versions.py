"""Which LiteLLM a proxy runs, as its answers tell, and what old versions do otherwise."""

import re
from collections.abc import Mapping

from litellm_proxy.wire.concessions import NONE, Concession, Concessions

_HEADER = "x-litellm-version"
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:\D.{0,40})?")
_MOST_PROXIES = 1000
_OWN_METADATA_IS_SAFE = (1, 83, 0)
"""Before, a caller's `litellm_metadata` takes the place of LiteLLM's own, and the spend of a call belongs to
no key and has no tags (litellm_core_utils/core_helpers.py, get_litellm_metadata_from_kwargs)."""

_seen: dict[str, tuple[int, ...]] = {}


def note_version(base_url: str, headers: Mapping[str, str]) -> None:
    """Remember the version that an answer tells, if it does."""
    told = _VERSION.fullmatch(headers.get(_HEADER, ""))
    if told:
        if len(_seen) >= _MOST_PROXIES:
            _seen.clear()
        _seen[base_url] = tuple(map(int, told.groups()))


def conceded_to(base_url: str) -> Concessions:
    """Return what has to be given up for the version of a proxy, as far as it is known."""
    version = _seen.get(base_url)
    if version and version < _OWN_METADATA_IS_SAFE:
        return frozenset({Concession.END_USER_IN_METADATA})
    return NONE
