"""A row of the feed as the page's script draws it."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from storage.web_feed import FeedRow


def drawn(row: FeedRow) -> dict[str, Any]:
    """{id, seq, direction, kind, at, edited, text, buttons, files, client_id, reply_to, gate}: ids as text, times in UTC.

    Ids have 64 bits and the numbers of a browser 53: as numbers two bubbles could become one.
    """
    body = row.body
    return {
        "id": str(row.id),
        "seq": str(row.seq),
        "direction": row.direction,
        "kind": body.get("kind", "notice"),
        "at": row.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "edited": row.edited_at is not None,
        "text": body.get("text", ""),
        "buttons": body.get("buttons", []),
        "files": [_file(file) for file in body.get("files", ())],
        "client_id": body.get("client_id"),
        "reply_to": body.get("reply_to"),
        "gate": body.get("gate"),
    }


def _file(file: Mapping[str, Any]) -> dict[str, Any]:
    return {key: file[key] for key in ("sha256", "kind", "name", "size")}
