"""Optimizers without torch's compiler."""

import inspect
from typing import Any, TypeVar, cast

import torch
from torch.optim import Optimizer

_BOOKKEEPING = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")
Kind = TypeVar("Kind", bound=Optimizer)


def eager(kind: type[Kind]) -> type[Kind]:
    """Return the same optimizer for a loop that is not compiled: same steps, same state, same numbers.

    torch wraps its methods to hide them from its compiler, and to do so the first call imports that compiler: more
    than a second in every process. Here the wrapping is taken off; where a torch has none, nothing is changed.
    """
    methods: dict[str, Any] = {name: inspect.unwrap(getattr(kind, name)) for name in _BOOKKEEPING}
    methods["step"] = torch.no_grad()(inspect.unwrap(kind.step))  # no_grad is part of what was taken off
    return cast(type[Kind], type(kind.__name__, (kind,), methods))
