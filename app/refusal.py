"""What the program refuses at its own door."""


class Refusal(Exception):  # noqa: N818 - a refusal in words, as in core/errors.py
    """The operator asked for what cannot be done now; `str()` is one Vietnamese sentence, and the command ends with 1."""
