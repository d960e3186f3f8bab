"""The ways to keep it running – container, compose file, systemd unit – are linted, and say what README and code say."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def _passes(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dockerfile_has_nothing_that_a_linter_minds() -> None:
    _passes(BIN / "hadolint", "Dockerfile")


def test_the_compose_file_is_one() -> None:
    _passes(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    program = tmp_path / "hotline"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = (ROOT / "deploy/hotline.service").read_text("utf-8")
    copy = tmp_path / "hotline.service"
    copy.write_text(unit.replace("/srv/hotline/.venv/bin/hotline run", str(program)))
    _passes("systemd-analyze", "verify", copy)


def test_the_image_holds_every_package_and_starts_as_the_readme_says() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = [name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]]
    copied = re.findall(r"^COPY (\w+) \1$", dockerfile, re.MULTILINE)
    assert set(packages) <= set(copied)
    assert "RUN make setup" in dockerfile
    assert 'CMD [".venv/bin/hotline", "run"]' in dockerfile
    kept = (ROOT / ".dockerignore").read_text("utf-8")
    assert all(f"!{name}" in kept for name in copied)


def test_the_readme_names_the_commands_that_start_them() -> None:
    papers = (ROOT / "README.md").read_text("utf-8") + (ROOT / "docs/runbook.md").read_text("utf-8")
    for command in ("docker compose up --build", "systemctl enable --now hotline", "make setup"):
        assert command in papers


def test_the_runbook_makes_what_the_unit_needs_before_its_first_start() -> None:
    """systemd refuses to start a unit whose ReadWritePaths are not there, or whose user is not."""
    unit = (ROOT / "deploy/hotline.service").read_text("utf-8")
    runbook = (ROOT / "docs/runbook.md").read_text("utf-8")
    (user,), (place,) = (
        re.findall(r"^User=(.+)$", unit, re.M),
        re.findall(r"^ReadWritePaths=(.+)$", unit, re.M),
    )
    assert re.search(rf"^useradd .* {user}$", runbook, re.M)
    assert re.search(rf"^install -d -o {user} .* {place} ", runbook, re.M)
