"""Command line options for access to a proxy: key, headers and certificate.

A key is read from an environment variable, so that it is not in the shell history or process list.
"""

import argparse
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from admin.command_error import CommandError
from litellm_proxy.errors import ProxyError, ProxyUnreachable
from translation.errors.messages import form_message
from translation.form.settings import Settings, parse_settings
from translation.validation.form_problem import key_problem

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")


def add_proxy_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for access to a proxy."""
    parser.add_argument("--api-key-env", metavar="NAME", default="LITELLM_API_KEY", type=_variable,
                        help="environment variable with the key (default: %(default)s)")  # fmt: skip
    parser.add_argument(
        "--api-key-file", type=Path, metavar="FILE", help="a file with the key, instead"
    )
    parser.add_argument("--headers-env", metavar="NAME", default="", type=_variable,
                        help="environment variable with further headers as a JSON object, for "
                        "example if the proxy expects the key in another header")  # fmt: skip
    parser.add_argument(
        "--ca", type=Path, metavar="FILE", help="your own certificate authority, as PEM"
    )


def proxy_form(base_url: str, options: argparse.Namespace) -> dict[str, str]:
    """Return the form values for access to a proxy, as entered in Dify.

    Raises OSError for a file that cannot be read.
    """
    return {
        "base_url": base_url,
        "api_key": secret_of(options.api_key_env, options.api_key_file),
        "settings": "custom",
        "extra_headers": os.environ.get(options.headers_env, ""),
        "ca_certificate": options.ca.read_text() if options.ca else "",
    }


def proxy_settings(base_url: str, options: argparse.Namespace, model: str = "") -> Settings:
    """Return the settings for access to a proxy.

    Raises SettingsError for values that the form rejects, OSError for a file that cannot be read.
    """
    return parse_settings(model, proxy_form(base_url, options))


def secret_of(variable: str, file: Path | None) -> str:
    """Return a secret from a file, else from an environment variable, "" if neither has it.

    Raises OSError for a file that cannot be read.
    """
    return file.read_text(encoding="utf-8").strip() if file else os.environ.get(variable, "")


@contextmanager
def explained(base_url: str, options: argparse.Namespace) -> Iterator[None]:
    """Convert a ProxyError to a CommandError with advice."""
    try:
        yield
    except ProxyError as error:
        told = [key_problem(error, base_url) or form_message(error)]
        if not secret_of(options.api_key_env, options.api_key_file):
            told.append(f"{options.api_key_env} is not set, so the proxy was asked without a key.")
        if isinstance(error, ProxyUnreachable):
            told.append(
                "If the proxy has another address here than for Dify, add --read-url with the address that "
                "works here (make: READ_URL=). If its certificate is your company's, add --ca (make: CA=)."
            )
        raise CommandError("\n".join(told)) from None


def _variable(name: str) -> str:
    if name and not _VARIABLE.fullmatch(name):
        # Do not print the value: it may be the key itself.
        message = "give the name of the environment variable, not its value"
        raise argparse.ArgumentTypeError(message)
    return name
