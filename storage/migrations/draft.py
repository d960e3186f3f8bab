"""For maintainers: writes the revision that leads from the newest one to storage/schema.py, to be read before it is kept.

`python -m storage.migrations.draft 0002 "What it does"`; with `--anew` the revision of that number is written again
(only as long as no database in service has it). CHECKs of tables that exist already have to be added by hand.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext
from alembic.util import template_to_file
from sqlalchemy.engine import Connection

from storage.database import writer_engine
from storage.migrate import upgrade_connection
from storage.schema import UtcTime, metadata

FOLDER = Path(__file__).parent
_LONG = re.compile(r'"([^"\n]{100,})"')


def main(arguments: list[str]) -> None:
    """Writes versions/<number>_<words>.py and says where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number")
    parser.add_argument("words")
    parser.add_argument("--anew", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.anew:
        for old in FOLDER.glob(f"versions/{asked.number}_*.py"):
            old.unlink()
    sys.stdout.write(f"{write(asked.number, asked.words)}\n")


def write(number: str, words: str) -> Path:
    """The new revision's file."""
    with tempfile.TemporaryDirectory() as folder:
        engine = writer_engine(sa.make_url(f"sqlite:///{folder}/draft.db"))
        with engine.begin() as connection:
            if list(FOLDER.glob("versions/0*.py")):
                upgrade_connection(connection)
            body, before = _body(connection)
        engine.dispose()
    slug = "_".join("".join(letter if letter.isalnum() else " " for letter in words.lower()).split())
    path = FOLDER / "versions" / f"{number}_{slug}.py"
    template_to_file(
        str(FOLDER / "script.py.mako"),
        str(path),
        "utf-8",
        message=words,
        up_revision=number,
        down_revision=before,
        upgrades=body,
    )
    subprocess.run([Path(sys.executable).with_name("ruff"), "format", "--quiet", path], check=True)  # noqa: S603 - our own tool
    return path


def _body(connection: Connection) -> tuple[str, str | None]:
    context = MigrationContext.configure(connection)
    script = produce_migrations(context, metadata)
    if script.upgrade_ops is None or script.upgrade_ops.is_empty():
        raise SystemExit("storage/schema.py says nothing new")
    code = render_python_code(script.upgrade_ops, render_item=_plain_type, migration_context=context)
    lines = (line for line in code.splitlines() if not line.lstrip().startswith("# ###"))
    return _LONG.sub(_in_two, "\n".join(lines).strip()), context.get_current_revision()


def _in_two(literal: re.Match[str]) -> str:
    words = literal[1].split(" ")
    half = len(words) // 2
    return f'"{" ".join(words[:half])} " "{" ".join(words[half:])}"'


def _plain_type(kind: str, item: object, context: AutogenContext) -> str | Literal[False]:
    # A revision must not change when the schema module does: it names no type of ours.
    if kind == "type" and isinstance(item, UtcTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.JSON):
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    # Written as SQLite would, "0" is no boolean to PostgreSQL.
    if kind == "server_default" and isinstance(item, sa.DefaultClause):
        return {"false": "sa.false()", "true": "sa.true()"}.get(str(item.arg), False)
    return False


if __name__ == "__main__":
    main(sys.argv[1:])
