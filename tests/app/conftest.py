"""The command line sets logging and reads the environment: each test leaves both as they were."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from app.cli import app
from storage.migrate import upgrade
from tests.town import Town, opened_town

Run = Callable[..., Result]
Ask = Callable[..., Awaitable[Result]]


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder and no HOTLINE_ setting at all."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("HOTLINE_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def hotline(here: Path) -> Run:
    """`hotline …` in the empty folder."""

    def run(*arguments: str, stdin: str | None = None, **environment: str) -> Result:
        return CliRunner().invoke(app, list(arguments), input=stdin, env=environment)

    return run


@pytest.fixture
async def day(here: Path) -> AsyncIterator[Town]:
    """A town on a migrated database, at `town.db` in the working folder."""
    await upgrade(f"sqlite+aiosqlite:///{here}/town.db")
    async with opened_town(here) as town:
        yield town


@pytest.fixture
def ask(hotline: Run) -> Ask:
    """A command beside the running town."""

    async def run(*arguments: str, **environment: str) -> Result:
        url = {"HOTLINE_DATABASE_URL": "sqlite+aiosqlite:///town.db"}
        return await asyncio.to_thread(hotline, *arguments, **{**url, **environment})

    return run
