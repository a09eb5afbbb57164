"""What is given up when a refusal is about an addition of ours."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.concessions import Concession
from litellm_proxy.wire.options import ProxyRequest
from translation.request.refused_additions import concession_for, teaches

C = Concession


class Sent(ProxyRequest):
    """A request that could still concede so much, with the text of its user."""

    def __init__(self, open_ones: Iterable[Concession], text: str = "") -> None:
        self._open_ones, self._text = open_ones, text

    def open_concessions(self) -> Iterator[Concession]:
        return iter(self._open_ones)

    def to_json(self) -> bytes:
        return json.dumps(
            {"messages": [{"content": self._text}], "metadata": {"tags": []}}
        ).encode()


def given_up(words: str, *open_ones: Concession, **more: Any) -> Concession | None:
    error = ProxyRejected(message=words, **{"status": 400, **more})
    return concession_for(error, Sent(open_ones))


UNSUPPORTED = ("UnsupportedParamsError",)


@pytest.mark.parametrize(
    ("classes", "open_one"),
    [(("UserRequired",), C.END_USER_IN_BODY), (("TagsRefused",), C.NO_TAG_OF_THE_APP)],
)
def test_some_causes_have_a_concession_of_their_own(
    classes: tuple[str, ...], open_one: Concession
) -> None:
    assert given_up("No.", C.NO_SESSION, open_one, classes=classes) is open_one
    assert given_up("No.", C.NO_SESSION, classes=classes) is None
    assert given_up("No.", open_one) is None


def test_of_an_encoding_that_litellm_refuses_no_other_value_is_tried() -> None:
    words = "does not support parameters: ['encoding_format']"
    assert given_up(words, C.FLOATS, C.NO_ENCODING, classes=UNSUPPORTED) is C.NO_ENCODING
    assert given_up(words, C.FLOATS, C.NO_ENCODING) is C.FLOATS
    assert given_up(words, C.NO_ENCODING, classes=UNSUPPORTED) is C.NO_ENCODING


def test_another_field_that_litellm_refuses_is_given_up_itself() -> None:
    words = "does not support parameters: ['input_type']"
    assert given_up(words, C.NO_INPUT_TYPE, classes=UNSUPPORTED) is C.NO_INPUT_TYPE


REASONING = (C.FILLED_REASONING, C.NO_REASONING_BACK)


@pytest.mark.parametrize(
    ("words", "concession"),
    [
        ("reasoning_content is missing in the message at 3", C.FILLED_REASONING),
        ("The reasoning_content must be passed back", C.FILLED_REASONING),
        ("Unknown field reasoning_content", C.NO_REASONING_BACK),
        ("Unexpected property: messages.1.reasoning_items", C.NO_REASONING_BACK),
        ("Item 'rs_1' of type 'reasoning' was provided without its item", C.NO_REASONING_BACK),
        ("Items are not persisted when `store` is false", C.NO_REASONING_BACK),
        ("content is missing in the message at 3", None),
        ("Unknown field reasoning", None),
    ],
)
def test_reasoning_is_filled_where_it_is_wanted_and_left_out_where_it_is_refused(
    words: str, concession: Concession | None
) -> None:
    assert given_up(words, *REASONING) is concession
    assert given_up(words, *reversed(REASONING)) is concession


@pytest.mark.parametrize("open_one", [C.NO_SESSION, C.NO_INPUT_TYPE])
def test_words_of_wanting_matter_to_reasoning_only(open_one: Concession) -> None:
    words = "must be empty: litellm_trace_id, input_type"
    assert given_up(words, open_one) is open_one


@pytest.mark.parametrize("more", [{"param": "input_type"}, {"error_type": "input_type"}])
def test_a_name_that_the_error_gives_needs_no_words(more: dict[str, str]) -> None:
    assert given_up("No.", C.NO_INPUT_TYPE, **more) is C.NO_INPUT_TYPE
    assert given_up("No.", C.NO_INPUT_TYPE, param="inputs", error_type="x") is None


@pytest.mark.parametrize(
    ("words", "concession"),
    [
        ("Unknown field 'metadata'", C.NO_METADATA),
        ("Unknown field 'METADATA'", C.NO_METADATA),
        ("Unknown field [metadata]", C.NO_METADATA),
        ("The metadata of this model is not supported", None),
        ("Unknown field 'metadata_x'", None),
    ],
)
def test_a_word_of_any_sentence_is_a_field_in_quotation_marks(
    words: str, concession: Concession | None
) -> None:
    assert given_up(words, C.NO_METADATA) is concession


@pytest.mark.parametrize(
    "words", ["Invalid Response Format", "invalid response_format", "MP3 only? unsupported"]
)
def test_names_are_found_in_any_case(words: str) -> None:
    assert given_up(words, C.WAV) is C.WAV


def test_a_name_alone_is_no_refusal_of_it() -> None:
    assert given_up("I like mp3 players", C.WAV) is None


def test_any_type_is_given_up_for_its_own_status_only() -> None:
    assert given_up("Not Acceptable", C.ANY_TYPE, status=406) is C.ANY_TYPE
    assert given_up("Not Acceptable", C.ANY_TYPE, status=400) is None


PROMPT = "Why does my server say: Unknown field 'metadata' in the request?"


@pytest.mark.parametrize(
    ("words", "concession"),
    [
        (f"Your prompt was refused: {PROMPT}", None),
        (f"Your prompt was refused: {json.dumps(PROMPT)}", None),
        (f"Unknown field 'metadata'. Your prompt was: {PROMPT}", C.NO_METADATA),
        ("Unknown field 'metadata'", C.NO_METADATA),
    ],
)
def test_words_of_the_request_itself_are_no_name(words: str, concession: Concession | None) -> None:
    error = ProxyRejected(message=words, status=400)
    assert concession_for(error, Sent([C.NO_METADATA], PROMPT)) is concession


@pytest.mark.parametrize("status", [None, 408, 409, 425, 429, 500, 502, 503, 504])
def test_nothing_is_learned_of_what_passes(status: int | None) -> None:
    assert not teaches(ProxyRejected(message="x", status=status))


@pytest.mark.parametrize("status", [400, 401, 403, 406, 422])
def test_a_rejection_of_the_request_teaches(status: int) -> None:
    assert teaches(ProxyRejected(message="x", status=status))
