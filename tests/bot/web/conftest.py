"""The cast of the web chat's tests: a house nobody has written to yet, with a real server or without."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web_page import House, open_house, served


@pytest.fixture(autouse=True)
def _no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    for name in [name for name in os.environ if name.startswith("HOTLINE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Its routes are called directly."""
    async with open_house(tmp_path / "var") as opened:
        yield opened


@pytest.fixture
async def served_house(house: House) -> AsyncIterator[House]:
    """It listens on loopback."""
    async with served(house):
        yield house
