"""Whether a measured pattern has a peak at all."""

import numpy as np

_WINDOW = 5  # points of a peak, at least
_APART = 40  # a peak is narrower than this part of a pattern
# Of the noise of what is compared. The highest of 10,000 such sums of pure noise is 4.
_SIGNIFICANT = 6.0


def stands_out(intensities: np.ndarray) -> bool:
    """Say whether a peak stands out of the noise of a pattern.

    The noise is the median absolute second difference of neighbouring points, which a smooth curve does not have. A
    peak is a mean over some points that lies above the mean of two others, as far to either side, by more than noise
    explains; a background that is straight, or bent as air scatter is, has none.

    Args:
        intensities: of neighbouring points, (n,), some tens or more.
    """
    # The variance of a second difference of independent points is six times theirs.
    noise = np.median(np.abs(np.diff(intensities, 2))) / 0.6745 / np.sqrt(6)
    means = np.convolve(intensities, np.full(_WINDOW, 1 / _WINDOW), "valid")
    apart = max(_WINDOW, len(means) // _APART)
    height = means[apart:-apart] - (means[: -2 * apart] + means[2 * apart :]) / 2
    # Of a curve without noise, its rounding.
    least = max(noise * np.sqrt(1.5 / _WINDOW), 1e-6 * np.abs(intensities).max())
    return bool(height.max() > _SIGNIFICANT * least)
