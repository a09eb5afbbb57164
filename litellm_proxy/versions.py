"""Which LiteLLM answers a caller, and what old versions do otherwise.

Kept for each caller of each proxy (`ProxySettings.cache_key`): tenants share nothing of it.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from litellm_proxy.wire.concessions import NONE, Concession, Concessions

INFO_PATHS = ("/v1/model/info", "/model/info")
"""Up to 1.63 LiteLLM refuses virtual keys at the first, and answers them at the second."""
_HEADER = "x-litellm-version"
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:\D.{0,40})?")
_MOST_CALLERS = 4096
_LONGEST_VERSION = 100
_OWN_METADATA_IS_SAFE = (1, 83, 0)
"""Before, a caller's `litellm_metadata` takes the place of LiteLLM's own, and the spend of a call belongs to
no key and has no tags (litellm_core_utils/core_helpers.py, get_litellm_metadata_from_kwargs)."""

_told: dict[str, str] = {}
_info_paths: dict[str, str] = {}


def note_version(caller: str, headers: Mapping[str, str]) -> None:
    """Remember the version that an answer tells, if it does."""
    version = headers.get(_HEADER)
    if version and len(version) <= _LONGEST_VERSION and _told.get(caller) != version:
        _remember(_told, caller, version)


def conceded_to(caller: str) -> Concessions:
    """Return what has to be given up for the version of a proxy, as far as it is known."""
    return _conceded(_told.get(caller, ""))


def info_path(caller: str) -> str:
    """Return which of INFO_PATHS is asked first."""
    return _info_paths.get(caller, INFO_PATHS[0])


def note_info_path(caller: str, path: str) -> None:
    """Remember which of INFO_PATHS answered."""
    _remember(_info_paths, caller, path)


@lru_cache(maxsize=64)
def _conceded(version: str) -> Concessions:
    numbers = _VERSION.fullmatch(version)
    if numbers and tuple(map(int, numbers.groups())) < _OWN_METADATA_IS_SAFE:
        return frozenset({Concession.END_USER_IN_METADATA})
    return NONE


def _remember(memory: dict[str, str], caller: str, value: str) -> None:
    """Keep a value, all of them anew when there are too many."""
    if len(memory) >= _MOST_CALLERS:
        memory.clear()
    memory[caller] = value
