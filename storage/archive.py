"""The file format of a backup: a .tar.gz of plain files whose last one, the manifest, holds the digest of each."""

import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO

FORMAT = 1
DATABASE, MANIFEST = "database.sqlite3", "manifest.json"
_NAME = re.compile(r"(files|keys)(/[A-Za-z0-9_][A-Za-z0-9_.-]*){1,4}")
_PIECE = 1 << 20
# Fast rather than small: most of it is photos, which do not shrink.
_LEVEL = 3


class Fault(StrEnum):
    """Why a backup cannot be used."""

    UNREADABLE = "unreadable"
    NO_MANIFEST = "no_manifest"
    WRONG_FORMAT = "wrong_format"
    CHANGED = "changed"
    DATABASE_BROKEN = "database_broken"
    NEWER = "newer"


class BadBackup(Exception):
    """The archive is not what was written. `name` is the part that is wrong."""

    def __init__(self, fault: Fault, name: str = "") -> None:
        super().__init__(fault, name)
        self.fault, self.name = fault, name


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the archive; `size` in bytes, `sha256` in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in the archive. `made_at` in the program's time, ISO."""

    made_at: str
    entries: tuple[Entry, ...]
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Bytes of all files together, unpacked."""
        return sum(entry.size for entry in self.entries)


def may_hold(name: str) -> bool:
    """Whether a file may lie in the archive under this name: no way out of the folder, nothing hidden."""
    return name in (DATABASE, MANIFEST) or _NAME.fullmatch(name) is not None


def write(out: IO[bytes], files: Iterable[tuple[Path, str]], now: datetime) -> Manifest:
    """Writes (path, name) pairs and the manifest. A file that was erased in the meantime is left out."""
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=_LEVEL) as tar:
        entries = [_add(tar, path, name, now) for path, name in files]
        made = Manifest(now.isoformat(), tuple(entry for entry in entries if entry is not None))
        # Last, so that an archive that was cut off has none.
        text = json.dumps(asdict(made), indent=1).encode()
        tar.addfile(_header(MANIFEST, len(text), now), io.BytesIO(text))
    return made


def check(archive: Path) -> Manifest:
    """Reads the whole archive and compares it with its manifest. Raises BadBackup."""
    return _walk(archive, lambda name, content: digest(content))


def unpack(archive: Path, folder: Path) -> Manifest:
    """As `check`, and leaves the files in `folder`, readable by their owner only. Raises BadBackup, OSError."""

    def keep(name: str, content: IO[bytes]) -> str:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "xb", opener=private) as file:
            shutil.copyfileobj(content, file, _PIECE)
        with open(path, "rb") as file:
            return digest(file)

    return _walk(archive, keep)


def digest(file: IO[bytes]) -> str:
    """SHA-256 in hex of what is left to read."""
    found = hashlib.sha256()
    while piece := file.read(_PIECE):
        found.update(piece)
    return found.hexdigest()


def private(path: str, flags: int) -> int:
    """For `open`: the new file is for its owner only."""
    return os.open(path, flags, 0o600)


def _add(tar: tarfile.TarFile, path: Path, name: str, now: datetime) -> Entry | None:
    try:
        with open(path, "rb") as file:
            entry = Entry(name, os.fstat(file.fileno()).st_size, digest(file))
            file.seek(0)
            tar.addfile(_header(name, entry.size, now), file)
            return entry
    except FileNotFoundError:
        return None


def _header(name: str, size: int, now: datetime) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = size, 0o600, int(now.timestamp())
    return header


def _walk(archive: Path, take: Callable[[str, IO[bytes]], str]) -> Manifest:
    found: dict[str, str] = {}
    try:
        with tarfile.open(archive, "r|gz") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                if content is None or not may_hold(member.name) or member.name in found:
                    raise BadBackup(Fault.CHANGED, member.name)
                if member.name == MANIFEST:
                    return _compared(_manifest(content.read()), found)
                found[member.name] = take(member.name, content)
    except (tarfile.TarError, EOFError, zlib.error):
        raise BadBackup(Fault.UNREADABLE) from None
    raise BadBackup(Fault.NO_MANIFEST)


def _manifest(text: bytes) -> Manifest:
    try:
        values = json.loads(text)
        if values["format"] != FORMAT:
            raise BadBackup(Fault.WRONG_FORMAT, str(values["format"]))
        entries = tuple(Entry(e["name"], int(e["size"]), e["sha256"]) for e in values["entries"])
        return Manifest(datetime.fromisoformat(values["made_at"]).isoformat(), entries)
    except (ValueError, KeyError, TypeError):
        raise BadBackup(Fault.NO_MANIFEST) from None


def _compared(manifest: Manifest, found: Mapping[str, str]) -> Manifest:
    said = {entry.name: entry.sha256 for entry in manifest.entries}
    wrong = sorted(name for name in said.keys() | found.keys() if said.get(name) != found.get(name))
    if wrong or DATABASE not in said:
        raise BadBackup(Fault.CHANGED, wrong[0] if wrong else DATABASE)
    return manifest
