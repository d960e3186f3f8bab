"""The bots that people can write to, by the name that each platform gives them: what a link or a hint points at."""

import json
from collections.abc import Mapping

from storage.data_files import fact, remember
from storage.database import Connection

_KEY = "bots"


def names(db: Connection) -> Mapping[str, str]:
    """channel → the bot's name there ("" as long as the platform has not told it), of every channel that is connected."""
    found: dict[str, str] = json.loads(fact(db, _KEY) or "{}")
    return found


def note(db: Connection, connected: Mapping[str, str]) -> None:
    """These channels are connected and no others; a name that is not told yet ("") leaves the one that was known."""
    known = names(db)
    told = {channel: name or known.get(channel, "") for channel, name in sorted(connected.items())}
    if told != known:
        remember(db, _KEY, json.dumps(told))
