"""The figure of measured patterns."""

import numpy as np

from sgbench.report import measurement
from sgbench.simulate.instrument import Settings
from sgbench.simulate.measurement import PRESETS

MADE_BY = {"simulate": "powder", "radiation": "xray", "bins": 512, "axis": "log_q"}


def test_the_figure_shows_one_pattern_under_each_preset():
    images = np.zeros((4, 1, 1, 512), np.float32)
    images[:, 0, 0, 100:400:50] = 1
    measured = measurement.apply(images[0], images[1:], MADE_BY)
    assert list(measured) == list(PRESETS)
    np.testing.assert_allclose(measured["clean"], np.repeat(images[0, 0], 3, axis=0), atol=1e-6)
    table = measurement.tabulate(measured, Settings(radiation="xray", bins=512, axis="log_q"))
    figure = measurement.draw(table)
    assert [axes.get_title(loc="left") for axes in figure.axes[::3]] == list(PRESETS)
    for axes, (_, rows) in zip(figure.axes, table.groupby(["preset", "seed"], sort=False), strict=True):
        (line,) = axes.lines
        np.testing.assert_array_equal(line.get_ydata(), rows["value"])
        np.testing.assert_array_equal(line.get_xdata(), rows["two_theta_deg"])
