"""The family as modules."""

from torch import Tensor, nn

from torch_argmax.ops import argmax


class ModelNew(nn.Module):
    """``torch.argmax(x, dim)`` as a module.

    Args:
        dim: the dimension to reduce; negative counts from the end.
    """

    def __init__(self, dim: int) -> None:
        """Keep the dimension."""
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        """Index of the maximum of ``x`` along ``dim``: int64, the shape of ``x`` less ``dim``."""
        return argmax(x, self.dim)

    def extra_repr(self) -> str:
        """Show the dimension."""
        return f"dim={self.dim}"
