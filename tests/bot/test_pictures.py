"""The addresses from which the platform fetches a picture: short-lived, unguessable, of public copies only."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from bot.pictures import Pictures
from services.config import PUBLIC, SEALED, Config
from tests.town import HandClock, KeyInHand

NAME = f"{'ab' * 32}.jpg"


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 11, 22, 2, 0, tzinfo=UTC))


@pytest.fixture
def pictures(tmp_path: Path, clock: HandClock) -> Pictures:
    for place in (PUBLIC, SEALED):
        (tmp_path / place).mkdir()
        (tmp_path / place / NAME).write_bytes(place.encode())
    return Pictures(Config(KeyInHand(), tmp_path), "https://gate.example", clock.now)


async def fetched(pictures: Pictures, address: str) -> httpx.Response:
    app = FastAPI()
    app.include_router(pictures.router())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return await client.get(address)


async def test_an_address_serves_the_public_copy_for_ten_minutes(
    pictures: Pictures, clock: HandClock, tmp_path: Path
) -> None:
    address = pictures.address(tmp_path / PUBLIC / NAME)
    assert address is not None
    assert NAME not in address
    answer = await fetched(pictures, address)
    assert (answer.status_code, answer.content) == (200, PUBLIC.encode())
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/jpeg", "no-store")

    clock.at += timedelta(minutes=10, seconds=1)
    assert (await fetched(pictures, address)).status_code == 404


async def test_every_sending_has_an_address_of_its_own(pictures: Pictures, tmp_path: Path) -> None:
    picture = tmp_path / PUBLIC / NAME
    assert pictures.address(picture) != pictures.address(picture)


@pytest.mark.parametrize("name", ["x.jpg", "../sealed/x", f"{'cd' * 32}.jpg"])
def test_nothing_else_has_an_address(pictures: Pictures, tmp_path: Path, name: str) -> None:
    assert pictures.address(tmp_path / PUBLIC / name) is None


async def test_a_forged_address_shows_nothing(pictures: Pictures, tmp_path: Path) -> None:
    address = pictures.address(tmp_path / PUBLIC / NAME)
    assert address is not None
    for forged in (
        "https://gate.example/once/abc.jpg",
        address[:-10] + "AAAAAA.jpg",
        f"https://gate.example/once/{NAME}",
    ):
        assert (await fetched(pictures, forged)).status_code == 404
