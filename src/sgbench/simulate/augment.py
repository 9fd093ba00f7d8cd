"""Random physical changes of stored diffraction patterns, for training.

Each function takes a batch and one seed a sample; what happens to a sample depends on its own seed alone,
never on the batch that it is in. Stored values are (I / max I) ** exponent; every change acts on I, and the
result is scaled to a maximum of 1 and stored the same way.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from sgbench.samples.store import holds_powder, settings_of
from sgbench.simulate.instrument import Settings

_TEXTURE_KNOTS = 16
_BACKGROUND_DECAY = 5.0  # e-folds of the exponential part over the axis


@dataclass(frozen=True)
class PowderAmplitudes:
    """How far a powder pattern may be changed; 0 (or None) leaves that change out.

    Attributes:
        strain: largest relative change of all lattice spacings, uniform in +-strain; 0 to 0.05.
        texture: standard deviation of the logarithm of a smooth random factor along the axis; 0 to 0.5. It
            stands for preferred orientation, which itself cannot be applied here: a stored pattern no longer
            knows its hkl (``simulate.specimen.Distortion`` applies it to crystals).
        zero_shift_deg: largest error of the zero of two-theta, uniform in +-zero_shift_deg, degrees; 0 to
            0.5.
        broadening_bins: largest standard deviation of an added Gaussian width, uniform from 0, bins; 0 to 5.
        background: largest height of a smooth background relative to the strongest peak, uniform from 0; 0 to
            0.5.
        counts: fewest and most counts in the strongest bin, log-uniform, with Poisson noise; about 1e2 to
            1e6. None: no noise.
    """

    strain: float = 0.01
    texture: float = 0.2
    zero_shift_deg: float = 0.05
    broadening_bins: float = 1.0
    background: float = 0.05
    counts: tuple[float, float] | None = (1e3, 1e5)


@dataclass(frozen=True)
class ImageAmplitudes:
    """How far a diffraction image may be changed; 0 (or None) leaves that change out.

    Attributes:
        rotation_deg: largest turn about the image's centre, uniform in +-rotation_deg, degrees; 0 to 180.
        shift_px: largest shift of the centre along each side, uniform in +-shift_px, pixels; 0 to a tenth of
            the side.
        counts: fewest and most counts in the strongest pixel, log-uniform, with Poisson noise; about 1e2 to
            1e6. None: no noise.
    """

    rotation_deg: float = 10.0
    shift_px: float = 1.0
    counts: tuple[float, float] | None = (1e3, 1e5)


def augmenter(
    made_by: Mapping[str, Any], powder: Mapping[str, Any], image: Mapping[str, Any]
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return what augments the patterns of a store, as a function of a batch and of one seed a sample.

    Args:
        made_by: the store's settings; they say whether it holds powder patterns or images.
        powder: attributes of :class:`PowderAmplitudes` to set.
        image: attributes of :class:`ImageAmplitudes` to set.
    """
    if not holds_powder(made_by):
        exponent = made_by.get("scale_exponent", 1.0)
        return partial(augment_images, amplitudes=ImageAmplitudes(**image), scale_exponent=exponent)
    return partial(augment_powder, amplitudes=PowderAmplitudes(**powder), settings=settings_of(Settings, made_by))


def augment_powder(
    patterns: np.ndarray, seeds: np.ndarray, amplitudes: PowderAmplitudes, settings: Settings
) -> np.ndarray:
    """Change powder patterns as other specimens, instruments and shorter counting would.

    In the order of nature: strain of the lattice (on a log_q axis a plain shift), texture, zero shift,
    broadening, background, counting noise.

    Args:
        patterns: stored patterns, shape (B, 1, 1, bins), values from 0 to 1.
        seeds: one non-negative integer a sample, shape (B,).
        amplitudes: how far.
        settings: how the patterns were simulated; its axis, range and exponent are used.

    Returns:
        float32, shape (B, 1, 1, bins), values from 0 to 1.
    """
    rngs = [np.random.default_rng(seed) for seed in seeds]
    uniform = np.stack([rng.random(9) for rng in rngs])
    intensity = _intensity(patterns.reshape(len(patterns), -1), settings.scale_exponent)

    strain = amplitudes.strain * _both_signs(uniform[:, 0])
    zero_shift = np.radians(amplitudes.zero_shift_deg) * _both_signs(uniform[:, 1])
    intensity = _interpolated(intensity, _sources(strain, zero_shift, settings))
    if amplitudes.texture:
        knots = np.stack([rng.standard_normal(_TEXTURE_KNOTS) for rng in rngs])
        intensity *= np.exp(_combined(amplitudes.texture * knots, _hats(_TEXTURE_KNOTS, settings.bins)))
    if amplitudes.broadening_bins:
        intensity = _broadened(intensity, amplitudes.broadening_bins * uniform[:, 2], amplitudes.broadening_bins)
    intensity /= _highest(intensity)
    if amplitudes.background:
        height = amplitudes.background * uniform[:, 3:4]
        intensity += height * _backgrounds(uniform[:, 4:8], settings.bins)
    if amplitudes.counts:
        intensity = _counted(intensity, amplitudes.counts, uniform[:, 8], rngs)
    return _stored(intensity, settings.scale_exponent).reshape(patterns.shape)


def augment_images(
    images: np.ndarray, seeds: np.ndarray, amplitudes: ImageAmplitudes, scale_exponent: float
) -> np.ndarray:
    """Change diffraction images as a turned crystal, a badly centred beam and shorter counting would.

    Args:
        images: stored images, shape (B, C, P, P), values from 0 to 1; the channels of a sample turn together.
        seeds: one non-negative integer a sample, shape (B,).
        amplitudes: how far.
        scale_exponent: the images are stored as (I / max I) ** scale_exponent.

    Returns:
        float32, shape (B, C, P, P), values from 0 to 1.
    """
    rngs = [np.random.default_rng(seed) for seed in seeds]
    uniform = np.stack([rng.random(4) for rng in rngs])
    angle = np.radians(amplitudes.rotation_deg) * _both_signs(uniform[:, 0])
    shift = amplitudes.shift_px * _both_signs(uniform[:, 1:3])
    moved = _moved(_intensity(images, scale_exponent), angle, shift)
    if amplitudes.counts:
        flat = moved.reshape(len(moved), -1)
        moved = _counted(flat / _highest(flat), amplitudes.counts, uniform[:, 3], rngs).reshape(moved.shape)
    return _stored(moved, scale_exponent)


def _both_signs(uniform: np.ndarray) -> np.ndarray:
    return 2 * uniform - 1


def _highest(intensity: np.ndarray) -> np.ndarray:
    """Largest value of each sample, to divide by: 1 where all is 0."""
    highest = intensity.max(axis=tuple(range(1, intensity.ndim)), keepdims=True)
    return np.where(highest > 0, highest, 1)


def _intensity(stored: np.ndarray, exponent: float) -> np.ndarray:
    """Undo the stored scale; float32."""
    return stored.astype(np.float32) ** np.float32(1 / exponent)


def _stored(intensity: np.ndarray, exponent: float) -> np.ndarray:
    """Scale each sample to a maximum of 1 and apply the exponent; float32."""
    return (intensity / _highest(intensity)) ** np.float32(exponent)


def _sources(strain: np.ndarray, zero_shift: np.ndarray, settings: Settings) -> np.ndarray:
    """Place on the axis, in bins, shape (B, bins), from which each bin takes its value.

    Bragg's law: spacings stretched by 1 + strain move sin(theta) to sin(theta) / (1 + strain). What is read
    at two-theta after a zero shift of z (radians) was at two-theta - z before.
    """
    sine = settings.sine(np.arange(settings.bins))
    half = zero_shift[:, None] / 2
    unshifted = sine * np.cos(half) - np.sqrt(1 - sine**2) * np.sin(half)  # sin(theta - half)
    return settings.position(np.clip(unshifted * (1 + strain[:, None]), 1e-9, 1))


def _interpolated(rows: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values of rows (B, W) at fractional places (B, W), linearly interpolated; 0 outside the row."""
    width = rows.shape[1]
    padded = np.pad(rows, ((0, 0), (1, 2)))
    places = np.clip(places + 1, 0, width + 1)
    left = places.astype(np.intp)
    weight = (places - left).astype(np.float32)
    left += (np.arange(len(rows)) * padded.shape[1])[:, None]
    flat = padded.ravel()
    return flat[left] * (1 - weight) + flat[left + 1] * weight


def _combined(weights: np.ndarray, rows: Iterable[np.ndarray]) -> np.ndarray:
    """Sum over k of weights[:, k] x row k, shape (B, W), float32; K rows of shape (W,) or (B, W).

    Not a matrix product, whose rounding depends on the size of the batch.
    """
    return sum(weight[:, None] * row for weight, row in zip(weights.T.astype(np.float32), rows, strict=True))


def _hats(knots: int, width: int) -> np.ndarray:
    """Piecewise linear basis, shape (knots, width), float32: knot values times it are a smooth curve."""
    place = np.linspace(0, knots - 1, width)
    return np.maximum(0, 1 - np.abs(place - np.arange(knots)[:, None])).astype(np.float32)


def _broadened(rows: np.ndarray, sigma: np.ndarray, most: float) -> np.ndarray:
    """Rows (B, W) convolved with Gaussians of standard deviations sigma (B,), at most `most`, bins."""
    reach = int(np.ceil(4 * most))
    offset = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (offset / np.maximum(sigma, 0.01)[:, None]) ** 2)
    kernel /= kernel.sum(axis=1, keepdims=True)
    padded, width = np.pad(rows, ((0, 0), (reach, reach))), rows.shape[1]
    return _combined(kernel, (padded[:, start : start + width] for start in range(len(offset))))


def _backgrounds(weights: np.ndarray, width: int) -> np.ndarray:
    """Smooth non-negative curves with maximum 1, shape (B, width), bins.

    The weights (B, 4), from 0 to 1, are of an exponential decay and the three Bernstein polynomials of degree
    2.
    """
    x = np.linspace(0, 1, width, dtype=np.float32)
    basis = [np.exp(-_BACKGROUND_DECAY * x), (1 - x) ** 2, 2 * x * (1 - x), x**2]
    curves = _combined(weights, basis)
    return curves / _highest(curves)


def _counted(
    rows: np.ndarray, counts: tuple[float, float], uniform: np.ndarray, rngs: list[np.random.Generator]
) -> np.ndarray:
    """Poisson counts with means rows (B, W) x a number of counts that uniform (B,) places between the two."""
    low, high = np.log(counts)
    scale = np.exp(low + (high - low) * uniform)[:, None]
    drawn = np.stack([rng.poisson(mean) for rng, mean in zip(rngs, rows * scale, strict=True)])
    return (drawn / scale).astype(np.float32)


def _moved(images: np.ndarray, angle: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Images (B, C, P, P) turned by angle (B,), radians, and shifted by shift (B, 2), pixels; 0 comes in."""
    cos, sin = np.cos(angle), np.sin(angle)
    # Affine maps go from output to input, in coordinates from -1 to 1 across the image.
    x, y = (-2 * shift / images.shape[-1]).T
    affine = np.stack([cos, -sin, cos * x - sin * y, sin, cos, sin * x + cos * y], axis=1).reshape(-1, 2, 3)
    grid = functional.affine_grid(torch.from_numpy(affine.astype(np.float32)), list(images.shape), align_corners=False)
    return functional.grid_sample(torch.from_numpy(images), grid, align_corners=False).numpy()
