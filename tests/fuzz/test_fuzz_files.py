"""Files that somebody hands in at the terminal: read, or refused in one sentence."""

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app.cli_shifts import _rows
from app.refusal import Refusal
from app.sla_file import BadSlaFile, read_sla
from core.errors import Refused
from plan_data import seeds
from plan_data.reading import read_plan
from plan_data.reading.source import BadPlan
from services.editing import store_text
from services.reference import load_seeds
from storage.database import writer_engine
from storage.schema import metadata
from tests.fuzz.sizes import examples

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
SHIFTS = "gate,start,end,people\nHN,2026-12-01T07:00,2026-12-01T19:00,Khuê;Bích\n"
SLA = 'decision = "Số 45/QĐ-BQLKKTCK"\ncut_minutes = 90\nquiet_from = "22:00"\n'
PLANS = Path(seeds.__file__).parent / "documents"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """A seeded SQLite file that every example finds as it was."""
    engine = writer_engine(sa.make_url(f"sqlite:///{tmp_path_factory.mktemp('fuzz') / 'data.db'}"))
    metadata.create_all(engine)
    with engine.begin() as db:
        load_seeds(db, NOW)
    yield engine
    engine.dispose()


EDITS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 12),
        st.one_of(
            st.text(max_size=8),
            st.sampled_from(
                ("[[", "]]", "=", '"', "\n", "-1", "25:00", "2026-02-31", "\x00", "9" * 30, "1e999", "true")
            ),
        ),
    ),
    min_size=1,
    max_size=4,
)
Edits = list[tuple[float, int, str]]


def _edited(text: str, edits: Edits) -> str:
    """The text with pieces cut out at relative places, others put in."""
    for where, length, piece in edits:
        at = int(where * len(text))
        text = text[:at] + piece + text[at + length :]
    return text


@pytest.mark.parametrize("kind", sorted(seeds.FILES))
@examples(1)
@given(EDITS)
def test_any_data_file_is_taken_whole_or_refused(database: sa.Engine, kind: str, edits: Edits) -> None:
    text = _edited(seeds.texts()[kind], edits)
    with database.connect() as db, db.begin() as begun:
        _answers(lambda: store_text(db, kind, text, NOW), Refused)
        begun.rollback()


@examples(1)
@given(EDITS)
def test_any_roster_is_read_or_refused(edits: Edits) -> None:
    _answers(lambda: _rows(_edited(SHIFTS, edits)), Refusal)


@examples(1)
@given(EDITS)
def test_any_table_of_the_promise_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, edits: Edits
) -> None:
    file = tmp_path_factory.getbasetemp() / "sla.toml"
    file.write_text(_edited(SLA, edits), "utf-8", errors="replace")
    _answers(lambda: read_sla(file), BadSlaFile)


@examples(1)
@given(st.sampled_from((".txt", ".csv", ".md", ".docx", ".xlsx", ".pdf")), st.binary(max_size=400), EDITS)
def test_any_plan_is_read_or_refused(ending: str, junk: bytes, edits: Edits) -> None:
    files = sorted(PLANS.iterdir())
    text = files[len(junk) % len(files)].read_text("utf-8")[: 300 * len(edits)]
    data = junk if ending == ".pdf" else _edited(text, edits).encode(errors="replace")
    if ending in {".docx", ".xlsx"}:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("word/document.xml" if ending == ".docx" else "xl/workbook.xml", junk)
        data = packed.getvalue()
    _answers(lambda: read_plan(data, f"ke-hoach{ending}"), BadPlan)


def _answers(errand: Callable[[], object], refusal: type[Exception]) -> None:
    said = "done"
    try:
        errand()
    except refusal as refused:
        said = str(refused)
    assert said.strip()
    assert "Traceback" not in said
