"""What each change of a balance variant's augmentation does to a pattern."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style
from sgbench.samples.store import holds_powder
from sgbench.simulate.augment import augmenter

SEEDS = np.arange(3)
_PLAIN, _ALL = "as simulated", "all together"
_COLOURS = ("#0072B2", "#D55E00", "#009E73")
_LABELS = {
    "zero_shift_deg": "zero shift",
    "broadening_bins": "broadening",
    "rotation_deg": "rotation",
    "shift_px": "centre shift",
    "counts": "counting noise",
}


def choose(samples: pd.DataFrame) -> int:
    """Return the row of the crystal to show: of the largest space group present the median by volume per atom."""
    samples = samples.reset_index(drop=True)
    group = samples[samples["space_group_rank"] == samples["space_group_rank"].min()]
    return int(group.sort_values(["volume_per_atom", "id"]).index[len(group) // 2])


def apply(image: np.ndarray, made_by: Mapping[str, Any], amplitudes: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Augment a pattern by each change alone and by all together, each with several seeds.

    Args:
        image: a stored pattern, (C, H, W).
        made_by: the store's settings.
        amplitudes: those of a balance variant that augments: powder and image.

    Returns:
        By change, the augmented patterns, (seeds, C, H, W); first the pattern as it is, last all changes.
    """
    kind = "powder" if holds_powder(made_by) else "image"
    nothing = dict.fromkeys(amplitudes[kind], 0) | {"counts": None}
    alone = {name: nothing | {name: value} for name, value in amplitudes[kind].items() if value}
    batch = np.repeat(image[None], len(SEEDS), axis=0)
    found = {_PLAIN: batch}
    for name, chosen in {**alone, _ALL: amplitudes[kind]}.items():
        found[name] = augmenter(made_by, **{"powder": {}, "image": {}, kind: chosen})(batch.copy(), SEEDS)
    return found


def tabulate(changed: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return a row a change and seed with the mean and the largest difference to the pattern as it is."""
    rows = []
    for name, images in changed.items():
        difference = np.abs(images - changed[_PLAIN]).reshape(len(SEEDS), -1)
        rows += [
            {"change": name, "seed": seed, "mean_difference": mean, "largest_difference": largest}
            for seed, mean, largest in zip(SEEDS, difference.mean(axis=1), difference.max(axis=1), strict=True)
        ]
    return pd.DataFrame(rows)


def draw(changed: Mapping[str, np.ndarray], angles: np.ndarray | None) -> Figure:
    """Draw powder patterns as lines over the one as it is, images as pictures in a column a change.

    Args:
        changed: see :func:`apply`.
        angles: two-theta of each bin of a powder pattern, degrees; None for images.
    """
    return _pictures(changed) if angles is None else _lines(changed, angles)


def _label(change: str) -> str:
    return _LABELS.get(change, change)


def _lines(changed: Mapping[str, np.ndarray], angles: np.ndarray) -> Figure:
    plain, *names = changed
    figure = style.new_figure(style.PAGE, 0.6 + 0.85 * len(names))
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    # Wide enough for several peaks, narrow enough to see them move.
    window = slice(len(angles) // 6, len(angles) // 2)
    top = 1.1 * max(images[..., window].max() for images in changed.values())
    for axes, name in zip(panels, names, strict=True):
        axes.fill_between(angles[window], changed[plain][0, 0, 0, window], color=style.GREY, linewidth=0)
        for image, colour in zip(changed[name], _COLOURS, strict=True):
            axes.plot(angles[window], image[0, 0, window], color=colour, linewidth=0.6)
        axes.set_title(_label(name), loc="left")
        axes.set_yticks([])
        axes.set_ylim(0, top)
        axes.margins(x=0)
    panels[-1].set_xlabel("scattering angle two-theta (degrees)")
    figure.supylabel("intensity, as stored", fontsize=8)
    return figure


def _pictures(changed: Mapping[str, np.ndarray]) -> Figure:
    side = style.PAGE / max(5, len(changed))
    figure = style.new_figure(side * len(changed), 0.3 + side * len(SEEDS))
    panels = figure.subplots(len(SEEDS), len(changed), squeeze=False)
    for column, (name, images) in zip(panels.T, changed.items(), strict=True):
        for axes, image in zip(column, images, strict=True):
            axes.imshow(np.sqrt(image.transpose(1, 2, 0)), interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
        column[0].set_title(_label(name), fontsize=7)
    return figure
