"""What networks for one-dimensional patterns share. A pattern is an image of one row, so layers are two-dimensional."""

from torch import nn

from sgbench.errors import SgbenchError


def of_line(model: str, shape: tuple[int, int, int], shortest: int) -> int:
    """Return the channels of patterns of ``shape`` (C, 1, W).

    Raises:
        SgbenchError: they are images, or shorter than ``shortest``; names ``model``.
    """
    channels, height, width = shape
    if height != 1 or width < shortest:
        raise SgbenchError(f"model {model} needs patterns of 1 x {shortest} bins or more, not {height} x {width}")
    return channels


def convolution(before: int, after: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """Return a convolution along the axis, without bias, that keeps its length but for the stride."""
    return nn.Conv2d(before, after, (1, kernel), (1, stride), (0, kernel // 2), bias=False)
