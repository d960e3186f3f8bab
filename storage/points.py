"""Named instants of the path, for the tests that kill the process exactly there. In service the hook does nothing."""

from collections.abc import Callable


def _pass_by(name: str) -> None:
    return


hook: Callable[[str], None] = _pass_by


def reach(name: str) -> None:
    """The path passes `name`.

    Inside a transaction: `stored` (an update is in the inbox), `claimed` (an update is taken by its errand), `fired` (a
    timer is taken), `before commit`. Outside: `after commit` (durable, but nobody has been told), `before send`, `after
    send` (the channel has answered, but that is written nowhere yet).
    """
    hook(name)
