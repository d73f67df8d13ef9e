"""Routes: the paths of each model at the gateway, and the format of its examples for HAProxy."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from serving.archives import samples
from serving.torchserve import registrations

PREDICTIONS, EXPLANATIONS, SIZES, MODELS = "predictions.map", "explanations.map", "sizes.map", "models.map"
ASLEEP = "asleep.map"
# Filled by the supervisor and by rollouts; empty at first.
SHARES, HEAVY, QUOTAS = "shares.map", "heavy.map", "quotas.map"

Entries = dict[str, str]  # entries of an HAProxy map


@dataclass(frozen=True)
class Route:
    """Route to a served model.

    name       registered name
    row_bytes  bytes of one example: a body of this length is raw numbers, not a file; 0 without raw numbers as input
    size       width and height of its images in pixels; None if its examples are no images
    explainer  registered name for explanations
    """

    name: str
    row_bytes: int
    size: tuple[int, int] | None = None
    explainer: str = registrations.EXPLAINER

    @classmethod
    def of(cls, name: str, archive: Path, explainer: str = registrations.EXPLAINER) -> Self:
        """Return the route to an archive; its golden samples show the input format of the model.

        explainer  registered name for explanations, if the model has any
        """
        rows = samples.read_golden(archive).rows  # (n, *shape)
        size = (rows.shape[2], rows.shape[1]) if rows.ndim > 2 else None
        row_bytes = 0 if rows.dtype.names else rows[:1].nbytes
        return cls(name, row_bytes, size, explainer if registrations.has_explanations(archive) else name)


def predictions(name: str) -> tuple[str, ...]:
    """Return the paths for predictions of a model that name no version."""
    return f"/predictions/{name}", f"/v1/models/{name}:predict", f"/v2/models/{name}/infer"


def maps(routes: Iterable[Route]) -> dict[str, Entries]:
    """Return the maps that haproxy.cfg reads, by file name.

    predictions   path or name -> bytes of an example
    explanations  path -> registered name of the explainer
    models        path of predictions -> model
    asleep        registered name of an explainer -> 1, if it starts with the first request
    sizes         path or name -> width and height as in the header of a PNG file, in hexadecimal
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
    """Return the bytes of a map file."""
    return "".join(f"{key} {value}\n" for key, value in entries.items()).encode()
