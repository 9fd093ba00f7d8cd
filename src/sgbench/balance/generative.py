"""A small class-conditional generative adversarial network for points of some tens of dimensions.

Goodfellow et al. (2014), with the projection discriminator (Miyato & Koyama 2018), spectral normalisation (Miyato et
al. 2018) and the hinge loss. The critic sees points of a class four at a time (PacGAN, Lin et al. 2018), or all of
them would soon be alike. Points are drawn from the running mean of the generator's weights (Yazici et al. 2019).
"""

import copy
import logging
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from sgbench.errors import SgbenchError
from sgbench.progress import track

logger = logging.getLogger(__name__)

_MEAN_OVER_STEPS = 200
_PACKED = 4


class Generator(nn.Module):
    """From noise (n, noise) and classes (n,) to points (n, d)."""

    def __init__(self, dimensions: int, n_classes: int, width: int, noise: int) -> None:
        super().__init__()
        self.noise = noise
        self.classes = nn.Embedding(n_classes, noise)
        self.layers = nn.Sequential(
            nn.Linear(2 * noise, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, dimensions)
        )

    def forward(self, noise: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the points."""
        return self.layers(torch.cat([noise, self.classes(labels)], dim=1))

    @torch.inference_mode()
    def draw(self, label: int, count: int, seed: int) -> np.ndarray:
        """Return ``count`` points of a class, float32 (count, d)."""
        noise = torch.randn(count, self.noise, generator=torch.Generator().manual_seed(seed))
        return self(noise, torch.full((count,), label)).numpy()


class Critic(nn.Module):
    """From packs of points (n, packed, d) and their classes (n,) to how real they look, (n,)."""

    def __init__(self, dimensions: int, n_classes: int, width: int) -> None:
        super().__init__()
        layers = [spectral_norm(nn.Linear(size, width)) for size in (_PACKED * dimensions, width)]
        self.features = nn.Sequential(nn.Flatten(), layers[0], nn.LeakyReLU(0.2), layers[1], nn.LeakyReLU(0.2))
        self.score = spectral_norm(nn.Linear(width, 1))
        self.classes = spectral_norm(nn.Embedding(n_classes, width))

    def forward(self, points: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the scores: a common one, and the projection on the class."""
        features = self.features(points)
        return self.score(features)[:, 0] + (self.classes(labels) * features).sum(dim=1)


def fit(points: np.ndarray, labels: np.ndarray, settings: Any, seed: int) -> Generator:
    """Train a generator on labelled points; all classes are drawn equally often.

    Args:
        points: float32 (n, d), each dimension of about unit spread.
        labels: class index of each point, int (n,).
        settings: see :class:`sgbench.balance.gan.Settings`.
        seed: seed of the weights, the batches and the noise.

    Raises:
        SgbenchError: training diverges.
    """
    torch.manual_seed(seed)
    dimensions, n_classes, packs = points.shape[1], int(labels.max()) + 1, max(1, settings.batch_size // _PACKED)
    generator = Generator(dimensions, n_classes, settings.width, settings.noise)
    critic = Critic(dimensions, n_classes, settings.width)
    mean = copy.deepcopy(generator).requires_grad_(False)
    optimizers = [
        torch.optim.Adam(network.parameters(), settings.learning_rate, betas=(0.0, 0.9), fused=True)
        for network in (generator, critic)
    ]
    rng = np.random.default_rng(seed)
    by_class = np.argsort(labels, kind="stable")
    present, starts, counts = np.unique(labels[by_class], return_index=True, return_counts=True)
    for step in track(range(settings.steps), settings.steps, "train the generator", "steps"):
        drawn = rng.integers(len(present), size=(packs, 1))
        real = torch.from_numpy(points[by_class[starts[drawn] + rng.integers(counts[drawn], size=(packs, _PACKED))]])
        classes = torch.from_numpy(present[drawn[:, 0]])
        each = classes.repeat_interleave(_PACKED)
        noise = torch.randn(2, len(each), settings.noise)
        with torch.no_grad():
            fake = generator(noise[0], each).view(real.shape)
        scores = critic(torch.cat([real, fake]), classes.repeat(2))
        _update(optimizers[1], F.relu(1 - scores[:packs]).mean() + F.relu(1 + scores[packs:]).mean())
        loss = -critic(generator(noise[1], each).view(real.shape), classes).mean()
        _update(optimizers[0], loss)
        for average, now in zip(mean.parameters(), generator.parameters(), strict=True):
            average.lerp_(now, 1 / min(step + 1, _MEAN_OVER_STEPS))
    if not np.isfinite(loss.item()):
        raise SgbenchError(f"balance gan: training diverged; lower learning_rate (now {settings.learning_rate})")
    return mean


def _update(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
