"""Read the models of a proxy that an administrator selected."""

import argparse

from rich.console import Console
from rich.markup import escape

from admin.catalogue.choices import Choices, ChoicesError
from admin.catalogue.selection import Selection, select
from admin.proxy_models import read_models
from admin.proxy_options import explained, proxy_settings
from translation.errors.messages import form_message

errors = Console(highlight=False, stderr=True)


def selected(choices: Choices, options: argparse.Namespace) -> Selection:
    """Request the models and select; raise CommandError if the proxy cannot be read."""
    if not choices.base_url:
        message = "Base URL is missing: give --base-url (BASE_URL=), or base_url in the file."
        raise ChoicesError(message)
    url = options.read_url or choices.base_url
    with explained(url, options), errors.status("Asking the proxy for its models …"):
        proxy = read_models(proxy_settings(url, options))
    for path, error in proxy.failed.items():
        errors.print(
            f"[yellow]{path} did not answer, so less is known: {escape(form_message(error))}[/]"
        )
    return select(proxy, choices)
