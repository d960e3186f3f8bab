"""The program is killed two hundred times, anywhere, while people go on; nothing that anybody said is lost. On PostgreSQL a few
times more: there a life takes longer. Any number: `make crash`."""

from pathlib import Path

import pytest

from tests.crash.lives import MOST_IN_FLIGHT, POINTS, database_of, endured

pytestmark = pytest.mark.kill

RUNS = [*(("sqlite", 50, seed) for seed in (2026, 2027, 2028, 2029)), ("postgresql", 30, 2030)]


@pytest.mark.parametrize(("kind", "kills", "seed"), RUNS)
async def test_deaths_lose_nothing_and_double_only_what_was_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, kills: int, seed: int
) -> None:
    monkeypatch.chdir(tmp_path)  # no .env of the developer's

    folder = tmp_path / "data"

    async with database_of(kind, folder) as database:
        result = await endured(folder, database, kills, seed)

    again = f"python -m tests.crash --kills {kills} --seed {seed} --database {kind}"
    assert result.findings == [], f"again: {again}"
    assert result.kills == kills
    assert result.most_in_flight <= MOST_IN_FLIGHT
    assert set(POINTS) <= set(result.at)
    assert {"ByTelephone", "AtADesk"} <= set(result.claims), "both ways must have won a race"
