"""`hotline promise`: the promise of promise.md at the terminal; it writes nothing."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

Run = Callable[..., Result]


def promised(hotline: Run, *arguments: str, stdin: str | None = None) -> list[dict[str, Any]]:
    result = hotline("promise", *arguments, "--json", stdin=stdin)
    assert result.exit_code == 0, result.stderr
    made: list[dict[str, Any]] = json.loads(result.stdout)
    return made


@pytest.mark.parametrize(
    ("received", "due", "kind"),
    [
        ("2026-11-21T06:10", "2026-11-21T19:00:00+07:00", "same-day"),
        ("2026-11-21T16:59+07:00", "2026-11-21T19:00:00+07:00", "same-day"),
        ("2026-11-21T10:00:00Z", "2026-11-21T19:00:00+07:00", "same-day"),
        ("2026-11-21 17:01", "2026-11-22T11:00:00+07:00", "after-cut-off"),
        ("2026-11-21T23:59", "2026-11-22T19:00:00+07:00", "same-day"),
        ("2026-11-21T17:01:00+08:00", "2026-11-21T19:00:00+07:00", "same-day"),
    ],
)
def test_the_examples_of_the_promise(hotline: Run, received: str, due: str, kind: str) -> None:
    made = promised(hotline, "--gate", "HN", "--at", received)[0]

    assert (made["due_at"], made["kind"]) == (due, kind)
    assert made["received_at"].endswith("+07:00")


def test_the_shape_of_an_answer(hotline: Run) -> None:
    made = promised(hotline, "--gate", "HN", "--at", "2026-11-21T17:01")[0]

    assert {"received_at", "due_at", "kind", "human_reply_by", "rungs"} <= made.keys()
    assert made["human_reply_by"] == "2026-11-21T19:00:00+07:00"
    assert [rung["rung"] for rung in made["rungs"]] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert made["rungs"][-1]["at"] == made["due_at"]


def test_many_instants_are_answered_in_their_order(hotline: Run) -> None:
    given = ["2026-11-21T17:01", "2026-11-21T09:00", "2026-11-22T09:00"]

    by_option = promised(hotline, "--gate", "HN", *(part for at in given for part in ("--at", at)))
    in_a_row = promised(hotline, "--gate", "HN", "--at", *given)
    from_stdin = promised(hotline, "--gate", "HN", "--at", "-", stdin="\n\n".join(given))

    assert [made["received_at"][:16] for made in by_option] == given
    assert by_option == in_a_row == from_stdin


@pytest.mark.parametrize(
    "bad", ["2026-13-01T00:00", "now", "2026-11-21", "0001-01-01T00:00", "9999-12-31T23:59"]
)
def test_a_bad_time_names_its_line(hotline: Run, bad: str) -> None:
    result = hotline("promise", "--gate", "HN", "--at", "-", stdin=f"2026-11-21T09:00\n\n{bad}\n")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Dòng 3: ")
    assert result.stderr.count("\n") == 1


def test_nothing_is_written(hotline: Run, here: Path) -> None:
    promised(hotline, "--gate", "HN", "--at", "2026-11-21T09:00")
    assert list(here.iterdir()) == []

    hotline("people", "add", "--name", "A", "--role", "duty")
    before = {path.name: path.read_bytes() for path in (here / "var").iterdir()}
    promised(hotline, "--gate", "HN", "--at", "2026-11-21T09:00")
    assert {path.name: path.read_bytes() for path in (here / "var").iterdir()} == before


def test_without_an_instant_it_is_now(hotline: Run) -> None:
    made = promised(hotline, "--gate", "HN")

    assert datetime.fromisoformat(made[0]["due_at"]) > datetime.fromisoformat(made[0]["received_at"])


def test_an_unknown_gate_is_refused_in_words(hotline: Run) -> None:
    result = hotline("promise", "--gate", "XX", "--at", "2026-11-21T09:00")

    assert result.exit_code == 1
    assert "“XX”" in result.stderr


def test_urgent_runs_by_the_wall(hotline: Run) -> None:
    made = promised(hotline, "--gate", "HN", "--class", "urgent", "--at", "2026-11-21T23:00")[0]

    assert (made["due_at"], made["kind"]) == ("2026-11-22T03:00:00+07:00", "urgent")


def test_people_read_a_table(hotline: Run) -> None:
    said = hotline("promise", "--gate", "HN", "--at", "2026-11-21T17:01").stdout

    assert "22/11/2026 11:00" in said
    assert "sau giờ chốt" in said
