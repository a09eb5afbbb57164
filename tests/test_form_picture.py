"""The pictures of the form are those of the form as it is."""

import copy
import json
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from tools.form_picture import FOLDER, HASHES, Source, hashes, page, pages, read_source

SOURCE = read_source()
FIELDS = SOURCE.provider["model_credential_schema"]["credential_form_schemas"]


def labels(html: str) -> list[str]:
    return [unescape(words) for words in re.findall(r'<div class="label">([^<]*)<', html)]


def of_llm(field: dict[str, Any]) -> bool:
    return all(
        condition["value"] == "llm"
        for condition in field.get("show_on", [])
        if condition["variable"] == "__model_type"
    )


def with_label(label: str) -> Source:
    provider = copy.deepcopy(SOURCE.provider)
    provider["model_credential_schema"]["credential_form_schemas"][0]["label"]["en_US"] = label
    return replace(SOURCE, provider=provider)


def test_the_pictures_are_of_the_form_as_it_is() -> None:
    kept = json.loads((FOLDER / HASHES).read_text())
    assert hashes(pages(SOURCE)) == kept["pages"], (
        "the form or its style has changed: run `make form-picture`"
    )
    pictures = {name: (FOLDER / name).read_bytes() for name in kept["pages"]}
    assert hashes(pictures) == kept["pictures"]
    assert all(len(picture) < 400_000 for picture in pictures.values())


def test_a_changed_label_changes_every_page() -> None:
    before, after = hashes(pages(SOURCE)), hashes(pages(with_label("Address")))
    assert all(before[name] != after[name] for name in before)


def test_custom_shows_all_that_a_chat_model_can_have() -> None:
    shown = labels(page(SOURCE, "custom", "light"))
    wanted = [field["label"]["en_US"] for field in FIELDS if of_llm(field)]
    assert shown == ["Model Type", "Model Name", *wanted]


def test_automatic_shows_the_beginning_of_it() -> None:
    automatic = labels(page(SOURCE, "automatic", "dark"))
    custom = labels(page(SOURCE, "custom", "dark"))
    assert len(automatic) < len(custom)
    assert automatic == custom[: len(automatic)]
    assert automatic[-1] == "More Settings"


def test_required_fields_have_a_star() -> None:
    html = page(SOURCE, "custom", "light")
    starred = re.findall(r'<div class="label">([^<]*)<b class="star">', html)
    assert starred == ["Model Type", "Model Name", "Base URL"]


def test_the_chosen_option_is_shown() -> None:
    more_settings = re.compile(r'More Settings</div>\n<div class="control"><span>([^<]+)<')
    for state, words in (("automatic", "Automatic"), ("custom", "Custom: show all settings")):
        found = more_settings.search(page(SOURCE, state, "light"))
        assert found
        assert found[1] == words


@pytest.mark.parametrize("words", ['<b>"fast"</b>', "R&D"])
def test_special_characters_are_escaped(words: str) -> None:
    html = page(with_label(words), "automatic", "light")
    assert words in labels(html)
    assert words not in html
