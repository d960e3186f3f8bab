"""Reading a plan of 10,000 rows, beside the plain library just opening the same file."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.plan_files import docx, xlsx
from bench.table import Line

ROWS = 10_000
MOST_SECONDS = 10.0
MOST_MEGABYTES = 400
MOST_TIMES = 4.0
ROUNDS = 3

_MEASURED = """
import json, sys, time
path = sys.argv[1]
{imports}
started = time.perf_counter()
{work}
took = time.perf_counter() - started
# Not ru_maxrss: a child begins with the peak of the process that made it.
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([took, int(peak) / 1024, count]))
"""
_OURS = _MEASURED.format(
    imports="from plan_data.reading import read_plan",
    work="count = len(read_plan(open(path, 'rb').read(), path).tasks)",
)
_PLAIN = {
    ".xlsx": _MEASURED.format(
        imports="from openpyxl import load_workbook",
        work="count = load_workbook(path).active.max_row",
    ),
    ".docx": _MEASURED.format(imports="from docx import Document", work="count = len(Document(path).tables)"),
}


def lines() -> list[Line]:
    """A line for each format."""
    with tempfile.TemporaryDirectory() as folder:
        return [_measure(Path(folder), ending, made) for ending, made in ((".xlsx", xlsx), (".docx", docx))]


def _measure(folder: Path, ending: str, made: Callable[[int], bytes]) -> Line:
    path = folder / f"ke-hoach{ending}"
    path.write_bytes(made(ROWS))
    ours = min(_run(_OURS, path) for _ in range(ROUNDS))
    plain = min(_run(_PLAIN[ending], path) for _ in range(ROUNDS))
    seconds, megabytes, count = ours
    times = seconds / plain[0]
    met = seconds < MOST_SECONDS and megabytes < MOST_MEGABYTES and times <= MOST_TIMES and count == ROWS
    about = (
        f"{count:.0f} rows in {seconds:.2f} s, {megabytes:.0f} MB (bars {MOST_SECONDS:g} s, {MOST_MEGABYTES} MB); "
        f"the library alone opens it in {plain[0]:.2f} s, {plain[1]:.0f} MB"
    )
    return Line(f"plan reading {ending}", times, f"≤ {MOST_TIMES:g}", "", about, met)


def _run(code: str, path: Path) -> tuple[float, float, float]:
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, check=True)
    seconds, megabytes, count = json.loads(done.stdout)
    return seconds, megabytes, count
