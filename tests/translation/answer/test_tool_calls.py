"""Pieces of tool calls, as upstreams cut and repeat them → calls that can be carried out."""

import json
from typing import Any

import pytest

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.chat import ToolCallDelta
from translation.answer.tool_calls import CompleteToolCall, ToolCalls

MAX_BYTES = 3_600_000


def piece(
    arguments: Any, call_id: str | None = None, name: str | None = None, index: int = 0
) -> ToolCallDelta:
    function = {"name": name, "arguments": arguments}
    return ToolCallDelta.model_validate({"index": index, "id": call_id, "function": function})


def folded(*pieces: ToolCallDelta) -> list[CompleteToolCall]:
    calls = ToolCalls()
    for each in pieces:
        calls.feed([each])
    return calls.finish()


def arguments_of(*pieces: ToolCallDelta) -> list[str]:
    return [call.arguments for call in folded(*pieces)]


@pytest.mark.parametrize("again", ['{"x": 2}', ' {"x": 2}', '{"x": 2} '])
@pytest.mark.parametrize("first", ['{"x": 1}', '{"x": 1} ', '{"x": 1}\n'])
def test_a_whole_object_after_a_whole_object_is_another_call(first: str, again: str) -> None:
    assert arguments_of(piece(first, name="f"), piece(again, name="f")) == [first, again]
    both = folded(piece(first, "a", "f"), piece(again, "a", "f"))
    assert [call.arguments for call in both] == [first, again]
    assert both[0].id == "a"
    assert both[1].id not in {"", "a"}


@pytest.mark.parametrize(
    ("first", "again"), [("a", "a"), (None, None), ("", ""), (None, ""), ("", None)]
)
def test_a_call_that_is_said_once_more_is_one_call(first: str | None, again: str | None) -> None:
    whole = '{"x": 1}'
    assert arguments_of(piece(whole, first, "f"), piece(whole, again, "f")) == [whole]


def test_the_same_call_without_its_id_is_another_one() -> None:
    whole = '{"x": 1}'
    assert arguments_of(piece(whole, "a", "f"), piece(whole, None, "f")) == [whole, whole]


def test_what_follows_a_repeated_call_in_its_chunk_counts() -> None:
    calls = ToolCalls()
    calls.feed([piece('{"x": 1}', "a", "f")])
    calls.feed([piece('{"x": 1}', "a", "f"), piece('{"y": 2}', "b", "g", index=1)])
    assert calls.finish() == [
        CompleteToolCall("a", "f", '{"x": 1}'),
        CompleteToolCall("b", "g", '{"y": 2}'),
    ]


def test_a_brace_inside_a_text_does_not_end_a_call() -> None:
    assert arguments_of(piece('{"x": "}', "a", "f"), piece('{"}')) == ['{"x": "}{"}']


def test_another_id_under_the_same_index_is_another_call() -> None:
    assert folded(piece("", "a", "f"), piece("", "b", "f")) == [
        CompleteToolCall("a", "f", "{}"),
        CompleteToolCall("b", "f", "{}"),
    ]


def test_a_piece_without_a_function_adds_nothing() -> None:
    bare = ToolCallDelta.model_validate({"index": 0, "id": "a"})
    assert folded(bare, piece('{"x": 1}', None, "f"), bare) == [
        CompleteToolCall("a", "f", '{"x": 1}')
    ]


def test_calls_with_one_id_are_told_apart() -> None:
    first, second = folded(piece("{}", "a", "f"), piece("{}", "a", "g", index=1))
    assert first.id == "a"
    assert second.id != "a"
    calls = ToolCalls({"a"})
    calls.feed([piece("{}", "a", "f")])
    assert calls.finish()[0].id != "a"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("", "{}"),
        (" ", "{}"),
        (None, "{}"),
        ("null", "{}"),
        (" null\n", "{}"),
        ('{"x": 1}', '{"x": 1}'),
        ({"x": 1}, '{"x": 1}'),
        (r'"{\"x\": 1}"', '{"x": 1}'),
    ],
)
def test_arguments_are_the_text_of_one_object(arguments: object, told: str) -> None:
    assert arguments_of(piece(arguments, "a", "f")) == [told]


PARIS = '{"city": "Paris"}'


@pytest.mark.parametrize("held", ["{}", "{} ", "null", {}])
@pytest.mark.parametrize(
    "rest",
    [
        [piece(PARIS)],
        [piece('{"city"'), piece(': "Paris"}')],
        [piece('{"city"', "a"), piece(': "Paris"}', "a")],
        [piece('{"city"', "a", "f"), piece(': "Paris"}', "a", "f")],
    ],
)
def test_what_only_holds_the_place_of_arguments_is_none(
    held: object, rest: list[ToolCallDelta]
) -> None:
    """https://github.com/microsoft/autogen/issues/6843, https://github.com/BerriAI/litellm/issues/4537"""
    assert folded(piece(held, "a", "f"), *rest) == [CompleteToolCall("a", "f", PARIS)]


@pytest.mark.parametrize("text", ["{}" + PARIS, "null" + PARIS, "{} " + PARIS])
def test_a_place_and_its_arguments_in_one_piece(text: str) -> None:
    (arguments,) = arguments_of(piece(text, "a", "f"))
    assert arguments.strip() == PARIS


def test_a_tool_without_arguments_is_called_with_none() -> None:
    assert arguments_of(piece("{}", "a", "f"), piece(PARIS, "b", "f")) == ["{}", PARIS]
    assert arguments_of(piece("{}", "a", "f"), piece("{}", "a", "f")) == ["{}"]
    assert arguments_of(piece("{}", None, "f"), piece(PARIS, None, "f")) == ["{}", PARIS]


@pytest.mark.parametrize(
    "arguments",
    [
        ["Paris"],
        5,
        True,
        "{}[1]",
        "[1]",
        "7",
        '"word"',
        '{"x": 1',
        '{"x": 1}, {"x": 2}',
        '{"x": "1}',
        r'"[1]"',
        "NULL",
    ],
)
def test_other_arguments_are_an_error_that_names_the_tool(arguments: object) -> None:
    with pytest.raises(ProxyProtocolError, match=r"^the model called f with .* no JSON object$"):
        folded(piece(arguments, "a", "f"))


def test_a_thousand_calls_are_the_most() -> None:
    calls = ToolCalls()
    calls.feed([piece("", str(index), "f", index) for index in range(1000)])
    with pytest.raises(ProxyProtocolError, match=r"^the model's tool calls are too large"):
        calls.feed([piece("", "1000", "f", 1000)])


def test_arguments_that_never_fit_are_not_gathered() -> None:
    calls = ToolCalls()
    calls.feed([piece("x" * MAX_BYTES, "a", "f")])
    with pytest.raises(ProxyProtocolError, match="too large"):
        calls.feed([piece("x")])


def test_calls_leave_in_one_line_of_dify() -> None:
    as_json = len(r'["a", "f", "{\"k\":\"' r'\"}"]')
    longest = '{"k":"' + "x" * (MAX_BYTES - as_json) + '"}'
    assert arguments_of(piece(longest, "a", "f")) == [longest]
    with pytest.raises(ProxyProtocolError, match="too large"):
        folded(piece(longest, "a2", "f"))


@pytest.mark.parametrize("filling", ["日" * 1_300_000, r"\"" * 1_000_000], ids=["bytes", "escapes"])
def test_what_counts_is_what_is_written(filling: str) -> None:
    with pytest.raises(ProxyProtocolError, match="too large"):
        folded(piece('{"k":"' + filling + '"}', "a", "f"))


def test_letters_are_written_as_they_are() -> None:
    text = '{"k":"' + "ü" * 1_000_000 + '"}'
    assert arguments_of(piece(text, "a", "f")) == [text]


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        ('{"text": "a\nb\tc"}', {"text": "a\nb\tc"}),
        ('{"text": "a\r\n\x01"}', {"text": "a\r\n\x01"}),
        (r'{"pattern": "\d+"}', {"pattern": r"\d+"}),
        (r'{"path": "C:\Users"}', {"path": r"C:\Users"}),
        (r'{"path": "C:\\Users\x"}', {"path": r"C:\Users\x"}),
        (r'{"text": "it\'s"}', {"text": "it's"}),
        (r'{"text": "say \"\%\""}', {"text": r'say "\%"'}),
        (r'{"a": "\d", "b": "line\n"}', {"a": r"\d", "b": "line\n"}),
        ('{"city": "Paris"}}', {"city": "Paris"}),
        ('{"city": "Paris"}]}\n', {"city": "Paris"}),
        ('{"city": "Paris"}}<|tool_call_end|>', {"city": "Paris"}),
        ('{"city": "Paris"}<|call|>', {"city": "Paris"}),
        ('{"city": "Paris"}</tool_call>', {"city": "Paris"}),
        ('{"city": "Paris"}<\uff5ctool\u2581call\u2581end\uff5c>', {"city": "Paris"}),
        ('{"city": "Paris"} [/TOOL_CALLS]</s>', {"city": "Paris"}),
        ('```json\n{"city": "Paris"}\n```', {"city": "Paris"}),
        ('{"city": "\u4e16\n"}}', {"city": "\u4e16\n"}),
    ],
)
def test_arguments_with_one_reading_are_mended(arguments: str, value: object) -> None:
    (told,) = arguments_of(piece(arguments, "a", "f"))
    assert json.loads(told) == value


@pytest.mark.parametrize(
    "arguments",
    [
        r'{"path": "C:\Users\new"}',
        r'{"pattern": "\d\n"}',
        r'{"user\_id": 1}',
        r'{"file": "my\_file \d"}',
        '{"city": "Par',
        '{"city": "Paris"',
        '{"city": "Paris"}, {"city": "Rome"}',
        '{"city": "Paris"}{"city": "Rome"}',
        '{"city": "Paris"} and so on',
        '{"city": "Paris"}"}',
        '{"city": "Paris"}<a>Rome</a>',
        'get_weather {"city": "Paris"}',
        "[1]}",
    ],
)
def test_nothing_is_invented(arguments: str) -> None:
    with pytest.raises(ProxyProtocolError, match="no JSON object"):
        arguments_of(piece(arguments, "a", "f"))


def test_two_objects_under_one_index_are_two_calls_of_the_same_tool() -> None:
    rome = '{"city": "Rome"}'
    first, second = folded(piece("", "t1", "f"), piece(PARIS, name=""), piece(rome, name=""))
    assert (first.id, first.name, first.arguments) == ("t1", "f", PARIS)
    assert (second.name, second.arguments) == ("f", rome)
    assert second.id != "t1"
    assert len(folded(piece(PARIS, "a", "f"), piece('{"city":"Paris"}', "a", "f"))) == 1


def test_arguments_of_any_length_are_mended_in_one_look() -> None:
    for filling in ("\\d" * 100_000, "\n" * 100_000, "<" * 100_000, "\\\\" * 100_000):
        arguments_of(piece('{"k": "' + filling + '"}}', "a", "f"))
    with pytest.raises(ProxyProtocolError):
        arguments_of(piece('{"k": "' + '\\"' * 100_000, "a", "f"))
