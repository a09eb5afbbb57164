"""The names of Dify's apps and accounts, by the ids that LiteLLM gets."""

from collections.abc import Mapping
from dataclasses import dataclass

from admin.dify.console import Console
from translation.request.options import hashed_user


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id.

    A member of the workspace is in `users` twice: by the account's id, and by the hash that *End
    User* can send in its place. People who use a published app without an account have no name.
    """

    apps: Mapping[str, str]
    users: Mapping[str, str]


NO_NAMES = Names({}, {})


def read_names(console: Console, *, emails: bool) -> Names:
    """Return the names; of accounts the e-mail address if `emails`."""
    named = {each.id: each.email if emails else each.name for each in console.accounts()}
    return Names(
        apps={app.id: app.name for app in console.apps()},
        users={**named, **{hashed_user(id_): name for id_, name in named.items()}},
    )
