"""Reading a stranger's file in a process of its own, which may neither grow nor linger, and which holds no secrets."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import plan_data
from core.office import OfficeCalendar
from core.plan import Draft
from plan_data.reading.draft import Known, draft_of
from plan_data.reading.files import check_bytes
from plan_data.reading.source import BadPlan, Paragraph, Row, Source
from plan_data.unit_gazetteer import Gazetteer, seed_gazetteer

SECONDS = 8.0
MEMORY_BYTES = 230_000_000  # of data; with the libraries' code the process stays below 300 MB
OUT_OF_MEMORY = 3  # exit code of the child
_KEPT_SETTINGS = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")


def read_plan_apart(
    data: bytes,
    file_name: str,
    *,
    names: Gazetteer | None = None,
    office: OfficeCalendar,
    year: int | None = None,
    seconds: float = SECONDS,
) -> Draft:
    """`plan_data.reading.read_plan` for files that come from anywhere: bounded in time and memory.

    Blocks for up to `seconds` (run it in a thread). Raises BadPlan.
    """
    source = read_source_apart(data, file_name, seconds=seconds)
    return draft_of(source, data, file_name, Known(names or seed_gazetteer(), office, year))


def read_source_apart(data: bytes, file_name: str, *, seconds: float = SECONDS) -> Source:
    """The file taken apart by a child process. Raises BadPlan, also when it takes too long or too much memory."""
    check_bytes(data, file_name)
    command = [
        sys.executable,
        "-P",
        "-m",
        "plan_data.reading.child",
        Path(file_name).suffix,
        str(int(seconds) + 1),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module; the file's name is no part of it
            command, input=data, capture_output=True, timeout=seconds, env=_settings(), check=False
        )
    except subprocess.TimeoutExpired:
        raise BadPlan(
            f"Tệp quá phức tạp: sau {seconds:.0f} giây vẫn chưa đọc xong. Hãy gửi bản Word, Excel, hoặc tách nhỏ."
        ) from None
    if done.returncode == 0:
        return _source(done.stdout)
    if done.returncode == OUT_OF_MEMORY or done.returncode < 0 or b"MemoryError" in done.stderr[-2_000:]:
        raise BadPlan("Tệp cần quá nhiều bộ nhớ để đọc: không phải một kế hoạch bình thường.")
    raise BadPlan("Tệp bị hỏng: chương trình không đọc được nội dung.")


def packed(source: Source) -> bytes:
    """The source as the child hands it over: JSON, so that nothing but words can come back."""
    blocks = [_block(block) for block in source.blocks]
    made = {
        "format": source.file_format,
        "unread": source.unread,
        "cuts": source.cuts_lines,
        "blocks": blocks,
    }
    return json.dumps(made, ensure_ascii=False).encode()


def refused(sentence: str) -> bytes:
    """A refusal as the child hands it over."""
    return json.dumps({"bad": sentence}, ensure_ascii=False).encode()


def _settings() -> dict[str, str]:
    # The child gets no token and no database address: only what Python needs.
    kept = {name: os.environ[name] for name in _KEPT_SETTINGS if name in os.environ}
    return kept | {"PYTHONPATH": str(Path(plan_data.__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "1"}


def _block(block: Paragraph | Row) -> list[Any]:
    if isinstance(block, Paragraph):
        return [block.text, block.place, block.level, block.apart]
    return [block.cells, block.place, block.table, block.wide, block.carried, block.new_page, block.spans]


def _source(answer: bytes) -> Source:
    made = json.loads(answer)
    if "bad" in made:
        raise BadPlan(str(made["bad"]))
    blocks = tuple(_unpacked(block) for block in made["blocks"])
    return Source(made["format"], blocks, tuple(made["unread"]), bool(made["cuts"]))


def _unpacked(block: list[Any]) -> Paragraph | Row:
    if isinstance(block[0], str):
        return Paragraph(*block)
    cells, place, table, wide, carried, new_page, spans = block
    return Row(
        tuple(cells), place, table, wide, tuple(carried), new_page, tuple((start, n) for start, n in spans)
    )
