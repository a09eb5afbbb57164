"""What a client needs to know about one proxy and one caller."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from urllib.parse import quote

_SHORTEST_SECRET = 6
_DIFYS_LIMIT = "PLUGIN_MAX_EXECUTION_TIMEOUT"
_DIFYS_DEFAULT = "600"


def _dify_call_seconds(environ: Mapping[str, str]) -> float:
    """Return after how many seconds the plugin daemon ends a call; plugins inherit its environment."""
    told = environ.get(_DIFYS_LIMIT, "")
    return float(told if told.isdecimal() and int(told) else _DIFYS_DEFAULT)


DIFY_CALL_SECONDS = _dify_call_seconds(os.environ)
"""Dify ends a call then, with words of its own: "Request to Plugin Daemon Service failed"."""
CALL_SECONDS = DIFY_CALL_SECONDS * 0.98
"""What a call takes at most, so that our sentence is in time."""
DEFAULT_TIMEOUT_SECONDS = DIFY_CALL_SECONDS * 0.95
"""How long LiteLLM may be silent where the form says nothing."""


@dataclass(frozen=True, slots=True)
class TLSSettings:
    """How the certificate of a server is checked.

    `ca_certificates` is PEM of authorities that are trusted beside the public ones of certifi (or
    beside those of SSL_CERT_FILE). Without `verify` any certificate is taken.
    """

    ca_certificates: str = field(default="", repr=False)
    verify: bool = True


@dataclass(frozen=True)
class ProxySettings:
    """One proxy as one caller sees it.

    `base_url` has a scheme and no trailing slash, and lacks the `/v1` that the endpoints add.
    `extra_headers` are (name, value) pairs in ASCII. `timeout` is in seconds: the longest silence
    between two pieces of an answer, and the longest wait for the first. It goes to LiteLLM only if
    `sends_timeout`: there it wins over the time-outs of deployments, and so over their fallbacks.
    `other_secrets` are never sent, and never shown either.
    """

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    extra_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    sends_timeout: bool = False
    tls: TLSSettings = TLSSettings()
    other_secrets: tuple[str, ...] = field(default=(), repr=False)

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """Return what must never be shown, as it is and as JSON and URLs write it, longest first.

        Of a header such as `Bearer …` also what stands behind the scheme. Header values of a few
        characters are no secrets, and replacing them would garble every sentence; `short_secret`
        finds a key of a few characters.
        """
        values = [value for _, value in self.extra_headers] + [self.api_key or ""]
        values += self.other_secrets
        values += [value.partition(" ")[2].strip() for value in values]
        written = {
            form
            for value in values
            if len(value) >= _SHORTEST_SECRET
            for form in (value, json.dumps(value)[1:-1], quote(value), quote(value, safe=""))
        }
        return tuple(sorted(written, key=len, reverse=True))

    @cached_property
    def short_secret(self) -> re.Pattern[str] | None:
        """Return what finds a key of a few characters where it stands alone, None for other keys."""
        if not self.api_key or len(self.api_key) >= _SHORTEST_SECRET:
            return None
        return re.compile(rf"(?<![\w-]){re.escape(self.api_key)}(?![\w-])")

    @cached_property
    def cache_key(self) -> str:
        """Return a digest that differs wherever the proxy could answer differently."""
        tls = (self.tls.ca_certificates, str(self.tls.verify))
        parts = (self.base_url, self.api_key or "", *map(repr, self.extra_headers), *tls)
        return sha256("\0".join(parts).encode()).hexdigest()
