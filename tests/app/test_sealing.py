"""The key of sealed texts, and the lock of the data folder."""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from app.lock import Lock, is_held
from app.refusal import Refusal
from app.sealing import FileSeal


def test_what_is_sealed_is_read_again_with_the_same_key_file(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "sealed.key"
    sealed = FileSeal(path).close("tố cáo ông A")

    assert "tố cáo".encode() not in sealed
    assert FileSeal(path).open(sealed) == "tố cáo ông A"
    assert FileSeal(path).open_bytes(FileSeal(path).close_bytes(b"\x00photo")) == b"\x00photo"


def test_the_key_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "sealed.key"
    FileSeal(path).close("x")

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["sealed.key"]


def test_of_two_who_make_the_key_in_one_moment_both_get_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text is sealed by one thread of the program while a picture is sealed by another."""
    path, generate, others = tmp_path / "sealed.key", Fernet.generate_key, list[bytes]()

    def interrupted() -> bytes:
        monkeypatch.setattr(Fernet, "generate_key", generate)
        others.append(FileSeal(path).close("picture"))
        return generate()

    monkeypatch.setattr(Fernet, "generate_key", interrupted)
    sealed = FileSeal(path).close("text")

    assert [FileSeal(path).open(one) for one in (sealed, *others)] == ["text", "picture"]


def test_reading_never_makes_a_key(tmp_path: Path) -> None:
    seal = FileSeal(tmp_path / "sealed.key")

    with pytest.raises(Refusal, match="Không có khóa niêm phong"):
        seal.open(b"gAAAA")

    assert not seal.is_there()
    assert not (tmp_path / "sealed.key").exists()


def test_another_key_is_told_as_such(tmp_path: Path) -> None:
    sealed = FileSeal(tmp_path / "a.key").close("x")
    other = FileSeal(tmp_path / "b.key")
    other.close("y")

    with pytest.raises(Refusal, match="một khóa khác"):
        other.open(sealed)

    assert not other.opens(sealed)


def test_a_broken_key_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "sealed.key"
    path.write_text("not a key")

    with pytest.raises(Refusal, match="không phải là một khóa"):
        FileSeal(path).close("x")

    assert path.read_text() == "not a key"


def test_a_second_process_is_refused_and_a_dead_one_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "hotline.lock"
    hold = "\n".join(
        (
            "import sys",
            "from pathlib import Path",
            "from app.lock import Lock",
            "with Lock(Path(sys.argv[1])):",
            "    print('held', flush=True)",
            "    sys.stdin.read()",
        )
    )
    other = subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    assert is_held(path)
    with pytest.raises(Refusal, match="đang chạy"), Lock(path):
        pass

    other.kill()
    other.communicate()

    assert not is_held(path)
    with Lock(path):
        assert is_held(path)
