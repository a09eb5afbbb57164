"""Settings of a client for one proxy and one caller."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from urllib.parse import quote

_MIN_SECRET = 6
_DIFYS_LIMIT = "PLUGIN_MAX_EXECUTION_TIMEOUT"
_DIFYS_DEFAULT = "600"


def _dify_call_seconds(environ: Mapping[str, str]) -> float:
    """Return when the plugin daemon ends a call, in seconds.

    Plugins inherit its environment.
    """
    told = environ.get(_DIFYS_LIMIT, "")
    return float(told if told.isdecimal() and int(told) else _DIFYS_DEFAULT)


DIFY_CALL_SECONDS = _dify_call_seconds(os.environ)
"""After this time Dify ends a call with its own message: "Request to Plugin Daemon Service
failed"."""
CALL_SECONDS = DIFY_CALL_SECONDS * 0.98
"""Maximum duration of a call, so that our error message arrives in time."""
DEFAULT_TIMEOUT_SECONDS = DIFY_CALL_SECONDS * 0.95
"""Maximum silence of LiteLLM if the form sets none."""


@dataclass(frozen=True, slots=True)
class TLSSettings:
    """How the certificate of a server is checked.

    `ca_certificates` are trusted authorities in PEM, in addition to the public ones of certifi (or
    of SSL_CERT_FILE). Without `verify` any certificate is accepted.
    """

    ca_certificates: str = field(default="", repr=False)
    verify: bool = True


@dataclass(frozen=True)
class ProxySettings:
    """One proxy and one caller.

    `base_url` has a scheme and no trailing slash, and no `/v1`, which the endpoints add.
    `extra_headers` are (name, value) pairs in ASCII. `timeout` is in seconds: the longest silence
    between two pieces of a response, and the longest wait for the first. It is sent to LiteLLM only
    if `sends_timeout`: there it overrides the timeouts of deployments, and so their fallbacks.
    `other_secrets` are redacted too; requests with them have settings of their own.
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
        """Return the texts to redact, plain and as in JSON and URLs.

        Longest first. For a header such as `Bearer …` this includes the part after the scheme.
        Short header values are not secrets, and redacting them would garble every message;
        `short_secret` finds a short key.
        """
        values = [value for _, value in self.extra_headers] + [self.api_key or ""]
        values += self.other_secrets
        values += [value.partition(" ")[2].strip() for value in values]
        written = {
            form
            for value in values
            if len(value) >= _MIN_SECRET
            for form in (value, json.dumps(value)[1:-1], quote(value), quote(value, safe=""))
        }
        return tuple(sorted(written, key=len, reverse=True))

    @cached_property
    def short_secret(self) -> re.Pattern[str] | None:
        """Return a pattern for a short key as a separate word, else None."""
        if not self.api_key or len(self.api_key) >= _MIN_SECRET:
            return None
        return re.compile(rf"(?<![\w-]){re.escape(self.api_key)}(?![\w-])")

    @cached_property
    def cache_key(self) -> str:
        """Return a digest that differs wherever the proxy's responses could differ."""
        tls = (self.tls.ca_certificates, str(self.tls.verify))
        parts = (self.base_url, self.api_key or "", *map(repr, self.extra_headers), *tls)
        return sha256("\0".join(parts).encode()).hexdigest()
