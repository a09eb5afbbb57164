"""What fits into one line of Dify's daemon, and what errors are cut to."""

import pytest

from translation.line_limit import fits_a_line, shortened, shortened_error

MIB_5 = 5_242_880


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("a" * MIB_5, True),
        ("a" * (MIB_5 + 1), False),
        ("ü" * (MIB_5 // 2), True),
        ("ü" * (MIB_5 // 2) + "a", False),
        ("💡" * (MIB_5 // 4), True),
        ("💡" * (MIB_5 // 4) + "a", False),
        ("\ud800" * 10, True),
    ],
    ids=["a", "a+1", "ü", "ü+1", "bulb", "bulb+1", "surrogate"],
)
def test_a_line_is_measured_in_bytes(text: str, fits: bool) -> None:  # noqa: FBT001
    assert fits_a_line(text) is fits


@pytest.mark.parametrize(("length", "left"), [(3999, 3999), (4000, 4000)])
def test_an_error_that_is_short_enough_stays(length: int, left: int) -> None:
    assert shortened("x" * length) == "x" * left


def test_a_longer_error_ends_with_an_ellipsis_and_is_no_longer() -> None:
    assert shortened("x" * 4001) == "x" * 3999 + "…"


def test_an_error_of_the_sdk_is_cut_and_loses_its_traceback() -> None:
    args = {"traceback": "t", "description": "d" * 5000}
    assert shortened_error({"error_type": "X", "message": "m" * 5000, "args": args}) == {
        "error_type": "X",
        "message": "m" * 3999 + "…",
        "args": {"description": "d" * 3999 + "…"},
    }
    assert shortened_error({"error_type": "X", "message": "m", "args": {"traceback": "t"}}) == {
        "error_type": "X",
        "message": "m",
        "args": {},
    }
