"""Whoever is on call finds in the runbook what each alarm means and what to do: every loud line of the log, every figure."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.channels import parsers
from app.metrics import Metrics
from tests.architecture.test_papers import rows, section, text_of

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "bot", "core", "plan_data", "scheduler", "services", "storage")
LOUD = {"error", "critical", "exception"}
CHANNELS = sorted(set(parsers()) - {"web"})
REHEARSAL = "app/demo"
"""A demonstration alarms nobody."""


def events(levels: set[str]) -> Iterator[tuple[str, str]]:
    """(event, where) of each line that the code logs so; one that begins with a channel's name comes once for each channel."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            where = str(path.relative_to(ROOT))
            if not where.startswith(REHEARSAL):
                for call in ast.walk(ast.parse(path.read_text("utf-8"))):
                    yield from ((event, where) for event in _logged(call, levels))


def _logged(node: ast.AST, levels: set[str]) -> Iterator[str]:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in levels):
        return
    if "log" not in ast.unparse(node.func.value) or not node.args:
        return
    match node.args[0]:
        case ast.Constant(value=str(event)):
            yield event
        case ast.JoinedStr(values=[ast.FormattedValue(), ast.Constant(value=str(rest))]):
            yield from (f"{channel}{rest}" for channel in CHANNELS)
        case ast.IfExp(body=ast.Constant(value=str(one)), orelse=ast.Constant(value=str(other))):
            yield from (one, other)
        case unread:
            raise AssertionError(f"the name of an event must stand in the code: {ast.unparse(unread)}")


def alarms() -> set[str]:
    """What the runbook's table of log lines speaks of."""
    cells = (row[0] for row in rows(section(text_of("docs/runbook.md"), "Alarms")))
    return {name.strip("`") for cell in cells for name in re.split(r"`?, `?", cell)}


def test_every_loud_line_of_the_log_has_its_row_in_the_runbook() -> None:
    known = alarms()
    assert not {(event, where) for event, where in events(LOUD) if event not in known}


def test_the_runbook_speaks_of_no_line_that_nobody_logs() -> None:
    logged = {event for event, _ in events(LOUD | {"warning", "info"})}
    assert not alarms() - logged


@pytest.mark.parametrize("figure", sorted(metric.name for metric in Metrics().registry.collect()))
def test_every_figure_has_its_row_in_the_runbook(figure: str) -> None:
    assert figure in section(text_of("docs/runbook.md"), "Figures for a monitor")
