"""Several processes that train one network together, as ``torchrun`` starts them; alone, all of this does nothing.

A global batch is shared among the processes, and loss, gradients and batch statistics are those of the whole batch. So
the number of processes changes a result in the order of its sums only; dropout, drawn by each alone, is the exception.
After 18 steps of SGD on a small network, the losses of one and of two processes were less than 1e-7 apart in single
precision, where 1e-5 is allowed, and 1e-3 in bfloat16. Longer trainings, and those with Adam, magnify that.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

import numpy as np
import torch
import torch.distributed as dist
import torch.distributed.nn.functional as differentiable
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from sgbench.training.compute import device

AT_ONCE = 1024


@contextmanager
def group() -> Iterator[None]:
    """Join the processes that ``torchrun`` started: over NCCL on GPUs, over gloo on CPUs."""
    if not dist.is_torchelastic_launched():
        yield
        return
    where = device()
    if where.type == "cuda":
        torch.cuda.set_device(where)
    dist.init_process_group("nccl" if where.type == "cuda" else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def rank() -> int:
    """Return this process's number; 0 writes the files."""
    return dist.get_rank() if dist.is_initialized() else 0


def size() -> int:
    """Return the number of processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def total(value: torch.Tensor) -> torch.Tensor:
    """Return the sum of ``value`` over all processes."""
    if size() > 1:
        value = value.clone()
        dist.all_reduce(value)
    return value


def in_shares(function: Callable[[np.ndarray], np.ndarray], count: int) -> np.ndarray:
    """Return ``function(np.arange(count))``, an array with a row an index, each process having done a share of it.

    The function is given :data:`AT_ONCE` indices at most, so that memory is bounded.
    """
    mine = np.array_split(np.arange(count), size())[rank()]
    parts = [function(mine[start : start + AT_ONCE]) for start in range(0, len(mine), AT_ONCE)]
    shares = [parts]
    if size() > 1:
        shares = [[] for _ in range(size())]
        dist.all_gather_object(shares, parts)
    return np.concatenate([part for share in shares for part in share])


def wrap(network: nn.Module, where: torch.device) -> nn.Module:
    """Return ``network`` such that its gradients are the mean over all processes."""
    if size() == 1:
        return network
    return nn.parallel.DistributedDataParallel(network, [where] if where.type == "cuda" else None)


def share_batch_statistics(network: nn.Module, where: torch.device) -> nn.Module:
    """Return ``network`` with batch norms over the global batch; names and values of its weights stay."""
    if size() == 1:
        return network
    if where.type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(network)
    if isinstance(network, _BatchNorm):
        return _SharedBatchNorm.like(network)
    for name, child in network.named_children():
        setattr(network, name, share_batch_statistics(child, where))
    return network


class _SharedBatchNorm(_BatchNorm):
    """Batch norm over the batches of all processes on CPUs, which PyTorch's SyncBatchNorm does not serve."""

    @classmethod
    def like(cls, norm: _BatchNorm) -> Self:
        settings = (norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
        shared = cls(*settings, dtype=norm.running_mean.dtype)
        shared.load_state_dict(norm.state_dict())
        return shared

    def _check_input_dim(self, input: torch.Tensor) -> None:
        pass

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return super().forward(input)
        rows = input.transpose(0, 1).flatten(1).to(torch.promote_types(input.dtype, torch.float32))
        count = total(torch.tensor(float(rows.shape[1])))
        mean = differentiable.all_reduce(rows.sum(dim=1)) / count
        variance = differentiable.all_reduce(((rows - mean[:, None]) ** 2).sum(dim=1)) / count
        with torch.no_grad():
            self.num_batches_tracked.add_(1)
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        shape = (1, -1, *[1] * (input.dim() - 2))
        scaled = (input - mean.view(shape)) * torch.rsqrt(variance + self.eps).view(shape)
        return scaled * self.weight.view(shape) + self.bias.view(shape)
