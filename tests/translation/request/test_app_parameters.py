"""An app's parameters, as another model or a variable left them."""

import math
from typing import Any

import pytest
from dify_plugin.entities import I18nObject
from dify_plugin.entities.model import ParameterRule, ParameterType

from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.model_facts import NOTHING_KNOWN, ModelFacts
from translation.errors.request_error import RequestError
from translation.facts.model_view import ModelView
from translation.facts.parameter_rules import parameter_rules
from translation.form.reader import SettingsError
from translation.form.settings import parse_settings
from translation.request.app_parameters import checked
from translation.request.options import request_options
from translation.request.speech import explained
from translation.request.tool_names import sent_name

FACTS = ModelFacts(max_output_tokens=2048, reasoning=True, reasoning_efforts=("low", "high"))
RULES = parameter_rules(ModelView(parse_settings("m", {"base_url": "http://h"}), FACTS))


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"max_tokens": 8192}, {"max_tokens": 2048}),
        ({"max_tokens": 10.0}, {"max_tokens": 10}),
        ({"temperature": 0.123456}, {"temperature": 0.123456}),
        ({"top_p": 0.001}, {"top_p": 0.001}),
        ({"top_p": 0.999}, {"top_p": 0.999}),
        ({"temperature": 0, "seed": 0}, {"temperature": 0, "seed": 0}),
        ({"end_user": 123, "session": True}, {"end_user": "123", "session": "true"}),
        ({"reasoning_effort": "", "temperature": None}, {}),
        ({"top_k": 40, "stop": ["x"]}, {}),
        ({"response_format": "json_schema"}, {"response_format": "json_schema"}),
        (
            {"temperature": "0.7", "max_tokens": " 512 ", "seed": "42"},
            {"temperature": 0.7, "max_tokens": 512, "seed": 42},
        ),
        (
            {"frequency_penalty": "-1", "max_tokens": "9" * 19},
            {"frequency_penalty": -1, "max_tokens": 2048},
        ),
        ({"temperature": " ", "reasoning_effort": "\n", "tags": "\t"}, {}),
        ({"reasoning_effort": " high "}, {"reasoning_effort": "high"}),
        ({"tags": ["a", "b"], "end_user": " x "}, {"tags": "a, b", "end_user": " x "}),
    ],
)
def test_what_fits_or_is_made_to_fit(given: dict[str, Any], sent: dict[str, Any]) -> None:
    before = dict(given)
    assert checked(given, RULES) == sent
    assert given == before


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"temperature": 3}, "Temperature must be at most 2, not 3."),
        ({"top_p": -1}, "Top P must be at least 0, not -1."),
        ({"frequency_penalty": 3}, "Frequency Penalty must be at most 2, not 3."),
        (
            {"max_tokens": 10**400},
            "Max Tokens must be a whole number, not a text of 401 characters",
        ),
        ({"seed": -1.5}, 'Seed must be a whole number, not "-1.5".'),
        ({"max_tokens": 0}, "Max Tokens must be at least 1, not 0."),
        ({"max_tokens": 1.5}, 'Max Tokens must be a whole number, not "1.5".'),
        ({"seed": "1.5"}, 'Seed must be a whole number, not "1.5".'),
        ({"temperature": "1e3"}, 'Temperature must be a number, not "1e3".'),
        ({"temperature": "3"}, "Temperature must be at most 2, not 3."),
        ({"temperature": "0,7"}, 'Temperature must be a number, not "0,7".'),
        ({"seed": "abc"}, 'Seed must be a whole number, not "abc".'),
        ({"temperature": True}, 'Temperature must be a number, not "True".'),
        ({"temperature": math.inf}, 'Temperature must be a number, not "inf".'),
        ({"temperature": "x" * 50}, "Temperature must be a number, not a text of 50 characters."),
        (
            {"reasoning_effort": "medium"},
            "Reasoning Effort must be one of low, high for this model",
        ),
    ],
)
def test_what_only_a_person_can_set_right_says_where(given: dict[str, Any], says: str) -> None:
    with pytest.raises(RequestError) as caught:
        checked(given, RULES)
    assert str(caught.value).startswith(says)
    assert str(caught.value).endswith("Change it in the app's model settings.")


def rules_of(**form: str) -> list[ParameterRule]:
    return parameter_rules(
        ModelView(parse_settings("m", {"base_url": "http://h", **form}), NOTHING_KNOWN)
    )


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"temperature": 2}, "2"),
        ({"temperature": 1.25}, "1.25"),
        ({"max_tokens": 10.0}, "10"),
        ({"seed": 7.0}, "7"),
        ({"end_user": "Alice"}, "'Alice'"),
        ({"end_user": True}, "'true'"),
    ],
)
def test_a_value_goes_out_as_its_rule_wants_it(given: dict[str, Any], sent: str) -> None:
    (value,) = checked(given, rules_of()).values()
    assert repr(value) == sent


@pytest.mark.parametrize(
    ("label", "told"), [(I18nObject(en_us="Seed"), "Seed must"), (None, "s must")]
)
def test_a_rule_without_a_label_is_told_by_its_name(label: I18nObject | None, told: str) -> None:
    rule = ParameterRule(name="s", label=label, type=ParameterType.INT)
    with pytest.raises(RequestError, match=rf"^{told} be a whole number"):
        checked({"s": "x"}, [rule])


@pytest.mark.parametrize(
    ("choice", "user", "told"),
    [
        ("raw", "user-1", "user-1"),
        ("raw", "", None),
        ("hashed", "user-1", "c6c289e49e9c05b2145860387b73bcb1"),
        ("hashed", "", None),
        ("hashed", None, None),
        ("off", "user-1", None),
    ],
)
def test_the_end_user_is_told_as_the_form_wants(
    choice: str, user: str | None, told: str | None
) -> None:
    form = {"base_url": "http://h", "settings": "custom", "end_user": choice}
    assert request_options(parse_settings("m", form), user).user == told


def test_extra_fields_of_an_app_that_are_no_json_say_how_they_look_and_why() -> None:
    with pytest.raises(SettingsError) as caught:
        request_options(
            parse_settings("m", {"base_url": "http://h"}), parameters={"extra_body": "{"}
        )
    assert str(caught.value) == (
        'Extra Fields must be a JSON object such as {"guardrails": ["pii"]}. A variable in it may have '
        "held a quotation mark or a line break."
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Invalid voice: alloy", 'The model has no voice "alloy"; change Voices in its form.'),
        ("speaker not found", 'The model has no voice "alloy"; change Voices in its form.'),
        (
            "Unsupported response_format",
            "The model does not speak mp3; change Audio Format in its form.",
        ),
        (
            "only WAV is spoken",
            "The model does not speak mp3; change Audio Format in its form.",
        ),
    ],
)
@pytest.mark.parametrize("status", [400, 500])
def test_a_refused_voice_or_format_names_its_field(words: str, told: str, status: int) -> None:
    error = explained(ProxyRejected(status=status, message=words), "alloy", "mp3")
    assert str(error) == f'{told} LiteLLM {status}: "{words}"'


@pytest.mark.parametrize(
    ("status", "words"), [(429, "Too many voices"), (401, "mp3"), (400, "The text is too long")]
)
def test_another_refusal_of_speech_is_not_about_them(status: int, words: str) -> None:
    assert explained(ProxyRejected(status=status, message=words), "alloy", "mp3") is None


@pytest.mark.parametrize(
    ("name", "before_the_digest"),
    [
        ("X y X", "X_y_X"),
        ("-a b-", "a_b"),
        ("1" * 65, "t_" + "1" * 52),
        ("1st one", "t_1st_o"),
        ("a\ud800b", "a_b"),
    ],
)
def test_of_a_name_that_cannot_go_out_the_words_stay(name: str, before_the_digest: str) -> None:
    words, _, digest = sent_name(name).rpartition("_")
    assert words == before_the_digest
    assert len(digest) == 8
