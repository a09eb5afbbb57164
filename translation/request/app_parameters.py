"""Validate and convert an app's parameters by the model's parameter rules.

This replaces the SDK's check, whose messages do not help a person. An app's parameters may have
been set for another model or another limit, and the value of a variable may arrive with another
type.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import TypeGuard

from dify_plugin.entities.model import ParameterRule, ParameterType

from litellm_proxy.wire.reading import Json
from translation.errors.request_error import RequestError
from translation.form.reader import shown

_CLAMPED = "max_tokens"
"""A value above the maximum is clamped to it."""
_SCHEMA_IN_PROMPT = ("response_format", "json_schema")
"""Always allowed: for a model that does not follow schemas, the schema is in the prompt."""
_LARGEST = 10**15
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}([.][0-9]{1,20})?")
_WHERE = "Change it in the app's model settings."


def checked(parameters: Mapping[str, Json], rules: Sequence[ParameterRule]) -> dict[str, Json]:
    """Return the parameters that have a rule, converted; clamp max_tokens.

    Blank values are dropped. Numbers are converted to texts and texts to numbers where the rule
    needs it. Raises RequestError for values that only a person can correct.
    """
    given = {name: value for name, value in parameters.items() if not _is_blank(value)}
    return {rule.name: _checked(rule, given[rule.name]) for rule in rules if rule.name in given}


def _is_blank(value: Json) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _checked(rule: ParameterRule, value: Json) -> Json:
    match rule.type:
        case ParameterType.INT | ParameterType.FLOAT:
            return _number(rule, value)
        case ParameterType.STRING | ParameterType.TEXT:
            return _text(rule, value)
        case ParameterType.BOOLEAN:
            return _switch(rule, value)


def _switch(rule: ParameterRule, value: Json) -> bool:
    """Return a switch's value; the value of a variable arrives as text."""
    switches = {"true": True, "false": False}
    if (word := str(value).lower()) not in switches:
        raise _error(rule, f"must be true or false, not {shown(str(value))}")
    return switches[word]


def _number(rule: ParameterRule, value: Json) -> float:
    is_whole = rule.type is ParameterType.INT
    value = _read_number(value)
    if not _is_number(value) or (is_whole and value != int(value)):
        wanted = "a whole number" if is_whole else "a number"
        raise _error(rule, f"must be {wanted}, not {shown(str(value))}")
    if rule.min is not None and value < rule.min:
        raise _error(rule, f"must be at least {rule.min:g}, not {value:g}")
    if rule.max is not None and value > rule.max:
        if rule.name != _CLAMPED:
            raise _error(rule, f"must be at most {rule.max:g}, not {value:g}")
        value = rule.max
    return int(value) if is_whole else value


def _read_number(value: Json) -> Json:
    """Parse a number in a text; return other values unchanged.

    Dify sends the value of a variable as text.
    """
    if not isinstance(value, str) or not _NUMBER.fullmatch(value.strip()):
        return value
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < _LARGEST else number


def _is_number(value: Json) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # An int can be larger than any float.
    return math.isfinite(value) if isinstance(value, float) else abs(value) < _LARGEST


def _text(rule: ParameterRule, value: Json) -> str:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = text.strip() if rule.options else text
    if rule.options and text not in rule.options and (rule.name, text) != _SCHEMA_IN_PROMPT:
        options = ", ".join(rule.options)
        raise _error(rule, f"must be one of {options} for this model, not {shown(text)}")
    return text


def _error(rule: ParameterRule, what: str) -> RequestError:
    label = rule.label.en_us if rule.label else rule.name
    return RequestError(f"{label} {what}. {_WHERE}")
