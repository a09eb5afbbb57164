"""The one sentence in a provider's error that a person can use, however it is wrapped."""

import json

import pytest

from litellm_proxy.wire.error_text import first_sentence, is_passed_on, without_advice


@pytest.mark.parametrize(
    ("message", "words"),
    [
        # As JSON, as Python writes dictionaries and bytes, cut off, and one inside the other.
        ('x {"message": "deep"}', "deep"),
        ('{"error": {"message": "deep"}}', "deep"),
        ("x {'error': {'message': 'deep'}}", "deep"),
        ("x {'error': {'message': 'deep'}} and {more", "deep"),
        ("x {'error': {'message': 'deep', 'at': nowhere}}", "deep"),
        ("x {'message': 'deep'}, (then) }", "deep"),
        ("""x b'{"message": "deep"}'""", "deep"),
        ("""x b"{'message': 'deep'}" y""", "deep"),
        ("""x b'{"message": "\\xc3\\xa4"}'""", "ä"),
        ("""x b'{"message": "\\xff"}'""", "\ufffd"),
        ("""x b'\\xzz{"message": "deep"}'""", "deep"),
        ("""verb'{"message": "deep"}'""", "deep"),
        ('x {"message": "deep", "cut": {"of', "deep"),
        ('x {"message": "cut of', 'x {"message": "cut of'),
        ("""x {"code": 4, 'Message': "it's deep" !""", "it's deep"),
        ('x {"a": oops, "msg" : "so  \\n deep"', "so \\n deep"),
        ('"message": "before" {"message": "cut", ', "cut"),
        ('{"message": "of two\\nlines"}', "of two lines"),
        ('{"message": "with\ta tab"}', "with a tab"),
        (json.dumps({"message": json.dumps({"error": {"message": "deep"}})}), "deep"),
        (json.dumps({"message": "outer: {not an object"}), "outer: {not an object"),
        # Of several the innermost, of one depth that under the most telling key.
        ('{"message": "outer", "error": {"message": "inner"}}', "inner"),
        ('{"message": "outer", "details": [{"message": "inner"}]}', "inner"),
        ('{"message": "outer", "details": [{"reason": "no words"}]}', "outer"),
        ('{"detail": "b", "message": "a"}', "a"),
        ('{"msg": "b", "Message": "a"}', "a"),
        ('{"errorMessage": "b", "msg": "a"}', "a"),
        ('{"detail": "b", "errorMessage": "a"}', "a"),
        ('{"error_description": "b", "detail": "a"}', "a"),
        ('{"error": "b", "error_description": "a"}', "a"),
        ('{"raw": "b", "error": "a"}', "a"),
        ('{"raw": "only"}', "only"),
        ('{"message": "  ", "error": "a"}', "a"),
        ('{"message": 5, "error": "a"}', "a"),
        ("x {'message': 'outer', 'error': {'message': 'inner'}} (see y)", "inner"),
        ("x {'message': 'outer', 'error': {'message': 'inner'}} {", "inner"),
        ('{"message": "outer", "error": {"message": "in\nner"}}', "in ner"),
        ("""x b'{"message": "no \\xzz escape"}'""", "no \\xzz escape"),
        ('{"plan": "plan b", "message": "a", "error": "c", "raw": "b"}', "a"),
        # What has no words says itself.
        ('x {"other": "y"}', 'x {"other": "y"}'),
        ("x {}", "x {}"),
        ("x {'a', 'b'}", "x {'a', 'b'}"),
        ("x {'a': f()}", "x {'a': f()}"),
        ("x [1]", "x [1]"),
        ("message: no object", "message: no object"),
        # Lines that only lead to the next one.
        ("Error code:\n400", "Error code: 400"),
        ("XException -\n\nreason\nmore", "XException - reason"),
        ("Errors (\nno)", "Errors ( no)"),
        ("Errors [\nno]", "Errors [ no]"),
        ("Errors {\nno", "Errors { no"),
        ("\n \n  first \t line \nsecond", "first line"),
    ],
)  # fmt: skip
def test_the_sentence_in_the_words(message: str, words: str) -> None:
    assert first_sentence(message) == words


@pytest.mark.parametrize(
    "hostile",
    ["{[]: 1}", "{" + "-" * 5000 + "1}", '{"a":' * 5000, "{" * 5000, "{" + "(" * 5000, "{\0}",
     "b'{\0'", "b'{ä}'"],
)  # fmt: skip
def test_what_only_begins_like_an_object_is_a_text(hostile: str) -> None:
    assert first_sentence(hostile)[:499] == hostile[:499]


@pytest.mark.parametrize(("depth", "words"), [(8, "deep"), (9, "outer")])
def test_messages_are_looked_for_within_bounds(depth: int, words: str) -> None:
    nested: object = {"message": "deep"}
    for _ in range(depth - 1):
        nested = [nested]
    assert first_sentence(json.dumps({"message": "outer", "more": nested})) == words


def test_a_sentence_has_a_bound() -> None:
    assert first_sentence("a" * 500) == "a" * 500
    assert first_sentence("a" * 501) == "a" * 499 + "…"
    far = "a\n" * 8192
    assert first_sentence(far + '{"message": "too far"}') == "a"


@pytest.mark.parametrize(
    "advice",
    [
        "LiteLLM: model group 'm' failed",
        "No fallback model group found for original model_group=m",
        "LiteLLM Retried: 2 times",
        "LiteLLM Max Retries: 3",
        "To drop these, set `litellm.drop_params=True`",
        "to drop these, set litellm.drop_params=True",
        "Received Model Group=m",
        "Available Model Group Fallbacks=None",
        "Error doing the fallback: x",
        "Passed model=m pre-call-checks=False",
        "Passed model=m. pre-call-checks=False",
        "pre-call-checks=False",
        "cooldown_list=[]",
        "Fallbacks=[{'a': ['b']}]",
        "context_window_fallbacks={'a': 1}",
        "Content_Policy_Fallbacks=[1]",
        "Deployment Info: x",
        "LiteLLM model info: x",
    ],
)
def test_advice_for_administrators_is_left_out(advice: str) -> None:
    assert without_advice(f"It failed.\n{advice} and so on") == "It failed."
    assert without_advice(f"It failed, {advice}") == "It failed"
    assert first_sentence(f"{advice}\nIt failed.") == first_sentence(without_advice(advice))


@pytest.mark.parametrize(
    "bookkeeping", ["Received Model Group=m", "Deployment Info: x", "Passed model=m"]
)
def test_bookkeeping_alone_is_nothing_but_advice_alone_is_the_message(bookkeeping: str) -> None:
    assert without_advice(f"{bookkeeping} pre-call-checks=False") == ""
    assert without_advice("LiteLLM Retried: 2 times") == "LiteLLM Retried: 2 times"


@pytest.mark.parametrize(
    "words", ["Fallbacks are off", "The model=m is unknown", "I retried: no", "model group a"]
)
def test_what_only_looks_like_advice_stays(words: str) -> None:
    assert without_advice(f"It failed. {words}") == f"It failed. {words}"


def test_who_failed() -> None:
    assert is_passed_on("No. LiteLLM: model group 'm' failed")
    assert is_passed_on("No. received model group=m")
    assert not is_passed_on("No. Available Model Group Fallbacks=None")
