"""Further names of an archive, each with a worker of its own for slow requests.

All requests of a batch wait for its slowest one, so slow requests go to other workers. Explanations go to
/explanations/explainer (measured in docs/isolation.md). Requests that the gateway estimates as expensive go to
/predictions/uploads or /explanations/uploads. These names serve the node's main model. Explanations of an added model
NAME go to /explanations/NAME.explainer. It starts with the first request through the gateway, because a worker takes
memory, and most models never get such a request.
"""

from collections.abc import Mapping
from pathlib import Path

from serving.openapi import interface
from serving.torchserve.management import Management, ManagementError, ready_workers
from serving.torchserve.server import Server
from serving.waiting import within

_LOAD_SECONDS, _POLL_SECONDS = 120.0, 0.1


EXPLAINER, UPLOADS = "explainer", "uploads"
# By name, parameters of TorchServe's register call that differ from the archive's.
_SETTINGS: Mapping[str, Mapping[str, int]] = {
    # Explanations need many forward passes, so a batch would only make the first one wait for the others.
    EXPLAINER: {"batch_size": 1, "max_batch_delay": 1},
    # Photos take tens of milliseconds each: in a large batch the first request would wait for the last. TorchServe
    # writes a batch into one buffer that it enlarges for each body; 16 bodies of 10 MB filled its heap.
    UPLOADS: {"batch_size": 4, "max_batch_delay": 1},
}
FURTHER = tuple(_SETTINGS)
_EXPLAINER_OF = f".{EXPLAINER}"  # suffix for an added model


def explainer(model: str) -> str:
    """Return the name of the explainer of an added model."""
    return f"{model}{_EXPLAINER_OF}"


def is_on_demand(name: str) -> bool:
    """Return whether a name is registered at its first request: the explainer of an added model."""
    return name.endswith(_EXPLAINER_OF)


def is_further(name: str) -> bool:
    """Return whether this is a further name, not the name of a model."""
    return is_on_demand(name) or name in FURTHER


def settings(name: str) -> Mapping[str, int]:
    """Return the parameters of the register call for a name; none for the name of a model."""
    return _SETTINGS.get(EXPLAINER if is_on_demand(name) else name, {})


def has_explanations(archive: Path) -> bool:
    """Return whether the model in an archive has explanations; true if the archive does not say."""
    described = interface.read(archive)
    return described is None or bool(described.methods)


def add(server: Server, name: str, archive: str, *, wait: bool = True) -> None:
    """Register ``archive``, a file in the model store, under a further name, unless that name is registered.

    Returns when its worker is READY, or at once; requests wait in its queue until then. The call to TorchServe is not
    synchronous, because it would block all requests while a worker loads, for many seconds on a busy machine.
    """
    with server.manage(name) as management:
        if not is_there(management):
            management.register(archive, synchronous="false", **settings(name))
        if wait:
            within(_LOAD_SECONDS, lambda: ready_workers(management.describe()[0]), _POLL_SECONDS)


def is_there(management: Management) -> bool:
    """Return whether the name of this management client is registered."""
    try:
        return bool(management.describe())
    except ManagementError:  # 404 for an unregistered name
        return False
