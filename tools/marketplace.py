"""Check a package against the rules of Dify's marketplace that can be automated.

The rules are those of langgenius/dify-marketplace-toolkit and of Dify's publishing guide; only the
packed files are read:
https://docs.dify.ai/en/develop-plugin/publishing/marketplace-listing/release-overview
"""

import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatch
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

import yaml

from admin.package import MAX_BYTES, MAX_FILES

MAX_FIELDS = 32
"""A plugin with more can be installed, but not debugged remotely."""
TRANSLATIONS = ("zh_Hans", "ja_JP", "pt_BR")
_MANIFEST = ("author", "name", "version", "type", "icon", "plugins", "privacy", "label",
             "description", "meta", "created_at")  # fmt: skip
_NEEDED = ("manifest.yaml", "provider/litellm.yaml", "README.md", "requirements.txt")
_FORBIDDEN = ("*.pyc", "*.log", "*.pem", "*.key", ".env*", ".DS_Store")
_FORBIDDEN_FOLDERS = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", ".idea"})
_TOPICS = {
    "setup": ("install", "setup"),
    "usage": ("usage", "how answers arrive", "from dify"),
    "credentials": ("credential", "api key"),
    "connection": ("connection", "base url"),
}
_TOLD = re.compile(r"^(?:#+ |\| |- \*\*)([^|*\n]*)", re.MULTILINE)
"""Headings, first cells of tables and starts of list items; the README must mention the topics
there."""
_VERSION = re.compile(r"\d+\.\d+\.\d+(-\w{1,16})?")
_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[[\w,-]+\])?(?P<bounds>[<>=!~].*)")
_DIFY_PLUGIN = re.compile(r"[>=]=\s*0\.(9|[1-9]\d+)\.")
_SECRETS = re.compile(
    r"\bsk-(?!…)[A-Za-z0-9_-]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bxox[abp]-[A-Za-z0-9-]{20,}"
)

type Files = Mapping[str, bytes]
type Problems = Iterator[str]


def problems_of(files: Files) -> list[str]:
    """Return the reasons why the marketplace would reject the files, each as one sentence."""
    missing = [f"{name} is missing." for name in _NEEDED if name not in files]
    if missing:
        return missing
    checks: tuple[Callable[[Files], Problems], ...] = (
        _manifest, _icons, _readme, _translations, _privacy, _requirements, _contents, _form,
        _changelog,
    )  # fmt: skip
    return list(chain.from_iterable(check(files) for check in checks))


def missing_of(manifest: Mapping[str, Any]) -> list[str]:
    """Return the manifest fields that only the publisher can provide, and that are missing."""
    return [
        f"the marketplace wants {what}: make package {variable}=…"
        for field, variable, what in (
            ("repo", "REPO", "the URL of the source"),
            ("contact", "CONTACT", "an e-mail address"),
        )
        if not manifest.get(field)
    ]


def _manifest(files: Files) -> Problems:
    manifest = _yaml(files, "manifest.yaml")
    yield from (f"manifest.yaml lacks {key}." for key in _MANIFEST if not manifest.get(key))
    author, name = str(manifest.get("author")), str(manifest.get("name"))
    if not (_NAME.fullmatch(author) and _NAME.fullmatch(name)):
        yield "author and name in manifest.yaml must be lower-case letters, digits, - and _."
    if "dify" in author or "langgenius" in author:
        yield "The author may not be called like Dify or its makers."
    for where in (manifest.get("version"), manifest.get("meta", {}).get("version")):
        if not _VERSION.fullmatch(str(where)):
            yield f"The version {where} in manifest.yaml is not of the form 1.2.3."
    for text in ("label", "description"):
        if not manifest.get(text, {}).get("en_US"):
            yield f"The {text} in manifest.yaml has no English text."


def _icons(files: Files) -> Problems:
    manifest, form = _yaml(files, "manifest.yaml"), _yaml(files, "provider/litellm.yaml")
    named = {manifest[key] for key in ("icon", "icon_dark") if key in manifest}
    named |= {
        icon for key in ("icon_small", "icon_small_dark") for icon in form.get(key, {}).values()
    }
    yield from (f"_assets/{icon} is missing." for icon in named if f"_assets/{icon}" not in files)


def _readme(files: Files) -> Problems:
    text = files.get("README.md", b"").decode()
    if _CJK.search(_FENCE.sub("", text)):
        yield "README.md holds Chinese, Japanese or Korean characters outside of code."
    told = " ".join(_TOLD.findall(text)).lower()
    for topic, words in _TOPICS.items():
        if not any(word in told for word in words):
            yield f"README.md says nothing of {topic}."
    repo = _yaml(files, "manifest.yaml").get("repo")
    if repo and repo not in text:
        yield "README.md does not link to the source."


def _translations(files: Files) -> Problems:
    for language in TRANSLATIONS:
        if not files.get(name := f"readme/README_{language}.md"):
            yield f"{name} is missing."


def _privacy(files: Files) -> Problems:
    name = str(_yaml(files, "manifest.yaml").get("privacy"))
    text = files.get(name, b"").decode().lower()
    if not text or "please fill" in text:
        yield f"{name} is missing, or still the template."
    elif "base url" not in text or "sent" not in text:
        yield f"{name} does not say what is sent to the base URL that the user sets."


def _requirements(files: Files) -> Problems:
    lines = files.get("requirements.txt", b"").decode().splitlines()
    asked = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    for line in asked:
        found = _REQUIREMENT.fullmatch(line)
        if not found or "://" in line:
            yield f"requirements.txt: {line} has no version, or is not from the package index."
        elif "<" not in found["bounds"] and "==" not in found["bounds"]:
            yield f"requirements.txt: {line} has no upper bound."
    if not any(line.startswith("dify-plugin") and _DIFY_PLUGIN.search(line) for line in asked):
        yield "requirements.txt does not ask for dify-plugin 0.9.0 or later."


def _contents(files: Files) -> Problems:
    size = sum(map(len, files.values()))
    if size > MAX_BYTES or len(files) > MAX_FILES:
        yield f"{len(files)} files of {size} bytes are more than Dify takes."
    for name, content in files.items():
        path = PurePosixPath(name)
        if any(fnmatch(path.name, pattern) for pattern in _FORBIDDEN) or (
            _FORBIDDEN_FOLDERS & set(path.parts)
        ):
            yield f"{name} does not belong into a package."
        if b"\0" in content and path.suffix != ".png":
            yield f"{name} is a binary file."
        if secret := _SECRETS.search(content.decode(errors="replace")):
            yield f"{name} holds what looks like a secret ({secret[0][:6]}…)."


def _form(files: Files) -> Problems:
    form = _yaml(files, "provider/litellm.yaml")
    fields = form["model_credential_schema"]["credential_form_schemas"]
    if len(fields) > MAX_FIELDS:
        yield f"The form has {len(fields)} fields; remote debugging takes {MAX_FIELDS}."
    for source in [form["extra"]["python"]["provider_source"],
                   *form["extra"]["python"]["model_sources"]]:  # fmt: skip
        if source not in files:
            yield f"{source} is named in the form, but missing."


def _changelog(files: Files) -> Problems:
    version = _yaml(files, "manifest.yaml").get("version")
    if f"\n## {version}\n" not in files.get("CHANGELOG.md", b"").decode():
        yield f"CHANGELOG.md says nothing of version {version}."


def _yaml(files: Files, name: str) -> dict[str, Any]:
    return yaml.safe_load(files.get(name, b"{}")) or {}
