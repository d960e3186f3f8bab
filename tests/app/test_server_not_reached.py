"""A database server that does not answer: said in one sentence that names it, by whatever command meets it first."""

import pytest

from tests.app.conftest import Run
from tests.app.running import free_port


@pytest.mark.parametrize(
    ("typed", "heard"), [("run", "stderr"), ("tickets list", "stderr"), ("doctor", "stdout")]
)
def test_a_database_server_that_is_not_there_is_named(
    hotline: Run, monkeypatch: pytest.MonkeyPatch, typed: str, heard: str
) -> None:
    monkeypatch.setenv("HOTLINE_DATABASE_URL", "postgresql+asyncpg://u:geheim@127.0.0.1:1/hotline")
    monkeypatch.setenv("HOTLINE_HTTP_PORT", str(free_port()))

    answer = hotline(*typed.split())

    assert answer.exit_code == 1
    assert "Không nối được tới máy chủ cơ sở dữ liệu ở 127.0.0.1" in getattr(answer, heard)
    assert "geheim" not in answer.stdout + answer.stderr
