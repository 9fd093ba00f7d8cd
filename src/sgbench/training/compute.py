"""Where and how networks are computed: device, precision, prediction."""

import os
from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

BATCH = 256


def device() -> torch.device:
    """Return this process's GPU if there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    return torch.device("cpu")


def autocast(where: torch.device) -> torch.autocast:
    """Compute in bfloat16 where the hardware has it: GPUs of compute capability 8, CPUs with AVX-512 BF16 or AMX.

    So a result depends on the kind of machine: bfloat16 keeps 8 bits, and after 20 steps with Adam the probabilities of
    a small network were off by 0.006 on average. Single precision everywhere would not end that: a difference in the
    last bit, as processors of another kind make, had grown to 0.001. Networks of double precision stay double.
    """
    if where.type == "cuda":
        able = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        able = torch.cpu._is_avx512_bf16_supported()
    return torch.autocast(where.type, torch.bfloat16, enabled=able)


def be_deterministic(chosen: bool) -> None:
    """Take only operations that give the same bits in every run, or else the fastest ones.

    PyTorch warns of an operation that has no such form on a GPU. On a CPU both are the same.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(chosen, warn_only=True)
    # Otherwise all new memory is filled as well, which guards against faults of other code only.
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.backends.cudnn.benchmark = not chosen


def weights(network: nn.Module) -> dict[str, np.ndarray]:
    """Return a network's weights and buffers by name, as arrays that need no PyTorch to be read."""
    return {name: value.cpu().numpy() for name, value in network.state_dict().items()}


def put_weights(network: nn.Module, values: Mapping[str, np.ndarray | torch.Tensor]) -> None:
    """Give a network the weights that :func:`weights` returned, and bring it to this process's device."""
    network.load_state_dict({name: torch.as_tensor(value) for name, value in values.items()})
    network.to(device(), memory_format=torch.channels_last)


def to_device(images: np.ndarray | torch.Tensor, where: torch.device) -> torch.Tensor:
    """Return images (n, C, H, W) on a device, channels last in memory, as convolutions like them best."""
    tensor = torch.as_tensor(images)
    return tensor.to(where, non_blocking=True).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def outputs(network: nn.Module, images: np.ndarray) -> np.ndarray:
    """Return a network's output, float32 (n, ...), for images (n, C, H, W), in batches on the network's device."""
    network.eval()
    where = next(network.parameters()).device
    parts = []
    for start in range(0, len(images), BATCH):
        with autocast(where):
            output = network(to_device(images[start : start + BATCH], where))
        parts.append(output.float().cpu())
    return torch.cat(parts).numpy()


def probabilities(network: nn.Module, images: np.ndarray) -> np.ndarray:
    """Return the softmax probabilities, float32 (n, classes), of images (n, C, H, W)."""
    return torch.from_numpy(outputs(network, images)).softmax(dim=1).numpy()
