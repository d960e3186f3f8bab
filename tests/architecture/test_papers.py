"""The papers say what the code says: states and words, settings, commands, decisions, links, examples, pictures."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer
from typer.core import TyperGroup

from app import cli_words
from app.cli import app
from app.settings import PREFIX, SECRETS, Settings
from app.sla_file import read_sla
from bot.payloads import Action
from bot.texts import catalogues
from core.events import EventKind
from core.people import Role
from core.sla_settings import DEFAULTS
from core.task import Relevance, TaskEventKind, TaskStatus
from core.ticket import TRANSITIONS, Closure, Score, Status, TicketClass
from plan_data.gates import read_gates

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAPERS = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
OWN_NAMES_OF_LANGUAGES = {"Tiếng Việt", "English", "中文"}
LARGEST_PICTURE = 120_000


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def fenced(text: str, language: str) -> list[str]:
    """The bodies of the code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no heading {heading!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The rows of the tables in a text, without their headings; every cell without the marks of code."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]
    rules = [n for n, row in enumerate(cells) if all(set(cell) <= {"-", ":"} and cell for cell in row)]
    headings = {*rules, *(n - 1 for n in rules)}
    return [row for n, row in enumerate(cells) if n not in headings]


def words_of(kind: str) -> dict[str, list[str]]:
    """One table of docs/states.md: first cell → the other cells."""
    return {row[0]: row[1:] for row in rows(section(text_of("docs/states.md"), kind))}


def commands() -> Iterator[str]:
    """Every command, as it is typed: "hotline people add"."""

    def walk(group: object, path: str) -> Iterator[str]:
        for name, command in getattr(group, "commands", {}).items():
            deeper = isinstance(command, TyperGroup)
            yield from walk(command, f"{path} {name}") if deeper else [f"{path} {name}"]

    yield from walk(typer.main.get_command(app), "hotline")


def anchors(paper: Path) -> set[str]:
    """What a link may name behind "#" in a paper."""
    headings = re.findall(r"^#+ (.+)$", paper.read_text("utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings
    }


def links(paper: Path) -> list[str]:
    """Where a paper points to, pictures too; what stands in code blocks is no link."""
    text = re.sub(r"^```.*?^```", "", paper.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [named or shown for named, shown in re.findall(r'\]\(([^)\s]+)\)|src="([^"]+)"', text)]


# --- docs/states.md


def test_the_drawn_arrows_are_the_arrows_of_the_code() -> None:
    (diagram,) = fenced(text_of("docs/states.md"), "mermaid")
    drawn = re.findall(r"^\s*(\w+) --> (\w+)", diagram, re.MULTILINE)
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == {(str(before), str(after)) for before, after in TRANSITIONS}


@pytest.mark.parametrize(
    "enum", [Status, TicketClass, Closure, Score, Role, EventKind, TaskStatus, Relevance, TaskEventKind]
)
def test_every_member_of_an_enum_has_a_word(enum: type[Enum]) -> None:
    listed = words_of(enum.__name__)
    assert listed.keys() == {member.value for member in enum}
    assert all(cells[0] for cells in listed.values())


def test_every_button_is_listed_with_what_it_carries() -> None:
    listed = words_of("Action")
    assert {name: cells[0] for name, cells in listed.items()} == {
        action.name: action.value for action in Action
    }


def test_the_labels_of_the_buttons_are_those_of_the_catalogue() -> None:
    said = {*catalogues().messages["vi"].values(), *OWN_NAMES_OF_LANGUAGES}
    unknown = [
        label for cells in words_of("Action").values() for label in cells[1].split(" · ") if label not in said
    ]
    assert unknown == []


@pytest.mark.parametrize(
    ("kind", "column", "prefix"),
    [
        ("Status", 0, "staff.short."),
        ("Status", 1, "status."),
        ("TicketClass", 0, "staff.class."),
        ("Role", 0, "staff.role."),
    ],
)
def test_the_words_of_the_chat_are_those_of_the_catalogue(kind: str, column: int, prefix: str) -> None:
    said = catalogues().messages["vi"]
    assert {value: cells[column] for value, cells in words_of(kind).items()} == {
        value: said[f"{prefix}{value}"] for value in words_of(kind)
    }


@pytest.mark.parametrize(
    ("kind", "column", "spoken"),
    [
        ("Status", 2, cli_words.STATUSES),
        ("TicketClass", 1, cli_words.CLASSES),
        ("Role", 1, cli_words.ROLES),
        ("EventKind", 0, cli_words.EVENTS),
    ],
)
def test_the_words_of_the_command_line_are_its_own(kind: str, column: int, spoken: Mapping[str, str]) -> None:
    assert {value: cells[column] for value, cells in words_of(kind).items()} == {
        str(value): words for value, words in spoken.items()
    }


# --- README.md and docs/runbook.md


def test_the_readme_lists_every_setting_and_no_other() -> None:
    listed = {row[0] for row in rows(section(text_of("README.md"), "Settings"))}
    assert listed == {PREFIX + name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_no_paper_names_a_setting_that_does_not_exist(paper: Path) -> None:
    named = set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", paper.read_text("utf-8")))
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert named <= known | {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS}


def test_every_command_stands_in_the_readme_or_the_runbook() -> None:
    told = text_of("README.md") + text_of("docs/runbook.md")
    assert [command for command in commands() if not re.search(rf"{command}\b", told)] == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_no_paper_names_a_command_that_does_not_exist(paper: Path) -> None:
    groups = {command.rpartition(" ")[0] for command in commands()} | {"hotline"}
    named = re.findall(r"(?:`|bin/|=drill |… )(hotline(?: [a-z]+)+)", paper.read_text("utf-8"))
    firsts = {" ".join(words.split()[:2]) for words in named}
    assert firsts <= {" ".join(command.split()[:2]) for command in commands()} | groups


def test_the_runbook_explains_every_line_of_doctor() -> None:
    source = "".join(path.read_text("utf-8") for path in sorted((ROOT / "app").glob("doctor*.py")))
    lines = set(re.findall(r"\bCheck\(\s*\"(\w+)\"", source))
    lines |= {f"staff_{role}" for role in (Role.DUTY, Role.OFFICE, Role.LEADER, Role.ADMIN)}
    explained = section(text_of("docs/runbook.md"), "What `hotline doctor` says")
    assert [line for line in sorted(lines) if f"`{line}`" not in explained] == []


def test_the_example_of_gates_can_be_imported() -> None:
    (example,) = (block for block in fenced(text_of("docs/runbook.md"), "toml") if "[[gate]]" in block)
    (gate,) = read_gates(example)
    assert len(gate.notices) == 2
    assert gate.overrides


def test_the_example_of_changed_numbers_can_be_used(tmp_path: Path) -> None:
    (example,) = (block for block in fenced(text_of("docs/runbook.md"), "toml") if "decision" in block)
    path = tmp_path / "sla.toml"
    path.write_text(example, "utf-8")
    changed = read_sla(path)
    assert changed.decision
    assert changed != DEFAULTS


# --- everywhere


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_every_relative_link_leads_somewhere(paper: Path) -> None:
    lost = []
    for link in links(paper):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (paper.parent / name).resolve() if name else paper
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


def test_every_decision_is_in_the_index() -> None:
    written = {path.name for path in (DOCS / "adr").glob("[0-9]*.md")}
    indexed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", text_of("docs/adr/README.md"))
    assert written
    assert sorted(indexed) == sorted(written)


def test_every_picture_is_small_and_shown_somewhere() -> None:
    shown = {Path(link).name for paper in PAPERS for link in links(paper)}
    pictures = sorted((DOCS / "pictures").glob("*.png"))
    assert [picture.name for picture in pictures if picture.name not in shown] == []
    assert [picture.name for picture in pictures if picture.stat().st_size > LARGEST_PICTURE] == []


def test_the_package_can_be_built_from_its_readme() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    assert (ROOT / project["readme"]).exists()
