"""What goes into the package."""

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from admin.package import build, packed, packed_files
from harness.upstream import Upstream, json_reply
from tools.marketplace import missing_of, problems_of

ROOT = Path(__file__).parent.parent


def tracked() -> set[str]:
    """Return what git tracks and Dify's own packager would not leave out."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    lines = (ROOT / ".difyignore").read_text().splitlines()
    patterns = [line.rstrip("/") for line in lines if line and not line.startswith("#")]
    return {
        name
        for name in listed.stdout.splitlines()
        if not any(fnmatch(name.partition("/")[0], pattern) for pattern in patterns)
        and (ROOT / name).is_file()
    }


def test_the_package_is_a_list_that_holds_all_that_runs() -> None:
    assert set(packed_files()) == tracked(), (
        "admin/package_files.txt names every file of the package"
    )
    tops = {name.partition("/")[0] for name in packed_files()}
    assert not tops & {"tests", "tools", "admin", "harness", "requirements", "Makefile", ".git"}


STRANGERS = (
    "catalog.yaml", "private.pem", "signing.key", "notes.md", ".env", "models/notes.txt", "models/llm/llm.py.bak",
    "models/llm/scratch.py", "provider/catalog.json", "provider/other.yaml", "translation/secret.json", "_assets/x.png",
    "docs/todo.md", "dist/old.difypkg", "readme/README_xx.md", "litellm_proxy/wire/draft.py", "examples/key.txt",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("command", ["package", "catalog"])
def test_a_folder_full_of_strangers_is_packed_without_them(command: str, tmp_path: Path) -> None:
    """As after `git archive`: nothing but the list says what belongs in."""
    for name in [*tracked(), *admin_files()]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    for name in STRANGERS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("sk-secret")
    with Upstream() as proxy:
        row = {
            "model_name": "m",
            "litellm_params": {"model": "openai/m"},
            "model_info": {"mode": "chat"},
        }
        proxy.on("/v1/models", json_reply({"data": [{"id": "m"}]}))
        proxy.on("/v1/model/info", json_reply({"data": [row]}))
        proxy.on("/model_group/info", json_reply({"data": [{"model_group": "m", "mode": "chat"}]}))
        script = {
            "package": "from pathlib import Path; from admin.package import *; build(Path('dist/p.difypkg'), packed())",
            "catalog": "import sys; from admin.__main__ import main; sys.exit(main())",
        }  # fmt: skip
        arguments = ["catalog", "--base-url", proxy.url] if command == "catalog" else []
        done = subprocess.run(
            [sys.executable, "-c", script[command], *arguments],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
    built = [file for file in (tmp_path / "dist").glob("*.difypkg") if file.name != "old.difypkg"]
    assert len(built) == 1, done.stdout + done.stderr
    package = zipfile.ZipFile(built[0])
    names = set(package.namelist())
    added = {name for name in names if re.fullmatch(r"models/llm/(_position|m-\w+)\.yaml", name)}
    assert names - added - {"provider/catalog.json"} == set(packed_files())
    assert not [name for name in names if b"sk-secret" in package.read(name)]


def admin_files() -> list[str]:
    """Return what packing itself needs."""
    folders = (ROOT / "admin", ROOT / "harness")
    return [
        str(file.relative_to(ROOT))
        for folder in folders
        for file in folder.rglob("*")
        if file.suffix in {".py", ".txt", ".md"}
    ]


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
PAGE = "admin/package_readmes"
README = (ROOT / PAGE / "README.md").read_bytes()


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
@pytest.mark.parametrize(
    ("folder", "original"), [("readme", "README.md"), (PAGE, f"{PAGE}/README.md")]
)
def test_a_translation_has_the_tables_sections_and_code_of_the_readme(
    folder: str, original: str, language: str
) -> None:
    translated = (ROOT / folder / f"README_{language}.md").read_text()
    for shape in (r"^\|", r"^## ", r"^    \S.*$", r"^```"):
        pattern = re.compile(shape, re.MULTILINE)
        found = pattern.findall(translated)
        assert found == pattern.findall((ROOT / original).read_text()), shape


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


def test_help_beside_the_form_leads_to_the_page_about_the_form() -> None:
    repo = "https://example.org/a/b"
    help_ = yaml.safe_load(packed(repo)["provider/litellm.yaml"])["help"]
    assert help_["url"]["en_US"] == f"{repo}/blob/HEAD/docs/form.md"
    assert (ROOT / "docs/form.md").is_file()
    # Without an address of the source there is no page to lead to.
    assert "help" not in yaml.safe_load(packed()["provider/litellm.yaml"])


@pytest.mark.parametrize("name", READMES)
def test_the_packages_readme_begins_with_a_model_and_names_no_command(name: str) -> None:
    text = packed()[name].decode()
    assert "`make " not in text
    assert "http://litellm:4000" in text.split("\n## ")[1]
    assert len(text.split()) < 700


def test_the_pictures_are_of_the_form_as_it_is() -> None:
    listed = yaml.safe_load((ROOT / "_assets/dify/pictures.yaml").read_text())
    form = yaml.safe_load((ROOT / "provider/litellm.yaml").read_text())
    fields = form["model_credential_schema"]["credential_form_schemas"]
    new = {field["variable"] for field in fields} - set(listed["fields"])
    assert not new, f"the form has new fields: take new pictures in a running Dify ({new})"
    for picture in listed["pictures"]:
        file = ROOT / "_assets/dify" / picture
        assert 0 < file.stat().st_size < 250_000, picture
