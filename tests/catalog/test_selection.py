"""Choosing, naming, ordering and comparing the models of a catalogue."""

from pathlib import Path
from typing import Any

import pytest

from admin.catalog import _listed
from admin.catalogue.choices import Choices, ChoicesError, ModelKind, Order, Wildcards, read_choices
from admin.catalogue.difference import changes
from admin.catalogue.files import file_name
from admin.catalogue.selection import require_catalogue, select
from admin.proxy_models import ProxyModels
from litellm_proxy.wire.model_facts import ModelFacts
from translation.facts.discovery import DEPLOYMENTS, Discovery

MODES = {"b-chat": "chat", "A-chat": "chat", "vectors": "embedding", "many/x": "chat",
         "painter": "video_generation", "mystery": None}  # fmt: skip
PROXY = ProxyModels(
    discoveries={
        name: Discovery({DEPLOYMENTS: ModelFacts(mode=mode)}) for name, mode in MODES.items()
    },
    patterns=("many/*",),
    expansions={"many/x": "many/*"},
    providers={"b-chat": ("anthropic",), "A-chat": ("openai",), "vectors": ("openai",)},
    failed={},
)


def chosen(**choices: Any) -> list[str]:
    chosen = Choices(**choices)
    selection = select(PROXY, chosen)
    require_catalogue(selection, chosen)
    return [model.name for model in selection.models]


def test_five_names_are_printed_and_the_number_of_the_others() -> None:
    assert _listed(list("abcde")) == "a, b, c, d, e"
    assert _listed(["n" * 61, *"bcdefg"]) == f"{'n' * 60}, b, c, d, e and 2 more"


def test_by_default_all_names_but_expansions_and_what_dify_has_no_place_for() -> None:
    selection = select(PROXY, Choices())
    assert [model.name for model in selection.models] == ["A-chat", "b-chat", "mystery", "vectors"]
    assert selection.left_out == {
        "many/x": "stands for many/* only",
        "painter": "of mode video_generation, which Dify has no place for",
    }


def test_names_are_chosen_by_patterns_and_modes() -> None:
    assert chosen(include=["*-chat"]) == ["A-chat", "b-chat"]
    assert chosen(include="*-chat, vec*", exclude="A*") == ["b-chat", "vectors"]
    assert chosen(modes="embedding") == ["vectors"]
    assert "many/x" in chosen(wildcards=Wildcards.EXPAND)


def test_a_kind_that_the_proxy_does_not_tell_can_be_told() -> None:
    models = select(PROXY, Choices(kinds={"mystery": ModelKind.RERANK})).models
    assert {model.kind for model in models if model.name == "mystery"} == {ModelKind.RERANK}
    told = select(PROXY, Choices(kinds={"b-chat": ModelKind.RERANK})).models
    assert {model.kind for model in told if model.name == "b-chat"} == {ModelKind.LLM}


def test_order() -> None:
    assert chosen(order=Order.PROVIDER) == ["mystery", "b-chat", "A-chat", "vectors"]
    assert chosen(order=("vectors", "mystery")) == ["vectors", "mystery", "A-chat", "b-chat"]


def test_aliases() -> None:
    models = select(PROXY, Choices(aliases={"A-chat": "Our assistant"})).models
    assert {model.name: model.proxy_name for model in models}["Our assistant"] == "A-chat"


@pytest.mark.parametrize(
    ("choices", "problem"),
    [
        ({"include": ["none"]}, "No model is left. Left out: 6 not included"),
        ({"kinds": {"gone": "llm"}}, 'kinds: "gone" is not among'),
        ({"order": ("vectors", "gone")}, 'order: "gone" is not among'),
        ({"aliases": {"A-chat": "b-chat"}}, '"b-chat" would be the name of two models'),
        ({"aliases": {"gone": "x"}}, '"gone" is not among the chosen models'),
        ({"aliases": {"A-chat": "x" * 256}}, "not among the chosen models"),
    ],
)
def test_what_cannot_be_is_said(choices: dict[str, Any], problem: str) -> None:
    with pytest.raises(ChoicesError, match=problem):
        chosen(**choices)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("colour: red", "colour: there is no such option; there are base_url, include"),
        ("modes: [embeddings]", 'modes: "embeddings" is none of chat, completion'),
        ("exclude: [*-x]", "(a pattern that begins with * needs quotes)"),
        ("limit: none", "limit: Input should be a valid integer"),
        ("limit: 0", "limit: Input should be greater than 0"),
        ("order: size", "order"),
        ("aliases: {a: ''}", "aliases.a: String should have at least 1 character"),
        ("kinds: {x: chat}", "kinds.x: Input should be 'llm'"),
        ("- a", "must be a mapping"),
        ("a: [", "cannot be read"),
    ],
)
def test_a_file_is_checked_by_name(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "catalog.yaml"
    file.write_text(text)
    with pytest.raises(ChoicesError) as caught:
        read_choices(file)
    assert problem in str(caught.value)
    assert str(file) in str(caught.value)


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "catalog.yaml"
    file.write_text("base_url: http://a\nlimit: 7\ninclude: [x]")
    choices = read_choices(file, base_url="http://b", include="", limit=None)
    assert (choices.base_url, choices.limit, choices.include) == ("http://b", 7, ("x",))
    with pytest.raises(ChoicesError, match="No such file"):
        read_choices(tmp_path / "none.yaml")


def test_file_names_differ_wherever_names_do() -> None:
    names = ["a/b", "a-b", "A-B", "a b", "..", ".", "-", "_position", "con", "日本", "x" * 300,
             file_name("a-b").removesuffix(".yaml")]  # fmt: skip
    files = [file_name(name) for name in names]
    assert len({name.lower() for name in files}) == len(names)
    assert not [name for name in files if not name.isascii() or "/" in name or len(name) > 100]
    assert not [name for name in files if name.endswith("_position.yaml")]
    assert file_name("gpt-4o.mini").startswith("gpt-4o.mini-")


def entity(**fields: Any) -> dict[tuple[str, str], dict[str, Any]]:
    whole = {"label": "m", "model_properties": {}, "parameter_rules": [], **fields}
    return {("llm", "m"): whole}


@pytest.mark.parametrize(
    ("before", "now", "what"),
    [
        ({}, entity(), ["new"]),
        (entity(), {}, ["not listed for this key any more"]),
        (entity(), entity(), []),
        (entity(features=["a", "b"]), entity(features=["b", "c"]), ["lost a", "gained c"]),
        (entity(model_properties={"context_size": 1}), entity(model_properties={"context_size": 2}),
         ["context_size: 1 → 2"]),
        (entity(), entity(pricing={"input": "1"}), ["USD per million, input: unknown → 1"]),
        (entity(parameter_rules=[{"name": "a", "max": 1}]),
         entity(parameter_rules=[{"name": "a", "max": 2}, {"name": "b"}]),
         ["parameter a, max: 1 → 2", "parameter b is new"]),
        (entity(parameter_rules=[{"name": "a"}]), entity(label="n"),
         ["parameter a is gone", "its label changed"]),
    ],
)  # fmt: skip
def test_changes_are_told(before: Any, now: Any, what: list[str]) -> None:
    assert [change.what for change in changes(before, now)] == what
