"""A real `hotline run` or `hotline demo` in a process of its own, and what it prints."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 90


@dataclass(slots=True)
class Running:
    """`out` grows while the process lives; `url` is where it serves."""

    process: "subprocess.Popen[str]"
    url: str
    err: Path
    out: list[str] = field(default_factory=list)

    def prints(self, words: str, seconds: float = START_SECONDS) -> None:
        """Waits until `words` were printed."""
        end = time.monotonic() + seconds
        while words not in "".join(self.out):
            ended = self.process.poll() is not None
            assert not ended or words in "".join(self.out), self.err.read_text()
            assert time.monotonic() < end, f"not printed: {words}; {self.text()[-500:]}"
            time.sleep(0.02)

    def text(self) -> str:
        return "".join(self.out)

    def stops(self) -> tuple[int, float]:
        """SIGTERM: (exit code, seconds until the end)."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        return code, time.monotonic() - began


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def environment(port: int, **given: str) -> dict[str, str]:
    """No setting of this machine, its own port, and what is given."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HOTLINE_", "COV_"))}
    return {**clean, "PYTHONPATH": str(ROOT), "HOTLINE_HTTP_PORT": str(port), **given}


@contextmanager
def running(folder: Path, command: str = "run", **given: str) -> Iterator[Running]:
    """`hotline <command>` in `folder`; killed at the end if it is still there."""
    port = free_port()
    err = folder / f"stderr-{port}.txt"
    with err.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "app", command],
            cwd=folder,
            env=environment(port, **given),
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
        )
    found = Running(process, f"http://127.0.0.1:{port}", err)
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: found.out.extend(iter(process.stdout.readline, "")), daemon=True)
    reader.start()
    try:
        yield found
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(30)
        reader.join(10)
        process.stdout.close()
