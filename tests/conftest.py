"""What every test may ask for: a town (the whole program over a chat of its own, a real SQLite file, a clock moved by hand)."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.town import Town, opened_town

settings.register_profile("ci", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """Sunday 22/11/2026, 09:00 in Hanoi; gates as seeded; nobody is there yet."""
    async with opened_town(tmp_path) as opened:
        yield opened
