"""Draw the plugin's form as Dify shows it, from `provider/litellm.yaml`, into `_assets/form`.

A picture that was taken once goes stale in silence. These are drawn by a headless Chromium from
pages that are made of the form itself. `_assets/form/pictures.json` keeps the hash of each page and picture, and a
test makes the pages again and compares, so that the form cannot change without its pictures.

What surrounds the fields (title, type and name of the model, buttons, notice) is Dify's own and
stands here; its colours stand in `form_picture.css`.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import product
from pathlib import Path
from string import Template
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "_assets" / "form"
HASHES = "pictures.json"

STATES: dict[str, dict[str, str]] = {"automatic": {}, "custom": {"settings": "custom"}}
"""What has been chosen in the form, by the name of the picture."""
ICONS = {"light": "icon_small", "dark": "icon_small_dark"}
"""The provider's icon for each theme."""

_MODEL_TYPES = {
    "llm": "LLM",
    "text-embedding": "Text Embedding",
    "rerank": "Rerank",
    "speech2text": "Speech2text",
    "tts": "TTS",
    "moderation": "Moderation",
}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--default-background-color=00000000",
)
_MEASURE = """<script>
  const { scrollWidth, scrollHeight } = document.body;
  document.body.dataset.size = `${scrollWidth},${scrollHeight}`;
</script>"""
_PAGE = Template("""\
<!DOCTYPE html>
<html lang="en" data-theme="$theme">
<head><meta charset="utf-8"><title>Add Model</title><style>
$style</style></head>
<body>
<main class="$state">
<header>
<h1>Add Model</h1>
<p class="provider">$icon<span>$provider</span></p>
<svg class="close" viewBox="0 0 16 16"><path d="M3.5 3.5l9 9m0-9l-9 9"/></svg>
</header>
<form>
$fields
</form>
<footer>
<a>$help<svg viewBox="0 0 12 12"><path d="M5 2H2v8h8V7M7 2h3v3M10 2L5.5 6.5"/></svg></a>
<span class="button">Cancel</span>
<span class="button primary">Save</span>
</footer>
<aside>
<svg viewBox="0 0 12 12"><path d="M4 5V3.7a2 2 0 0 1 4 0V5M2.5 5h7v5.5h-7z"/></svg>
<span>Your API KEY will be encrypted and stored using <a>PKCS1_OAEP</a> technology.</span>
</aside>
</main>
</body>
</html>
""")
_FIELD = Template("""\
<div class="field $type">
<div class="label">$label$star</div>
$control
</div>""")
_SELECT = Template("""\
<div class="control"><span>$words</span>\
<svg viewBox="0 0 16 16"><path d="M4 6l4 4 4-4"/></svg></div>""")


@dataclass(frozen=True)
class Source:
    """Everything that a page is made of, as it stands in the files."""

    provider: dict[str, Any]
    icons: dict[str, str]
    style: str


def read_source() -> Source:
    """Read the form, the icons and the style."""
    provider = yaml.safe_load((ROOT / "provider/litellm.yaml").read_text())
    return Source(
        provider=provider,
        icons={
            theme: (ROOT / "_assets" / provider[key]["en_US"]).read_text()
            for theme, key in ICONS.items()
        },
        style=Path(__file__).with_suffix(".css").read_text(),
    )


def pages(source: Source) -> dict[str, str]:
    """Return the page of each picture, by the picture's file name."""
    return {
        f"{state}-{theme}.png": page(source, state, theme)
        for state, theme in product(STATES, ICONS)
    }


def page(source: Source, state: str, theme: str) -> str:
    """Return one page; the same source gives the same page, byte by byte."""
    fields = _fields(source.provider)
    values = {field["variable"]: field["default"] for field in fields if "default" in field}
    values |= STATES[state]
    return _PAGE.substitute(
        theme=theme,
        state=state,
        style=source.style,
        icon=source.icons[theme],
        provider=_english(source.provider["label"]),
        help=_english(source.provider["help"]["title"]),
        fields="\n".join(_field(field, values) for field in fields if _is_shown(field, values)),
    )


def hashes(drawn: Mapping[str, bytes | str]) -> dict[str, str]:
    """Return the hash of each page, or of each picture, by the picture's file name."""
    return {
        name: hashlib.sha256(each if isinstance(each, bytes) else each.encode()).hexdigest()
        for name, each in drawn.items()
    }


def _fields(provider: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the form's fields behind the two that Dify itself puts first.

    Dify's releases differ in how the types are offered; side by side all of them can be read.
    """
    schema = provider["model_credential_schema"]
    model_type = {
        "variable": "__model_type",
        "type": "radio",
        "label": {"en_US": "Model Type"},
        "default": "llm",
        "options": [
            {"value": name, "label": {"en_US": _MODEL_TYPES[name]}}
            for name in provider["supported_model_types"]
        ],
    }
    model_name = {"variable": "__model_name", "type": "text-input", **schema["model"]}
    return [model_type, model_name, *schema["credential_form_schemas"]]


def _is_shown(field: dict[str, Any], values: dict[str, str]) -> bool:
    """Tell whether every condition holds; Dify compares strings."""
    return all(
        values.get(condition["variable"]) == condition["value"]
        for condition in field.get("show_on", [])
    )


def _field(field: dict[str, Any], values: dict[str, str]) -> str:
    value = values.get(field["variable"], "")
    match field["type"]:
        case "select":
            control = _SELECT.substitute(words=_chosen(field, value))
        case "radio":
            control = _radios(field, value)
        case _:
            control = f'<div class="control hint"><span>{_hint(field)}</span></div>'
    return _FIELD.substitute(
        type=field["type"],
        label=_english(field["label"]),
        star='<b class="star">*</b>' if field.get("required", True) else "",
        control=control,
    )


def _radios(field: dict[str, Any], value: str) -> str:
    options = [
        f'<div class="option{" chosen" if option["value"] == value else ""}">'
        f"<i></i><span>{_english(option['label'])}</span></div>"
        for option in field["options"]
    ]
    return f'<div class="options">{"".join(options)}</div>'


def _chosen(field: dict[str, Any], value: str) -> str:
    """Return the label of the chosen option, else what the field says when nothing is chosen."""
    for option in field["options"]:
        if option["value"] == value:
            return _english(option["label"])
    return _hint(field)


def _hint(field: dict[str, Any]) -> str:
    """Return what an empty field says."""
    if "placeholder" in field:
        return _english(field["placeholder"])
    return escape(field.get("default", ""))


def _english(text: dict[str, str]) -> str:
    return escape(text["en_US"])


def browser() -> str:
    """Return the path of a Chromium, or leave with what to install."""
    for name in _BROWSERS:
        if found := shutil.which(name):
            return found
    sys.exit("No Chromium was found on the PATH; `apt-get install chromium` brings one.")


def draw(chromium: str, html: str, scale: float) -> bytes:
    """Return the picture of a page, as large as the page turns out to be."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        picture = Path(folder) / "page.png"
        file.write_text(html + _MEASURE)
        measured = re.search(r'data-size="(\d+,\d+)"', _run(chromium, file, "--dump-dom"))
        assert measured, "Chromium did not tell the size of the page."
        file.write_text(html)
        size = f"--window-size={measured[1]}"
        _run(
            chromium, file, size, f"--force-device-scale-factor={scale}", f"--screenshot={picture}"
        )
        return picture.read_bytes()


def _run(chromium: str, file: Path, *flags: str) -> str:
    """Open a page in a new, empty profile, and return what Chromium prints."""
    with tempfile.TemporaryDirectory() as profile:
        return subprocess.run(
            [chromium, *_FLAGS, f"--user-data-dir={profile}", *flags, file.as_uri()],
            check=True, capture_output=True, text=True, timeout=120,
        ).stdout  # fmt: skip


def main() -> None:
    """Draw all pictures, and write down of which pages."""
    parser = argparse.ArgumentParser(
        description="Draw the form of provider/litellm.yaml as Dify does."
    )
    parser.add_argument("--into", type=Path, default=FOLDER, help="the folder for the pictures")
    parser.add_argument("--scale", type=float, default=1.5, help="pixels per CSS pixel")
    options = parser.parse_args()
    chromium = browser()
    drawn = pages(read_source())
    options.into.mkdir(parents=True, exist_ok=True)
    pictures: dict[str, bytes] = {}
    for name, html in drawn.items():
        pictures[name] = draw(chromium, html, options.scale)
        (options.into / name).write_bytes(pictures[name])
        print(f"{name}: {len(pictures[name])} bytes")
    kept = {"pages": hashes(drawn), "pictures": hashes(pictures)}
    (options.into / HASHES).write_text(json.dumps(kept, indent=2) + "\n")


if __name__ == "__main__":
    main()
