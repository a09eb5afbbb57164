"""Think blocks of earlier answers: what is taken out, and what is found at the front."""

import pytest

from translation.think_block import thinking_at_the_front, without_thinking


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>\na\n</think>\n\nYes.", "Yes."),
        ("Yes.\n\n<think>\na\n</think>\n\nNo.", "Yes.No."),
        ("1\n\n<think>\na\n</think>\n\n2\n\n<think>\nb\n</think>\n\n3", "123"),
        ("<think>\na\n</think>\n\n1\n\n<think>\nb\n</think>\n\n2", "12"),
        ("1\n\n<think>\na\n\n<think>\nb\n</think>\n\n2", "12"),
        ("1\n\n<think>\na\n</think>2\n</think>\n\n3", "12\n</think>\n\n3"),
        ("1\n</think>2\n\n<think>\na\n</think>\n\n3", "23"),
        ("1\n\n<think>\nnever ends", "1\n\n<think>\nnever ends"),
        ("1\n\n<think>\na\n</think>\n\n2\n\n<think>\nb", "12\n\n<think>\nb"),
        ("\n</think>1\n\n<think>\nb", "1\n\n<think>\nb"),
        ("I think hard.\n</think>\n\nAnswer.", "Answer."),
        ("Yes.", "Yes."),
    ],
)
def test_each_block_goes_with_what_we_set_around_it(text: str, left: str) -> None:
    assert without_thinking(text) == left


def test_a_late_block_right_after_the_first_goes_too() -> None:
    first, late = "<think>\na\n</think>", "\n\n<think>\nb\n</think>\n\n"
    assert without_thinking(f"Hm.{late}{late}Yes.") == "Hm.Yes."
    assert without_thinking(f"{first}Hm.{late}Yes.") == "Hm.Yes."


@pytest.mark.parametrize(
    ("text", "thought"),
    [
        ("<think>\n a \n</think>\n\nYes.", "a"),
        ("<think>never ends", "never ends"),
        ("\n<THINK open>a</THINK>Yes.", "a"),
        ("Yes. <think>a</think>", ""),
        ("", ""),
    ],
)
def test_the_reasoning_at_the_front_is_found(text: str, thought: str) -> None:
    assert thinking_at_the_front(text) == thought
