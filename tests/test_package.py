"""What goes into the package."""

import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from admin.package import build, packed, packed_files
from tools.marketplace import missing_of, problems_of

ROOT = Path(__file__).parent.parent


def test_the_package_holds_what_runs_and_nothing_else() -> None:
    files = packed_files()
    assert {"manifest.yaml", "main.py", "requirements.txt", "provider/litellm.yaml"} <= set(files)
    for package in ("litellm_proxy", "translation", "models", "provider"):
        sources = {str(file.relative_to(ROOT)) for file in (ROOT / package).rglob("*.py")}
        assert sources <= set(files)
    tops = {name.partition("/")[0] for name in files}
    assert not tops & {"tests", "tools", "admin", "harness", "requirements", "Makefile", ".git"}
    assert not [name for name in files if name.endswith((".pyc", ".env", ".log", ".pem", ".key"))]


def test_the_same_files_give_the_same_bytes_in_difys_layout(tmp_path: Path) -> None:
    first, second = tmp_path / "1.difypkg", tmp_path / "2.difypkg"
    build(first, packed())
    build(second, dict(reversed(packed().items())))
    assert first.read_bytes() == second.read_bytes()
    names = zipfile.ZipFile(first).namelist()
    assert names == sorted(names)
    assert not [name for name in names if name.endswith("/") or "\\" in name]


def test_the_publisher_is_named_in_manifest_and_readmes() -> None:
    files = packed("https://example.org/a/b", "someone@example.org")
    manifest = yaml.safe_load(files["manifest.yaml"])
    assert (manifest["repo"], manifest["contact"]) == (
        "https://example.org/a/b",
        "someone@example.org",
    )
    assert b"](https://example.org/a/b)" in files["README.md"]
    assert missing_of(manifest) == []
    assert problems_of(files) == []


def test_what_only_the_publisher_knows_is_asked_for() -> None:
    files = packed()
    assert problems_of(files) == []
    missing = " ".join(missing_of(yaml.safe_load(files["manifest.yaml"])))
    assert "REPO=" in missing
    assert "CONTACT=" in missing


def changed(name: str, content: bytes | None) -> Mapping[str, bytes]:
    files = packed()
    if content is None:
        return {other: files[other] for other in files if other != name}
    return {**files, name: content}


MANIFEST = (ROOT / "manifest.yaml").read_bytes()
README = (ROOT / "README.md").read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("manifest.yaml", MANIFEST.replace(b"privacy:", b"private:"), "lacks privacy"),
        ("manifest.yaml", MANIFEST.replace(b"author: ", b"author: Dify-"), "lower-case"),
        ("manifest.yaml", MANIFEST.replace(b"author: ", b"author: dify-"), "called like Dify"),
        ("manifest.yaml", MANIFEST.replace(b"version: 0", b"version: v0"), "form 1.2.3"),
        ("manifest.yaml", MANIFEST.replace(b"version: 0.", b"version: 7."), "CHANGELOG.md"),
        ("manifest.yaml", MANIFEST.replace(b"icon.svg", b"none.svg"), "none.svg is missing"),
        ("manifest.yaml", MANIFEST + b"repo: https://example.org/x/y", "link to the source"),
        ("README.md", None, "README.md is missing"),
        ("README.md", README + "漢字".encode(), "outside of code"),
        ("README.md", b"# LiteLLM", "says nothing of setup"),
        ("readme/README_ja_JP.md", None, "README_ja_JP.md is missing"),
        ("PRIVACY.md", b"Please fill in", "the template"),
        ("PRIVACY.md", b"We take care.", "does not say what is sent"),
        ("requirements.txt", b"dify-plugin>=0.10,<0.11\nhttpx", "httpx has no version"),
        ("requirements.txt", b"dify-plugin>=0.10.2,<0.11\nhttpx>=0.28", "no upper bound"),
        ("requirements.txt", b"dify-plugin>=0.8.0,<0.11", "dify-plugin 0.9.0"),
        ("requirements.txt", b"x @ git+https://example.org/x", "package index"),
        ("models/x.log", b"", "does not belong"),
        ("node_modules/x.js", b"", "does not belong"),
        ("models/x.so", b"\0", "binary"),
        ("models/x.py", b"KEY = 'sk-" + b"a" * 24 + b"'", "looks like a secret"),
        ("models/rerank/rerank.py", None, "named in the form, but missing"),
        ("large", b"x" * 51 * 1024 * 1024, "more than Dify takes"),
    ],
)
def test_what_the_marketplace_refuses_is_named(
    name: str, content: bytes | None, problem: str
) -> None:
    assert problem in "\n".join(problems_of(changed(name, content)))


def test_every_link_of_the_documents_leads_to_a_packed_file() -> None:
    files = packed()
    for name in files:
        if not name.endswith(".md"):
            continue
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", files[name].decode()):
            if "://" not in target:
                path = os.path.normpath(Path(name).parent / target)
                inside = path in files or any(other.startswith(f"{path}/") for other in files)
                assert inside, f"{name}: {target}"


@pytest.mark.parametrize("language", ["zh_Hans", "ja_JP", "pt_BR"])
def test_a_translation_has_the_tables_sections_and_code_of_the_readme(language: str) -> None:
    translated = (ROOT / "readme" / f"README_{language}.md").read_text()
    for shape in (r"^\|", r"^## ", r"^    \S.*$", r"^```"):
        pattern = re.compile(shape, re.MULTILINE)
        found = pattern.findall(translated)
        assert found == pattern.findall(README.decode()), shape


READMES = ["README.md", *(f"readme/README_{each}.md" for each in ("zh_Hans", "ja_JP", "pt_BR"))]


@pytest.mark.parametrize("name", READMES)
def test_a_readme_reads_well_in_difys_plugins_page(name: str) -> None:
    text = packed()[name].decode()
    code = re.compile(r"^```.*?^```|^    .*$", re.MULTILINE | re.DOTALL)
    words = code.sub("", text)
    # Dify's page blocks what is relative, and takes <think> for a part of the page.
    assert not re.findall(r"\]\((?!https://)[^)]*\)", words)
    assert "<" not in words
    for paragraph in words.split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line]
        wrapped = [
            line for line in lines if not line.startswith(("#", "|", "- ", "1", "2", "3", "4", "5"))
        ]
        assert len(wrapped) <= 1, paragraph


@pytest.mark.parametrize("name", READMES)
def test_with_a_repository_every_link_is_absolute(name: str) -> None:
    text = packed(repo="https://example.org/a/b")[name].decode()
    targets = re.findall(r"\]\(([^)]*)\)", text)
    assert targets
    assert all(target.startswith("https://") for target in targets)
    assert "(https://example.org/a/b/raw/HEAD/_assets/dify/form" in text
    assert "(https://example.org/a/b/blob/HEAD/docs/operators.md#installing-a-package" in text


def test_the_pictures_are_of_the_form_as_it_is() -> None:
    listed = yaml.safe_load((ROOT / "_assets/dify/pictures.yaml").read_text())
    form = yaml.safe_load((ROOT / "provider/litellm.yaml").read_text())
    fields = form["model_credential_schema"]["credential_form_schemas"]
    new = {field["variable"] for field in fields} - set(listed["fields"])
    assert not new, f"the form has new fields: take new pictures in a running Dify ({new})"
    for picture in listed["pictures"]:
        file = ROOT / "_assets/dify" / picture
        assert 0 < file.stat().st_size < 250_000, picture
