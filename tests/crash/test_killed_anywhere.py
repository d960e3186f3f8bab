"""The program is killed two hundred times, anywhere, while people go on; nothing that anybody said is lost. More: `make crash`."""

from pathlib import Path

import pytest

from tests.crash.lives import MOST_IN_FLIGHT, POINTS, endured

pytestmark = pytest.mark.kill

KILLS = 50


@pytest.mark.parametrize("seed", [2026, 2027, 2028, 2029])
async def test_fifty_deaths_lose_nothing_and_double_only_what_was_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.chdir(tmp_path)  # no .env of the developer's

    result = await endured(tmp_path / "data", KILLS, seed)

    assert result.findings == [], f"again: python -m tests.crash --kills {KILLS} --seed {seed}"
    assert result.kills == KILLS
    assert result.most_in_flight <= MOST_IN_FLIGHT
    assert set(POINTS) <= set(result.at)
