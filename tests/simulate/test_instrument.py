"""Instruments: what their values say, and where they were measured."""

import numpy as np
import pytest

from sgbench.simulate.powder import Settings


@pytest.mark.parametrize(
    ("name", "centideg2", "wavelength_A", "plane"),
    [
        ("low", (798.889, -444.367, 242.406), 2.4063, (1, 1, 3)),
        ("high", (206.142, -182.742, 106.310), 1.227, (3, 3, 5)),
    ],
)
def test_widths_hold_at_the_wavelength_where_they_are_used(name, centideg2, wavelength_A, plane):
    def tangent(wavelength_A, plane):  # of the Bragg angle of a germanium monochromator
        return np.tan(np.arcsin(wavelength_A * np.linalg.norm(plane) / 2 / 5.658))

    ratio = tangent(wavelength_A, plane) / tangent(Settings().wavelength_A, (1, 1, 5))
    u, v, w = 8 * np.log(2) / 1e4 * np.array(centideg2) * [ratio**2, ratio, 1]  # Caglioti et al. (1958)
    angles = np.linspace(10, 110, 50)
    tan = np.tan(np.radians(angles) / 2)
    converted = np.sqrt(u * tan**2 + v * tan + w)
    np.testing.assert_allclose(Settings(resolution=name).fwhm(angles), converted, rtol=0.015)
