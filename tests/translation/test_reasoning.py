"""By what the tool calls of one conversation are told from those of another."""

from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    ImagePromptMessageContent,
    PromptMessage,
    SystemPromptMessage,
    TextPromptMessageContent,
    ToolPromptMessage,
    UserPromptMessage,
)

from translation.reasoning import question_of, tool_turns

SYSTEM = SystemPromptMessage(content="Be brief.")
ASKED = UserPromptMessage(content="Weather in Oslo?")


def called(*ids: str) -> AssistantPromptMessage:
    function = AssistantPromptMessage.ToolCall.ToolCallFunction(name="f", arguments="{}")
    calls = [AssistantPromptMessage.ToolCall(id=i, type="function", function=function) for i in ids]
    return AssistantPromptMessage(content="", tool_calls=calls)


def test_the_instructions_and_the_last_question_count() -> None:
    asked = question_of([SYSTEM, ASKED])
    earlier = [UserPromptMessage(content="Hi"), AssistantPromptMessage(content="Hello")]
    # In later turns Dify may shorten the history, and has answers and results beside it.
    assert question_of([SYSTEM, *earlier, ASKED]) == asked
    assert (
        question_of([SYSTEM, ASKED, called("a"), ToolPromptMessage(content="x", tool_call_id="a")])
        == asked
    )
    assert question_of([SystemPromptMessage(content="You are Bob's."), ASKED]) != asked
    assert question_of([SYSTEM, UserPromptMessage(content="Weather in Rome?")]) != asked
    assert question_of([]) != asked


def test_a_picture_that_dify_takes_out_later_changes_no_question() -> None:
    picture = ImagePromptMessageContent(format="png", mime_type="image/png", base64_data="AAAA")
    text = TextPromptMessageContent(data="What is it?")
    with_picture = UserPromptMessage(content=[picture, text])
    assert question_of([UserPromptMessage(content="[image]\nWhat is it?")]) == question_of(
        [with_picture]
    )


def test_each_turn_has_the_question_before_it() -> None:
    again = UserPromptMessage(content="And in Rome?")
    messages: list[PromptMessage] = [
        SYSTEM,
        ASKED,
        called("a", "b"),
        called("c"),
        again,
        called("d"),
    ]
    turns = list(tool_turns(messages))
    assert [turn.call_ids for turn in turns] == [["a", "b"], ["c"], ["d"]]
    first, second, third = (turn.question for turn in turns)
    assert first == second == question_of(messages[:2])
    assert third == question_of(messages[:5])
    assert list(tool_turns([SYSTEM, ASKED, AssistantPromptMessage(content="Hi")])) == []
