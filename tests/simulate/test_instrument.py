"""Instruments: what their values say, and where they were measured."""

import numpy as np
import pytest

from sgbench.remeasure import Conditions, powder
from sgbench.simulate.instrument import INSTRUMENTS, RESOLUTIONS, Settings
from sgbench.simulate.powder import pattern
from sgbench.study.schema import read
from tests.kinds import SCHEMA
from tests.simulate.test_profile import CRYSTAL


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


def test_the_schema_names_the_same_ones():
    (powder,) = (
        branch["then"]["properties"]
        for branch in read(SCHEMA).json["$defs"]["modalities"]["allOf"]
        if branch["if"]["properties"] == {"simulate": {"const": "powder"}}
    )
    assert powder["instrument"]["then"]["enum"] == list(INSTRUMENTS)
    assert powder["resolution"]["then"]["enum"] == ["none", *RESOLUTIONS]


@pytest.mark.parametrize("values", [{"instrument": "laboratory"}, {"resolution": "low"}, {"size_A": 100.0}])
def test_another_measurement_widens_what_the_instrument_broadens(values):
    made_by = {"simulate": "powder", "radiation": "xray", "two_theta_deg": [30, 60], "bins": 3000, **values}
    conditions = Conditions(march=(1, 1), width=(1.5, 1.5))
    _, wide = powder.measure(CRYSTAL, made_by, conditions, np.random.default_rng(0))
    plain = pattern(CRYSTAL, Settings(radiation="xray", two_theta_deg=(30, 60), bins=3000, **values))
    ratio = (wide > 0.7).sum() / (plain > 0.7).sum()  # square roots of intensities
    assert ratio == pytest.approx(1.0 if "size_A" in values else 1.5, abs=0.1)
