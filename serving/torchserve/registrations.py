"""An archive registered under further names, each with a worker of its own.

A worker answers one batch after another, so the requests of a batch wait for the slowest. Slow requests go to other
workers: explanations to /explanations/explainer (measured in docs/isolation.md), and what the gateway recognises as
expensive to /predictions/uploads or /explanations/uploads. Those are of the node's main model; of a model NAME that
was added to it, explanations go to /explanations/NAME.explainer, which starts with the first one that comes through
the gateway: most models are never asked for any, and a worker takes memory whether it is asked or not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from serving.openapi import interface
from serving.torchserve.management import Management, ManagementError, ready_workers
from serving.torchserve.server import Server
from serving.waiting import within

_LOAD_SECONDS, _POLL_SECONDS = 120.0, 0.1


@dataclass(frozen=True)
class Registration:
    """A further name of the archive, and settings of TorchServe's register call that differ from the archive's."""

    name: str
    settings: Mapping[str, int]


# Explanations are not answered by one forward pass, so none waits for another to be ready.
EXPLAINER = Registration("explainer", {"batch_size": 1, "max_batch_delay": 1})
# Photos take tens of milliseconds each: a large batch would keep its first request waiting for its last. TorchServe
# writes a batch into one buffer that it enlarges body by body; 16 bodies of 10 MB filled its heap.
UPLOADS = Registration("uploads", {"batch_size": 4, "max_batch_delay": 1})
FURTHER = (EXPLAINER, UPLOADS)
_EXPLAINER_OF = f".{EXPLAINER.name}"  # after the name of a model that was added to the node's main one


def explainer(model: str) -> Registration:
    """Return the registration that explains a model that was added to the node's main one."""
    return replace(EXPLAINER, name=f"{model}{_EXPLAINER_OF}")


def explained(model: str, archive: Path) -> str:
    """Return the name that explains a model that was added: the model's own if its archive names no methods."""
    described = interface.read(archive)
    return explainer(model).name if described and described.methods else model


def is_on_demand(name: str) -> bool:
    """Return True if a name is registered on its first request: the explainer of an added model."""
    return name.endswith(_EXPLAINER_OF)


def is_further(name: str) -> bool:
    """Return whether this is a name that archives are registered under beside their own."""
    return is_on_demand(name) or any(registration.name == name for registration in FURTHER)


def settings(name: str) -> Mapping[str, int]:
    """The settings for a name that the archive is registered under; none for the archive's own."""
    if is_on_demand(name):
        return EXPLAINER.settings
    return next((registration.settings for registration in FURTHER if registration.name == name), {})


def has_explanations(archive: Path) -> bool:
    """Return whether the model in an archive explains; true as well for an archive that does not say."""
    described = interface.read(archive)
    return described is None or bool(described.methods)


def add(server: Server, registration: Registration, archive: str, *, wait: bool = True) -> None:
    """Register ``archive``, a file in the model store, under a further name, unless it is registered there.

    Returns when its worker runs, or at once; requests that come before wait in its queue. TorchServe is not asked to
    wait: it answers no request meanwhile, and a worker that loads PyTorch takes many seconds on a busy machine.
    """
    with server.manage(registration.name) as management:
        if not is_there(management):
            management.register(archive, synchronous="false", **registration.settings)
        if wait:
            within(_LOAD_SECONDS, lambda: ready_workers(management.describe()[0]), _POLL_SECONDS)


def is_there(management: Management) -> bool:
    """Return whether the archive is registered under the name that this manages."""
    try:
        return bool(management.describe())
    except ManagementError:  # 404, as of every unregistered name
        return False
