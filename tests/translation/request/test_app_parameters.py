"""An app's parameters, as another model or a variable left them."""

import math
from typing import Any

import pytest

from litellm_proxy.wire.model_facts import ModelFacts
from translation.errors.request_error import RequestError
from translation.facts.model_view import ModelView
from translation.facts.parameter_rules import parameter_rules
from translation.form.settings import parse_settings
from translation.request.app_parameters import checked

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
