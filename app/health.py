"""`/healthz` (the process lives) and `/readyz` (it does all of its work, or what keeps it from that)."""

from asyncio import timeout
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from services.holding import holding_now
from storage import timers
from storage.database import Database, Unavailable


def add_health(
    http: FastAPI,
    db: Database,
    channels: Iterable[str],
    clock: Callable[[], datetime],
    trouble: Callable[[], str | None],
) -> None:
    """`trouble` is what the program knows by itself; whether the database can be read is asked here."""

    async def healthz() -> JSONResponse:
        # Alive also when the database is not: what is only told besides must not cost the answer.
        held: dict[str, dict[str, Any]] = {}
        with suppress(Unavailable, TimeoutError):
            async with timeout(1):
                held = await db.read(lambda connection: holding_now(connection, channels, clock()))
        return JSONResponse({"status": "ok", "held": held})

    async def readyz() -> JSONResponse:
        told = trouble()
        try:
            await db.read(timers.next_due_at)
        except Exception as error:  # whatever ails the database, the answer is "not ready"
            told = f"database: {type(error).__name__}"
        return JSONResponse({"status": told or "ready"}, 503 if told else 200)

    http.add_api_route("/healthz", healthz, include_in_schema=False)
    http.add_api_route("/readyz", readyz, include_in_schema=False)
