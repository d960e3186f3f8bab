"""A page without a stream asks what changed: every bubble is drawn, also one that comes while the page is being answered."""

from pathlib import Path
from typing import Any

import pytest

from tests.web_page import open_house


async def test_what_comes_while_a_page_is_answered_is_drawn_by_this_answer_or_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_house(tmp_path) as house:
        window, db = await house.window(), house.program.db
        seen, said, real = (await window.history())["seq"], list[str](), db.read

        async def read(query: Any) -> Any:
            """As soon as nothing new was found, something is written."""
            found = await real(query)
            if found != [] and not (isinstance(found, tuple) and found[1] == []):
                return found
            with monkeypatch.context() as quiet:
                quiet.setattr(db, "read", real)
                said.append(f"Thêm {len(said)}")
                assert (await window.says(said[-1])).status_code == 200
            return found

        with monkeypatch.context() as busy:
            busy.setattr(db, "read", read)
            first = await window.history(after=seen)
        second = await window.history(after=first["seq"])
    assert said
    assert [row["text"] for row in first["rows"] + second["rows"]] == said
