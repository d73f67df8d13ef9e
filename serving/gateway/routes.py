"""Routes: which paths of the gateway belong to which model, and what HAProxy must know of its examples."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from serving.archives import samples
from serving.torchserve import registrations

PREDICTIONS, EXPLANATIONS, SIZES, MODELS = "predictions.map", "explanations.map", "sizes.map", "models.map"
ASLEEP = "asleep.map"
# Told by the supervisor and by rollouts; empty at first.
SHARES, HEAVY, QUOTAS = "shares.map", "heavy.map", "quotas.map"

Entries = dict[str, str]  # of a map of HAProxy's


@dataclass(frozen=True)
class Route:
    """A served model.

    name       that it is registered under
    row_bytes  of one example: a body of this length is raw numbers, not a file; 0 if the model takes no raw numbers
    size       width and height of its images in pixels; None if its examples are no images
    explainer  the name that it is registered under for explanations
    """

    name: str
    row_bytes: int
    size: tuple[int, int] | None = None
    explainer: str = registrations.EXPLAINER.name

    @classmethod
    def of(cls, name: str, archive: Path, explainer: str = registrations.EXPLAINER.name) -> Self:
        """The route of an archive, whose golden samples tell what its model takes.

        explainer  the name that explains it, if it has explanations
        """
        rows = samples.read_golden(archive).rows  # (n, *shape)
        size = (rows.shape[2], rows.shape[1]) if rows.ndim > 2 else None
        row_bytes = 0 if rows.dtype.names else rows[:1].nbytes
        return cls(name, row_bytes, size, explainer if registrations.has_explanations(archive) else name)


def predictions(name: str) -> tuple[str, ...]:
    """Return the paths of a model's predictions that name no version."""
    return f"/predictions/{name}", f"/v1/models/{name}:predict", f"/v2/models/{name}/infer"


def maps(routes: Iterable[Route]) -> dict[str, Entries]:
    """Return the maps that haproxy.cfg reads, by the names of their files.

    predictions   path or name -> bytes of an example
    explanations  path -> the name that explains
    models        path of predictions -> the model
    asleep        name that explains -> 1, if it starts with the first request
    sizes         path or name -> width and height as in a PNG file's header, in hexadecimal
    """
    entries: dict[str, Entries] = {PREDICTIONS: {}, EXPLANATIONS: {}, SIZES: {}, MODELS: {}, ASLEEP: {}}
    for route in routes:
        entries[MODELS] |= dict.fromkeys(predictions(route.name), route.name)
        keys = *predictions(route.name), route.name
        entries[PREDICTIONS] |= dict.fromkeys(keys, str(route.row_bytes))
        for name in (route.name, route.explainer):
            entries[EXPLANATIONS][f"/explanations/{name}"] = route.explainer
        if registrations.is_on_demand(route.explainer):
            entries[ASLEEP][route.explainer] = "1"
        if route.size:
            width, height = route.size
            entries[SIZES] |= dict.fromkeys((*keys, f"/explanations/{route.name}"), f"{width:08X}{height:08X}")
    return entries


def content(entries: Entries) -> bytes:
    """The file of a map."""
    return "".join(f"{key} {value}\n" for key, value in entries.items()).encode()
