"""The seed texts that come with the program: what the database starts with and what an editor starts from."""

from importlib import resources

FILES = {
    "gates": "gates.toml",
    "categories": "categories.toml",
    "markers": "markers.toml",
    "units": "units.csv",
    "holidays": "holidays.toml",
}


def texts() -> dict[str, str]:
    """Each kind of editable data with its seed text."""
    here = resources.files("plan_data")
    return {kind: (here / name).read_text("utf-8") for kind, name in FILES.items()}
