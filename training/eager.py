"""Optimizers without the wrappers of torch's compiler."""

import inspect
from typing import Any, TypeVar, cast

import torch
from torch.optim import Optimizer

_BOOKKEEPING = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")
Kind = TypeVar("Kind", bound=Optimizer)


def eager(kind: type[Kind]) -> type[Kind]:
    """Return the optimizer class without the wrappers of torch's compiler: same steps, same state, same numbers.

    torch wraps the methods of an optimizer to hide them from its compiler. The first call of such a method imports the
    compiler, which takes more than a second in every process. A method without a wrapper stays as it is.
    """
    methods: dict[str, Any] = {name: inspect.unwrap(getattr(kind, name)) for name in _BOOKKEEPING}
    methods["step"] = torch.no_grad()(inspect.unwrap(kind.step))  # unwrap removes torch's own no_grad, too
    return cast(type[Kind], type(kind.__name__, (kind,), methods))
