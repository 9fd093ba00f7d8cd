"""A measured powder pattern as a file tells it: positions, intensities, and what was radiated."""

import re
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from sgbench.errors import SgbenchError

K_ALPHA_A: dict[str, tuple[float, float]] = {
    "Cr": (2.2897260, 2.2936510),
    "Fe": (1.9360410, 1.9399730),
    "Co": (1.7889960, 1.7928350),
    "Ni": (1.6579300, 1.6617560),
    "Cu": (1.5405929, 1.5444274),
    "Mo": (0.7093172, 0.7136070),
    "Ag": (0.5594218, 0.5638131),
}
"""K-alpha 1 and 2 of the anodes of X-ray tubes, Å.

Chromium to copper from Hölzer et al. (Phys. Rev. A 56, 4554, 1997), molybdenum and silver from Deslattes et al. (Rev.
Mod. Phys. 75, 35, 2003).
"""

RATIO = 0.5
"""Intensity of K-alpha 2 relative to K-alpha 1, where nothing else is stated."""


def mean_wavelength(alpha_1: float, alpha_2: float, ratio: float = RATIO) -> float:
    """Return the mean of two lines, Å, weighted by their intensities; ``ratio`` is that of the second to the first."""
    return (alpha_1 + ratio * alpha_2) / (1 + ratio)


def wavelength_of(given: float | str) -> float:
    """Return a wavelength, Å, given as such or by its anode: ``CuKa1`` is one line, ``CuKa`` the mean of both.

    Raises:
        SgbenchError: it is not above 0, or no anode is known by that name.
    """
    if not isinstance(given, str):
        if not given > 0:
            raise SgbenchError(f"a wavelength of {given:g} Å is not above 0")
        return given
    named = re.fullmatch(rf"({'|'.join(K_ALPHA_A)})Ka([12]?)", given)
    if named is None:
        raise SgbenchError(f"{given} is no wavelength: one in Å, or of an anode ({', '.join(K_ALPHA_A)}), e.g. CuKa")
    lines = K_ALPHA_A[named[1]]
    return lines[int(named[2]) - 1] if named[2] else mean_wavelength(*lines)


@dataclass(frozen=True, kw_only=True, eq=False)
class Pattern:
    """A measured powder pattern.

    Attributes:
        positions: where it was measured, rising, (n,): two-theta in degrees or q = 4 pi sin(theta) / wavelength in 1/Å.
        intensities: what was measured there, in any unit, (n,).
        unit: ``two_theta`` or ``q``.
        esd: standard uncertainties of the intensities, (n,), where they are stated.
        wavelengths_A: the wavelengths that the file states, Å: none, one, or those of K-alpha 1 and 2.
        ratio: intensity of the second of two wavelengths relative to the first.
        anode: symbol of the anode's element, "" where it is not stated.
        radiation: ``xray``, ``neutron``, or "" where it is not stated.
        title: what the file calls it.
        block: the name of its part of the file, "" where the file has one pattern.
        facts: what else the file says, by its own words, e.g. the name of a mineral.
    """

    positions: np.ndarray
    intensities: np.ndarray
    unit: Literal["two_theta", "q"] = "two_theta"
    esd: np.ndarray | None = None
    wavelengths_A: tuple[float, ...] = ()
    ratio: float = RATIO
    anode: str = ""
    radiation: str = ""
    title: str = ""
    block: str = ""
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def wavelength_A(self) -> float | None:
        """The wavelength at which its angles are, Å: of two lines their mean; None where the file states none."""
        if len(self.wavelengths_A) == 2:
            return mean_wavelength(*self.wavelengths_A, self.ratio)
        return self.wavelengths_A[0] if self.wavelengths_A else None
