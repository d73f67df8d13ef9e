"""The archive registered a second time, with a worker of its own for explanations.

A worker does one batch after another, so predictions wait while it explains. Asked at /explanations/explainer, another
worker does that; docs/isolation.md has the figures of this and of the other ways.
"""

from serving.torchserve.management import Management, ManagementError
from serving.torchserve.server import Server

NAME = "explainer"
# Explanations are not answered by one forward pass, so none waits for another to be ready.
SETTINGS = {"batch_size": 1, "max_batch_delay": 1}


def add(server: Server, archive: str, *, wait: bool = True) -> None:
    """Register ``archive``, a file in the model store, as the explainer, unless there is one.

    Returns when its worker runs, or at once; requests that come before wait in its queue.
    """
    with server.manage(NAME) as management:
        if not is_there(management):
            management.register(archive, synchronous=str(wait).lower(), **SETTINGS)


def is_there(management: Management) -> bool:
    """Whether the explainer, whose management this is, is registered."""
    try:
        return bool(management.describe())
    except ManagementError:  # 404, as of every name that nobody registered
        return False
