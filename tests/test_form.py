"""The form and the manifest, as files."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dify_plugin.core.entities.plugin.setup import PluginConfiguration

from litellm_proxy.plugin_version import VERSION
from translation.facts import parameter_texts as texts_of_apps
from translation.form.labels import LABELS

ROOT = Path(__file__).parent.parent
PROVIDER = yaml.safe_load((ROOT / "provider/litellm.yaml").read_text())
MANIFEST = yaml.safe_load((ROOT / "manifest.yaml").read_text())
FIELDS = PROVIDER["model_credential_schema"]["credential_form_schemas"]
LANGUAGES = {"en_US", "zh_Hans", "ja_JP", "pt_BR"}
LANGUAGES_OF_THE_FORM = {"en_US", "zh_Hans"}
TOOLTIPS = {name: text for name, text in vars(texts_of_apps).items() if name.endswith("_HELP")}
MAX_TOOLTIP = 110


def texts(node: Any) -> Iterator[dict[str, str]]:
    """Yield every text that exists in several languages."""
    if isinstance(node, dict):
        if "en_US" in node:
            yield node
        for key, value in node.items():
            if key not in {"icon_small", "icon_small_dark", "url"}:
                yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


def test_the_form_has_these_fields_in_this_order() -> None:
    assert [field["variable"] for field in FIELDS] == [
        "base_url",
        "api_key",
        "mode",
        "context_size",
        "max_tokens",
        "vision",
        "settings",
        "display_name",
        "proxy_model_name",
        "function_calling",
        "structured_output",
        "reasoning",
        "show_reasoning",
        "input_types",
        "max_chunks",
        "dimensions",
        "long_texts",
        "score_normalization",
        "voices",
        "audio_format",
        "input_price",
        "citations",
        "prompt_caching",
        "drop_params",
        "extra_body",
        "keys",
        "end_user",
        "tags",
        "timeout",
        "extra_headers",
        "ca_certificate",
        "tls_verify",
    ]
    # What Dify's remote debugging takes; so a field of several types cannot be there once for each.
    assert len(FIELDS) <= 32


TYPES = ["llm", "text-embedding", "rerank", "speech2text", "tts", "moderation"]
OF_ONE_TYPE = {
    "keys": {"llm"},
    "voices": {"tts"},
    "dimensions": {"text-embedding"},
    "base_url": set(TYPES),
    "tags": set(TYPES),
}


@pytest.mark.parametrize("model_type", TYPES)
def test_a_type_is_shown_the_fields_that_do_something_for_it_once(model_type: str) -> None:
    form = {"__model_type": model_type, "settings": "custom"}
    shown = [
        field["variable"]
        for field in FIELDS
        if all(form.get(rule["variable"]) == rule["value"] for rule in field.get("show_on", ()))
    ]
    assert len(shown) == len(set(shown))
    for variable, types in OF_ONE_TYPE.items():
        assert (variable in shown) is (model_type in types), variable


def require_texts_in(languages: set[str], source: Any) -> None:
    found = list(texts(source))
    assert found
    for text in found:
        assert set(text) == languages
        assert all(0 < len(words) < 1024 for words in text.values())


def test_every_text_is_there_in_four_languages() -> None:
    require_texts_in(LANGUAGES, MANIFEST)


def test_every_text_of_the_form_is_there_in_two_languages() -> None:
    require_texts_in(LANGUAGES_OF_THE_FORM, PROVIDER)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field["variable"])
def test_fields_keep_to_what_dify_renders(field: dict[str, Any]) -> None:
    assert field["type"] in {"text-input", "secret-input", "select"}
    assert field["required"] is (field["variable"] == "base_url")
    if field["type"] == "select":
        # Its options say enough.
        assert "placeholder" not in field
        assert field["default"] == field["options"][0]["value"]
        assert all(isinstance(option["value"], str) for option in field["options"])
    else:
        assert field["placeholder"]


@pytest.mark.parametrize(
    "field", [field for field in FIELDS if "options" in field], ids=lambda field: field["variable"]
)
def test_labels_of_options_are_not_empty(field: dict[str, Any]) -> None:
    assert field["options"]
    for option in field["options"]:
        assert set(option["label"]) == LANGUAGES_OF_THE_FORM
        assert all(isinstance(text, str) and text.strip() for text in option["label"].values())


@pytest.mark.parametrize("name", TOOLTIPS)
def test_tooltips_are_short(name: str) -> None:
    text = TOOLTIPS[name].en_us
    sentences = re.split(r"(?<=[.!?])\s+", text.strip())
    assert 0 < len(text) <= MAX_TOOLTIP
    assert len(sentences) <= 2


def test_there_are_tooltips() -> None:
    assert len(TOOLTIPS) >= 20


def test_sentences_name_the_fields_as_the_page_does() -> None:
    assert {field["variable"]: field["label"]["en_US"] for field in FIELDS} == LABELS


def test_secrets_are_secret_inputs() -> None:
    secret = {field["variable"] for field in FIELDS if field["type"] == "secret-input"}
    assert secret == {"api_key", "extra_headers", "ca_certificate", "keys"}


def test_the_manifest_is_what_dify_reads_and_the_version_is_one() -> None:
    PluginConfiguration(**MANIFEST)
    assert MANIFEST["version"] == MANIFEST["meta"]["version"] == VERSION
    assert (MANIFEST["author"], MANIFEST["name"]) == ("litellm-community", "litellm")
    assert MANIFEST["resource"]["permission"] == {}
    for icon in (MANIFEST["icon"], MANIFEST["icon_dark"]):
        assert (ROOT / "_assets" / icon).is_file()
