"""How a form's malformed values are told: by the label, short, with what nobody sees."""

import pytest

from translation.form.labels import label_of
from translation.form.reader import FormReader, SettingsError, parse_json_object, shown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("abc", '"abc"'),
        ("x" * 20, '"' + "x" * 20 + '"'),
        ("x" * 21, "a text of 21 characters"),
        ("1\u200b6", '"16", with unseen characters (ZERO WIDTH SPACE)'),
        ("\ufeff1\u200b6\u200b", '"16", with unseen characters (ZERO WIDTH NO-BREAK SPACE, ZERO WIDTH SPACE)'),
        ("1\x07", '"1", with unseen characters (U+0007)'),
        ("x" * 20 + "\u200b", "a text of 21 characters, with unseen characters (ZERO WIDTH SPACE)"),
    ],
)  # fmt: skip
def test_a_value_is_shown_unless_it_is_long(text: str, told: str) -> None:
    assert shown(text) == told


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("sk-\u2013a", "EN DASH"),
        ("sk-a\u200b", "ZERO WIDTH SPACE"),
        ("sk-~é", "LATIN SMALL LETTER E WITH ACUTE"),
        ("sk-!\x7fa", "U+007F"),
        ("sk-\x07a", "U+0007"),
        ("sk-\nab", "a line break"),
        ("sk-\r\nab", "a line break"),
        ("X\u2013a", "EN DASH"),
        ("sk a\u2013b", "EN DASH"),
        ("sk\ta\u200bb", "ZERO WIDTH SPACE"),
    ],
)
def test_the_character_that_cannot_be_sent_is_named(text: str, named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        FormReader({"api_key": text}).key("api_key")
    assert str(caught.value) == (
        f"API Key holds a character that cannot be sent ({named}); paste it again."
    )


@pytest.mark.parametrize("text", ["sk-~!", "a b", "a\tb"])
def test_what_can_be_sent_passes(text: str) -> None:
    assert FormReader({"api_key": text}).header_value("api_key") == text


@pytest.mark.parametrize(("number", "value"), [("1.5", 1.5), ("-2e3", -2000.0), ("7", 7)])
def test_numbers_of_an_object_are_read(number: str, value: float) -> None:
    assert parse_json_object("extra_body", f'{{"a": {number}}}', "{}") == {"a": value}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_no_server_reads_are_refused(number: str) -> None:
    with pytest.raises(SettingsError, match=r"^Extra Fields must be a JSON object such as \{\}\.$"):
        parse_json_object("extra_body", f'{{"a": {number}}}', "{}")


@pytest.mark.parametrize(
    ("variable", "label"),
    [("api_key", "API Key"), ("session", "Session"), ("key", "Team Key"), ("top_k", "top_k")],
)
def test_a_field_without_a_label_is_told_by_its_name(variable: str, label: str) -> None:
    assert label_of(variable) == label
