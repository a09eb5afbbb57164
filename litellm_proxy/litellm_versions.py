"""The LiteLLM version of each proxy, and what old versions do differently.

Both are stored for each proxy and key (`ProxySettings.cache_key`), so that tenants share nothing. The
least recently used entries are dropped first.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from sys import intern

from litellm_proxy.limits import MAX_CALLERS
from litellm_proxy.memory import Memory
from litellm_proxy.wire.rejected_requests.fallbacks import for_version

INFO_PATHS = ("/v1/model/info", "/model/info")
"""LiteLLM 1.63 and older reject virtual keys at the first path, and accept them at the second."""
_HEADER = "x-litellm-version"
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:\D.{0,40})?")
_MAX_VERSION_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class _Proxy:
    version: str = ""
    info_path: str = INFO_PATHS[0]


_UNKNOWN = _Proxy()
_proxies: Memory[str, _Proxy] = Memory(MAX_CALLERS)


def note_version(caller: str, headers: Mapping[str, str]) -> None:
    """Store the version from the response headers, if present."""
    version = headers.get(_HEADER)
    if version and len(version) <= _MAX_VERSION_CHARACTERS and _proxy(caller).version != version:
        _proxies.set(caller, replace(_proxy(caller), version=intern(version)))


def needed_by(caller: str) -> frozenset[str]:
    """Return the names of the changes to a request that the proxy's version needs; none if unknown."""
    return _needed_by(_proxy(caller).version)


def info_path(caller: str) -> str:
    """Return which of INFO_PATHS to request first."""
    return _proxy(caller).info_path


def note_info_path(caller: str, path: str) -> None:
    """Store which of INFO_PATHS worked."""
    _proxies.set(caller, replace(_proxy(caller), info_path=path))


def _proxy(caller: str) -> _Proxy:
    return _proxies.get(caller) or _UNKNOWN


@lru_cache(maxsize=64)
def _needed_by(version: str) -> frozenset[str]:
    numbers = _VERSION.fullmatch(version)
    return for_version(tuple(map(int, numbers.groups()))) if numbers else frozenset()
