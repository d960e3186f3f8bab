"""The real program on the line to a Zalo OA double: signed events reach its own web server, as in service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.clock import Clock
from app.program import opened
from app.run import serve
from app.settings import load_settings
from bot.zalo_oa.sender import ZALO_OA
from bot.zalo_oa.webhook import PATH
from core.people import Role
from services.verify import verify
from tests.doubles.zalooa import OA_SECRET, Person, ZaloOaDouble
from tests.doubles.zalooa_oauth import APP_ID, APP_SECRET
from tests.telegram_line import until
from tests.web_page import MORNING
from tests.zalo_line import ZaloLine, free_port

UNHURRIED = replace(ZALO_OA, per_second=10_000, per_chat_second=10_000, per_group_minute=10_000)
"""The account without a rate: for what is not about the pace."""


def settings_for(double: ZaloOaDouble, public_url: str) -> dict[str, Any]:
    """What connects a program to the double; the address of its webhook is entered there, as a person does at Zalo's page."""
    double.webhook_url = public_url + PATH
    return {
        "zalo_oa_app_id": APP_ID,
        "zalo_oa_app_secret": APP_SECRET,
        "zalo_oa_oa_secret": OA_SECRET,
        "zalo_oa_refresh_token": double.seed,
        "zalo_oa_base_url": double.base_url,
        "zalo_oa_oauth_url": double.oauth.base_url,
    }


@dataclass(slots=True)
class OaLine(ZaloLine):
    """The program and the people at both ends of it, on a clock that is moved by hand."""

    double: ZaloOaDouble
    time: "Hands"

    async def staff(self, name: str, role: Role = Role.DUTY, gate: str | None = "HN") -> Person:
        member = await super(OaLine, self).staff(name, role, gate)
        assert isinstance(member, Person)
        return member

    def passes(self, **span: float) -> None:
        """Time passes for the program and the platform; what is due fires."""
        self.time.seconds += timedelta(**span).total_seconds()
        self.double.passes(timedelta(**span))
        self.program.heartbeat.wake()
        self.program.post.woken.set()


@dataclass(slots=True)
class Hands:
    """How far a hand clock has been moved."""

    seconds: float = 0.0


@asynccontextmanager
async def open_oa_line(
    folder: Path, double: ZaloOaDouble, time: Hands | None = None, **settings: Any
) -> AsyncIterator[OaLine]:
    """The program with its web server on a free port; its history must verify at the end. `time` goes on from another line's."""
    port, hands = free_port(), time or Hands()
    url = f"http://127.0.0.1:{port}"
    given = {
        "data_dir": folder,
        "http_port": port,
        "public_url": url,
        **settings_for(double, url),
        **settings,
    }
    wanted = load_settings(**given)
    clock = Clock(MORNING + timedelta(seconds=hands.seconds), ticks=lambda: hands.seconds)
    async with opened(wanted, clock, facts=[UNHURRIED]) as program:
        serving = asyncio.create_task(serve(program, wanted))
        try:
            await until(lambda: bool(double.calls), seconds=10)
            yield OaLine(program, double, hands)
        finally:
            program.stop.set()
            await serving
        verdict = await program.db.read(verify)
        assert not verdict.findings
