"""The linear model that LIME and KernelSHAP fit."""

import torch
from captum._utils.models.model import Model
from torch import Tensor
from torch.utils.data import DataLoader


class Linear(Model):  # type: ignore[misc]  # Captum has no types
    """y = x coefficients + constant by weighted least squares, solved at once in float64.

    ridge  penalty on the squared coefficients, not on the constant; >= 0
    """

    def __init__(self, ridge: float = 0.0) -> None:
        self._ridge = ridge
        self._coefficients = torch.empty(0)
        self._constant = torch.empty(())

    def fit(self, train_data: "DataLoader[tuple[Tensor, ...]]", **_: object) -> None:
        """Fit to the tensors x (n, m), y (n,) and weights (n,) of a data set."""
        x, y, weights = (tensor.double() for tensor in train_data.dataset.tensors)  # type: ignore[attr-defined]
        shares = weights / weights.sum()
        mean_x, mean_y = shares @ x, shares @ y
        x, y = x - mean_x, y - mean_y  # so that the constant drops out
        gram = x.T @ (weights[:, None] * x) + self._ridge * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
        self._coefficients = torch.linalg.pinv(gram, hermitian=True) @ (x.T @ (weights * y))
        self._constant = mean_y - mean_x @ self._coefficients

    def representation(self) -> Tensor:
        """The coefficients, float64 (m,)."""
        return self._coefficients

    def __call__(self, x: Tensor) -> Tensor:
        """(n, m) to (n,)."""
        return x.double() @ self._coefficients + self._constant
