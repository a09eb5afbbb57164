"""Redact the proxy's messages before a published app shows them.

Anybody may read an app's errors: internal addresses and LiteLLM's bookkeeping belong only in the
log.
"""

import ipaddress
import re

import httpx

AN_ADDRESS = "an internal address"
_URL = re.compile(r"""\b(?:https?|wss?|grpc)://[^\s"'<>)\]},]+""", re.IGNORECASE)
_AFTER_HOST = re.compile(
    r"\b((?:connect\s+to|reach|resolve)\s+host\s+|host\s*[=:]\s*)"
    r"(['\"]?)[A-Za-z0-9_][\w.-]*(:\d{1,5})?\2(?:,\s*port\s*=\s*\d{1,5}|\s+ssl:\w+)?"
)
_WITH_PORT = re.compile(r"(?<![\w./@-])(?:[A-Za-z][\w]*[.-][\w.-]*|localhost):\d{4,5}\b(?![\w:.-])")
"""Only names with a dot or hyphen, and localhost: tokens:4096 is not an address."""
_ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?![\w.]*\d)")
_BRACKETED = re.compile(r"\[[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\](?::\d{1,5})?")
_INSIDE = re.compile(
    r"(?<![\w@.-])(?:localhost|(?:[\w-]+\.)+(?:local|internal|intranet|lan|corp|home|private|svc|cluster|localdomain"
    r"|consul))(?::\d{1,5})?\b(?!\.\w)",
    re.IGNORECASE,
)
_PYTHON_ADDRESS = re.compile(
    r"\(?'(?:\d{1,3}\.){3}\d{1,3}', \d{1,5}\)?|\('[0-9a-f:]+', \d{1,5}[^)]*\)"
)
_DEPLOYMENT = re.compile(
    r",?\s{0,5}\b(?:litellm_params(?:\.\w{1,60})?|model_id|deployment_id|api_base|api_version|model_group"
    r"|model_info)\s{0,5}[:=]\s{0,5}[^\s,;]+",
    re.IGNORECASE,
)
_ALLOWED = re.compile(
    r"\s{0,5}\b(?:This \w{1,20} can only access models|(?:Only )?allowed[_ ](?:[a-z]+ ){0,3}(?:models|routes|teams"
    r"|team ids))\s{0,5}[=:]\s{0,5}\[[^\]]*\]\.?",
    re.IGNORECASE,
)
"""Models, routes and teams that a key, team or role may use (LiteLLM proxy/auth, several versions)."""

_HOLDER = re.compile(
    r"\b(end user|team ?member|team|organization|project|tag|model access group|user|key)\b(?=\s?[=:])|budget for (provider|model)\b",
    re.IGNORECASE,
)
"""The kind of budget that LiteLLM's message names (1.106, proxy/auth/auth_checks.py)."""
_WHO = r"(?:end.?user|user|team(?:[ _]member)?|customer|organi[sz]ation|org|project|model_per_\w{1,20})(?:[ _]?(?:id|alias|name|email))?"
_IDENTITY = re.compile(
    rf"""(?<!api )\b({_WHO}|(?:key|tag)(?:[ _]?(?:id|alias|name))?)\s?=\s?['"]?[^\s,;'")\]}}]{{2,300}}['"]?"""
    rf"""|\b({_WHO})\s?:\s?['"]?(?=[^\s,;]{{0,100}}[\d_@])[^\s,;'")\]}}]{{1,300}}['"]?"""
    r"|\b(organization|project) (?:\([0-9a-f-]{20,64}\)|(?:org-|proj_)[\w-]{1,64})",
    re.IGNORECASE,
)
"""An id or name after a word such as `user`; after a colon only with a digit, `_` or `@` in it, as in ids."""
_CONNECTION = re.compile(
    r"\b(?:redis|rediss|postgres|postgresql|mysql|mongodb|amqp)s?(?:\+\w{1,20})?://[^\s\"'<>]{1,300}",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")


def budget_holder(text: str) -> str:
    """Return the kind of the budget's owner, such as "team"."""
    found = _HOLDER.search(text)
    return (found[1] or found[2]).lower().replace("teammember", "team member") if found else "key"


def redact(words: str, base_url: str = "") -> str:
    """Redact details in a message that only administrators may see.

    These are hosts and addresses of a private network, a deployment's ids, users and teams, and
    lists of what a key may use. The proxy's `base_url` is redacted even if it is public. Other
    public URLs stay: a provider's message may link to a page that helps.
    """
    words = _ALLOWED.sub("", _DEPLOYMENT.sub("", words))
    words = _CONNECTION.sub(AN_ADDRESS, words)
    words = _EMAIL.sub("an e-mail address", _IDENTITY.sub(lambda m: m[1] or m[2] or m[3], words))
    host = httpx.URL(base_url).host if base_url else ""
    words = _URL.sub(lambda found: _public(found.group(), host), words)
    words = _AFTER_HOST.sub(rf"\1{AN_ADDRESS}", words)
    words = _PYTHON_ADDRESS.sub(AN_ADDRESS, words)
    if host:
        # A host name without a dot, such as proxy, may be an ordinary word.
        port = r"(?::\d{1,5})?" if "." in host else r":\d{1,5}"
        own = rf"(?<![\w.-]){re.escape(host)}{port}(?![\w-]|\.\w)"
        words = re.sub(own, AN_ADDRESS, words, flags=re.IGNORECASE)
    words = _INSIDE.sub(AN_ADDRESS, words)
    words = _ADDRESS.sub(lambda found: _address(found.group()), words)
    words = _BRACKETED.sub(lambda found: _bracketed(found.group()), words)
    return _WITH_PORT.sub(AN_ADDRESS, words)


def _public(url: str, own_host: str) -> str:
    try:
        parsed = httpx.URL(url.rstrip(".:;"))
    except httpx.InvalidURL:
        return AN_ADDRESS
    host = parsed.host
    is_public = "." in host and not _INSIDE.fullmatch(host) and parsed.port is None
    return url if is_public and host != own_host and not _is_number(host) else AN_ADDRESS


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _bracketed(text: str) -> str:
    """Replace an IPv6 address in brackets; keep a time of day."""
    return AN_ADDRESS if _is_number(text.partition("]")[0].removeprefix("[")) else text


def _address(text: str) -> str:
    """Replace an IP address; keep numbers such as a version."""
    return AN_ADDRESS if _is_number(text.partition(":")[0]) else text
