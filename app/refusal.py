"""What the program refuses at its own door."""


class Refusal(Exception):
    """The operator asked for what cannot be done now; `str()` is one Vietnamese sentence, and the command ends with 1."""
