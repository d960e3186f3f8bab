"""The provincial annex: every field of its 59 rows, read by hand, in every format an office may send it in."""

import json
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.cli_plan import plain_draft
from core.plan import Confidence, Draft, ProblemCode
from plan_data.documents import PROVINCIAL_ANNEX, document
from plan_data.reading import read_plan
from tests.fixtures.plan import made

GOLDEN: list[dict[str, Any]] = json.loads((Path(made.__file__).parent / "annex.json").read_text("utf-8"))
TEXT = document(PROVINCIAL_ANNEX).decode()
WHOLE = made.whole_rows()


def as_read(draft: Draft) -> list[dict[str, Any]]:
    """The tasks with the fields that the hand-read file has."""
    tasks = plain_draft(draft)["tasks"]
    parts = ("label", "start", "due", "working_due", "recurrence")
    for task in tasks:
        task["sub_deadlines"] = [{name: part[name] for name in parts} for part in task["sub_deadlines"]]
    return [{name: task[name] for name in GOLDEN[0]} for task in tasks]


@pytest.fixture(scope="module")
def annex() -> Draft:
    return read_plan(document(PROVINCIAL_ANNEX), PROVINCIAL_ANNEX)


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"row {row['stt']}")
def test_each_row_is_read_as_a_person_reads_it(annex: Draft, row: dict[str, Any]) -> None:
    assert as_read(annex)[int(row["stt"]) - 1] == row


def test_there_are_59_rows_and_no_more(annex: Draft) -> None:
    assert [task.number for task in annex.tasks] == [str(n) for n in range(1, 60)]
    assert all(task.deadline.confidence is Confidence.SURE for task in annex.tasks)


def test_the_head_of_the_annex_is_understood(annex: Draft) -> None:
    about = annex.document
    assert about.title.startswith("CÁC NHIỆM VỤ, GIẢI PHÁP TRỌNG TÂM NÂNG CAO CHỈ SỐ HẠNH PHÚC")
    assert (about.number, about.issued_on, about.issuer, about.year) == (
        "215/KH-UBND",
        date(2026, 5, 29),
        "UBND tỉnh Lạng Sơn",
        2026,
    )


def test_what_the_annex_leaves_open_is_asked(annex: Draft) -> None:
    asked = [(problem.row, problem.code) for problem in annex.problems]
    without_product = ["10", "16", "21", "43", "49", "51", "59"]
    assert [row for row, code in asked if code is ProblemCode.MISSING_OUTPUT] == without_product
    assert [row for row, code in asked if code is ProblemCode.UNIT_TWICE] == ["18"]
    assert len(asked) == len(without_product) + 1


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(unicodedata.normalize("NFD", TEXT).encode(), id="NFD"),
        pytest.param(TEXT.replace("\n", "\r\n").encode("utf-8-sig"), id="CRLF and a mark"),
        pytest.param(TEXT.replace(" ", "\u00a0").encode(), id="non-breaking spaces"),
        pytest.param(TEXT.encode("utf-16"), id="UTF-16"),
    ],
)
def test_other_encodings_of_the_text_read_alike(data: bytes) -> None:
    assert as_read(read_plan(data, PROVINCIAL_ANNEX)) == GOLDEN


def test_the_other_spelling_of_tone_marks_reads_alike() -> None:
    other = read_plan(TEXT.replace("hóa", "hoá").replace("òa ", "oà ").encode(), PROVINCIAL_ANNEX)
    for task, row in zip(as_read(other), GOLDEN, strict=True):
        assert (task["lead_units"], task["cooperating_units"]) == (
            row["lead_units"],
            row["cooperating_units"],
        )


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("a.docx", made.docx(WHOLE), id="Word"),
        pytest.param("a.xlsx", made.xlsx(WHOLE), id="Excel"),
        pytest.param("a.csv", made.csv(WHOLE, ";"), id="CSV ;"),
        pytest.param("a.csv", made.csv(WHOLE, ","), id="CSV ,"),
        pytest.param("a.csv", made.csv(WHOLE, "\t"), id="CSV tab"),
    ],
)
def test_other_formats_read_alike(name: str, data: bytes) -> None:
    assert as_read(read_plan(data, name)) == GOLDEN


@pytest.mark.skipif(made.font() is None, reason="no font with Vietnamese letters")
def test_a_pdf_with_text_reads_alike() -> None:
    assert as_read(read_plan(made.pdf(WHOLE), "a.pdf")) == GOLDEN


def test_columns_are_found_by_their_words_wherever_they_stand() -> None:
    order = (5, 0, 4, 1, 3, 2)
    rows = [[row[place] for place in order] for row in WHOLE if not made.is_section(row)]
    header = [made.HEADER[place] for place in order]
    read = as_read(read_plan(made.csv(rows, ";", header), "a.csv"))
    for task, row in zip(read, GOLDEN, strict=True):
        assert {**task, "section": "", "section_title": "", "criteria_group": None} == {
            **row,
            "section": "",
            "section_title": "",
            "criteria_group": None,
        }


def test_a_markdown_table_is_a_table_too() -> None:
    lines = ["| " + " | ".join(row) + " |" for row in ([*made.HEADER], ["---"] * 6, *WHOLE)]
    assert as_read(read_plan("\n".join(lines).encode(), "a.md")) == GOLDEN
