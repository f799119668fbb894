"""The second referee: a NumPy oracle that knows nothing of torch's reductions."""

import numpy as np
import torch


def to_numpy(x: torch.Tensor) -> np.ndarray:
    """Elements as NumPy holds them; bfloat16, which it has not, as the same values in float32."""
    x = x.detach().cpu()
    return (x.float() if x.dtype == torch.bfloat16 else x).numpy()


def arg_extremum(x: np.ndarray, dim: int | None, order: str) -> np.ndarray:
    """Index of the first NaN along ``dim`` where there is one, else of the first extremum."""
    if x.ndim == 0:
        return np.zeros((), dtype=np.int64)
    if dim is None:
        x, dim = x.reshape(-1), 0
    dim %= x.ndim
    # Each step of the definition by itself: equality with the extremum, and the first True.
    winners = x == (x.max if order == "max" else x.min)(axis=dim, keepdims=True)
    if np.issubdtype(x.dtype, np.floating):
        nans = np.isnan(x)
        winners = np.where(nans.any(axis=dim, keepdims=True), nans, winners)
    positions = np.arange(x.shape[dim]).reshape([-1 if i == dim else 1 for i in range(x.ndim)])
    first = np.where(winners, positions, x.shape[dim]).min(axis=dim)
    return np.asarray(first, dtype=np.int64)
