"""Build a package that Dify installs, and check that it starts.

The layout is that of Dify's own packager: a zip with deflate, sorted `/` names, no directory
entries, manifest.yaml at the root. The same files with the same --repo and --contact give the same
bytes.
"""

import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

import httpx
import yaml

from harness.child import free_port, running
from harness.plugin_process import PluginError, PluginProcess

ROOT = Path(__file__).parent.parent
PACKAGE_FILES = Path(__file__).parent / "package_files.txt"
"""Names of all files of a package, one per line. Dify's own packager supports only lists of files
to exclude (`.difyignore`)."""
BOOT_SECONDS = 20
"""Timeout of the marketplace's boot check."""
_FIXED_TIME = (2026, 1, 1, 0, 0, 0)
_READ_WRITE = 0o100644 << 16
MAX_BYTES = 50 * 1024 * 1024
MAX_FILES = 5000
"""Dify's maximum."""


_READMES = ROOT / "admin" / "package_readmes"
"""READMEs for Dify's plugin page: it blocks relative links and images, and make does not help
there."""
_HELP = """\
help:
  title:
    en_US: How to fill in this form
    zh_Hans: 如何填写此表单
  url:
    en_US: {repo}/blob/HEAD/docs/form.md
"""


def packed_files() -> list[str]:
    """Return the sorted names of the package's files: only those of PACKAGE_FILES.

    Other files in the folder may be private and contain keys.
    """
    return sorted(PACKAGE_FILES.read_text().split())


def packed(repo: str = "", contact: str = "") -> dict[str, bytes]:
    """Return the package's files by name, with the publisher's data."""
    files = {name: _source(name).read_bytes() for name in packed_files()}
    words = {"repo": repo, "contact": contact}
    told = yaml.safe_dump({key: word for key, word in words.items() if word}, sort_keys=False)
    if repo or contact:
        files["manifest.yaml"] += told.encode()
    if repo:
        files["provider/litellm.yaml"] += _HELP.format(repo=repo).encode()
        for name in filter(_is_readme, files):
            files[name] += f"\n## Source\n\n[{repo}]({repo})\n".encode()
    return files


def _source(name: str) -> Path:
    """Return the path of the source file for a name in the package."""
    return _READMES / Path(name).name if _is_readme(name) else ROOT / name


def _is_readme(name: str) -> bool:
    return Path(name).name.startswith("README")


def build(target: Path, files: Mapping[str, bytes]) -> None:
    """Write the package; the same files give the same bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(zipped(files))


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return the package as Dify expects it.

    The same files give the same bytes.
    """
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _READ_WRITE
            package.writestr(entry, content)
    return stream.getvalue()


def check(package: Path) -> None:
    """Unpack a package, and start the plugin like Dify and its marketplace."""
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(package).extractall(folder)
        form = {"base_url": f"http://127.0.0.1:{free_port()}"}
        with PluginProcess(Path(folder)) as plugin:
            answer = next(plugin.call("get_ai_model_schemas", "any", form))
            assert answer["model_schema"]["model"] == "any"
            refused = _error_of(plugin.call("validate_model_credentials", "any", form))
            assert refused, "A form for a proxy that is not there was accepted."
            assert refused.error_type == "CredentialsValidateFailedError", refused
        print("The unpacked plugin starts and answers over stdio.")
        _boot_over_http(Path(folder))
        print("The unpacked plugin starts and answers over HTTP, as the marketplace checks it.")


def _boot_over_http(folder: Path) -> None:
    """Start the plugin without Dify, as an HTTP server.

    Any response to a GET is enough.
    """
    port = free_port()
    env = {"INSTALL_METHOD": "serverless", "SERVERLESS_PORT": str(port)}
    log = folder.with_suffix(".log")
    try:
        with running(
            [sys.executable, "-m", "main"], ready=lambda: _answers(port), log=log,
            ready_seconds=BOOT_SECONDS, env=env, cwd=folder,
        ):  # fmt: skip
            pass
    finally:
        log.unlink(missing_ok=True)


def _answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
    except httpx.TransportError:
        return False
    return True


def _error_of(answers: Iterator[object]) -> PluginError | None:
    try:
        list(answers)
    except PluginError as error:
        return error
    return None
