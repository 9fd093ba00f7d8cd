"""Every format, on a file as its instrument writes it: the same positions, intensities and wavelengths."""

import numpy as np
import pytest

from sgbench.ingest.diffractograms import read
from sgbench.samples.pattern import K_ALPHA_A, Pattern, mean_wavelength
from tests.ingest import pattern_files as files
from tests.ingest.pattern_files import K_ALPHA, POINTS, X, Y, columns

HEADER = "Silicon standard\n# Wavelength: 1.5406 Angstrom\n2theta\tcounts\n"
ESD = np.sqrt(Y)
CHI, Q = files.chi()

# What is written, the suffix of its name, and the wavelengths that it states.
TEXTS = {
    "xy": (columns(), "xy", ()),
    "xy, upper case": (columns(), "XY", ()),
    "xye": (columns(third=ESD), "xye", ()),
    "tabs and a header": (columns(separator="\t", header=HEADER), "txt", (1.5406,)),
    "csv": (columns(separator=","), "csv", ()),
    "csv with blanks": (columns(separator=", "), "csv", ()),
    "quoted csv": (
        columns(separator='","').replace("\n", '"\n"')[:-1].replace('10.0000","', '"10.0000","', 1),
        "csv",
        (),
    ),
    "decimal commas": (columns(separator=";", comma=True, header="Winkel;Intensität\n"), "csv", ()),
    "decimal commas, tabs": (columns(separator="\t", comma=True), "dat", ()),
    "decimal commas, blanks": (columns(separator="   ", comma=True), "dat", ()),
    "a footer": (columns(separator=", ", footer="##END=\n"), "txt", ()),
    "comments among the numbers": (
        columns(header="! Cu Kalpha\n").replace("11.0000", "# shutter\n11.0000"),
        "xy",
        K_ALPHA_A["Cu"],
    ),
    "K-alpha 1 alone": (columns(header="# CuKa1 radiation\n"), "xy", K_ALPHA_A["Cu"][:1]),
    "nanometres": (columns(header="# lambda = 0.15406 nm\n"), "xy", (1.5406,)),
    "metres": (columns(header="# wavelength: 4.133e-11\n# 2th_deg I\n"), "dat", (0.4133,)),
    "a wavelength in a table": (
        columns(header="Wavelength (A),1.5406\nAngle,Counts\n", separator=","),
        "csv",
        (1.5406,),
    ),
    "settings in a line": (columns(header="# Wavelength=1.5406, Start=5.000, Energy=8.05 keV\n"), "xy", (1.5406,)),
    "Bruker's xy": (columns(header=files.EVA), "xy", K_ALPHA_A["Cu"]),
    "headers that name no axis": (columns(header=files.CHATTER), "txt", ()),
    "old ends of lines": (columns(end="\r"), "xy", ()),
    "a number cut off": (columns() + "70.0", "xy", ()),
    "RRUFF": (columns(separator=", ", header=files.RRUFF, footer="##END=\n"), "txt", (1.541838,)),
    "PANalytical's csv": (columns(separator=",", header=files.PANALYTICAL_CSV), "csv", K_ALPHA),
    "start, step and end": (files.in_steps(), "dat", ()),
    "uxd": (files.uxd(), "uxd", K_ALPHA),
    "uxd with angles": (files.uxd(angles=True), "UXD", K_ALPHA),
    "ras": (files.ras(), "ras", K_ALPHA),
    "ras with an attenuator": (files.ras(factor=4.0), "ras", K_ALPHA),
    "xrdml": (files.xrdml(), "xrdml", K_ALPHA),
    "xrdml of another version": (files.xrdml(version="2.1"), "XRDML", K_ALPHA),
    "xrdml, K-alpha 1": (files.xrdml("K-Alpha 1"), "xrdml", K_ALPHA[:1]),
    "xrdml, K-beta": (files.xrdml("K-Beta"), "xrdml", (1.39225,)),
    "xrdml, positions listed": (files.xrdml(listed=True), "xrdml", K_ALPHA),
    "xrdml, radians": (files.xrdml(unit="rad"), "xrdml", K_ALPHA),
    "GSAS": (files.gsas(), "gsas", (1.5406,)),
    "GSAS with uncertainties": (files.gsas("ESD"), "esd", (1.5406,)),
    "fxye": (files.gsas("FXYE"), "fxye", (1.5406,)),
    "fxy": (files.gsas("FXY"), "gsa", (1.5406,)),
    "powder CIF": (files.powder_cif(), "cif", (1.5405,)),
    "powder CIF in steps": (files.powder_cif(ranged=True), "cif", (1.5405,)),
    "powder CIF that names the line": (files.powder_cif(wavelength=""), "cif", K_ALPHA_A["Cu"][:1]),
}
BYTES = {
    "raw 1": (files.raw_1(), "raw", K_ALPHA),
    "raw 2": (files.raw_2(), "raw", K_ALPHA),
    "raw 3": (files.raw_3(), "RAW", K_ALPHA),
    "raw 4": (files.raw_4(), "raw", K_ALPHA),
    "raw 4, 12 bytes a point": (files.raw_4(size=12), "raw", K_ALPHA),
    "brml": (files.zipped(Experiment0__RawData0=files.brml_scan()), "brml", K_ALPHA),
    "brml without views": (files.zipped(Experiment0__RawData0=files.brml_scan(views=False)), "brml", K_ALPHA),
    "brml, a detector at rest": (files.zipped(Experiment0__RawData0=files.brml_scan(still=True)), "brml", K_ALPHA),
    **{
        f"{name} in UTF-16": (text.encode("utf-16"), suffix, lines)
        for name, (text, suffix, lines) in [*TEXTS.items()][::4]
    },
    "UTF-8 with a mark": (columns(header="Prüfling\n").encode("utf-8-sig"), "xy", ()),
    "UTF-16 without a mark": (columns(header="Prüfling\n").encode("utf-16-le"), "xy", ()),
    "Latin-1": (columns(header="Prüfling; Schrittweite 0,02°\n").encode("latin1"), "xy", ()),
}
ALL = {**{name: (text.encode(), suffix, lines) for name, (text, suffix, lines) in TEXTS.items()}, **BYTES}


def only(path) -> Pattern:
    [found] = read(path)
    assert isinstance(found, Pattern), found
    return found


@pytest.mark.parametrize("name", ALL)
def test_a_file_is_read_as_it_was_measured(tmp_path, name):
    content, suffix, wavelengths = ALL[name]
    path = tmp_path / f"silicon.{suffix}"
    path.write_bytes(content)
    found = only(path)
    assert found.unit == "two_theta"
    np.testing.assert_allclose(found.positions, X, atol=2e-5)
    np.testing.assert_allclose(found.intensities, Y, rtol=1e-6)
    assert found.wavelengths_A == pytest.approx(wavelengths)
    # What is detected is the content: another name changes nothing.
    other = tmp_path / "silicon.unknown"
    other.write_bytes(content)
    np.testing.assert_array_equal(only(other).intensities, found.intensities)


def test_uncertainties_are_read_where_they_are_stated(tmp_path):
    stated = {"a.xye": columns(third=ESD), "b.csv": columns(separator=",", third=ESD, header="2theta,I,sigma\n")}
    stated |= {"c.esd": files.gsas("ESD"), "d.fxye": files.gsas("FXYE")}
    for name, text in {**stated, "e.xy": columns(third=ESD)}.items():
        (tmp_path / name).write_text(text)
        esd = only(tmp_path / name).esd
        assert (esd is not None) == (name in stated), name
        if esd is not None:
            np.testing.assert_allclose(esd, ESD, atol=1e-3)


@pytest.mark.parametrize(
    ("header", "order"),
    [("index,2theta,counts\n", (2, 0, 1)), ("intensity,esd,2Theta (deg),I_obs\n", (1, 1, 0, 1))],
)
def test_columns_are_found_by_their_names(tmp_path, header, order):
    values = np.stack([X, Y, np.arange(POINTS)])[list(order)]
    (tmp_path / "a.csv").write_text(header + "\n".join(",".join(map(str, row)) for row in values.T))
    found = only(tmp_path / "a.csv")
    np.testing.assert_allclose([found.positions, found.intensities], [X, Y])


Q_OF_X = 4 * np.pi * np.sin(np.radians(X) / 2) / 1.5406
IN_Q = {
    "q": columns(Q_OF_X, header="# q (1/A)  I\n"),
    "q of pyFAI": columns(Q_OF_X, header="# q_A^-1   I\n"),
    "q in 1/nm": columns(10 * Q_OF_X, header="q_nm^-1,intensity\n", separator=","),
    "d, falling": columns(2 * np.pi / Q_OF_X, header="d-spacing,counts\n", separator=","),
    "d, a csv": columns(2 * np.pi / Q_OF_X, header="d (A);I\n", separator=";"),
    "powder CIF in d": files.powder_cif("_pd_proc_d_spacing", 2 * np.pi / Q_OF_X),
    "powder CIF in q": files.powder_cif("_pd_proc_recip_len_q", Q_OF_X),
}


@pytest.mark.parametrize("name", IN_Q)
def test_other_axes_become_q(tmp_path, name):
    (tmp_path / "a.dat").write_text(IN_Q[name])
    found = only(tmp_path / "a.dat")
    assert found.unit == "q"
    # Both ways are rounded to decimals: those of d are coarse at small d, and some fall together.
    np.testing.assert_allclose(found.positions[[0, -1]], Q_OF_X[[0, -1]], rtol=1e-4)
    assert found.positions[found.intensities.argmax()] == pytest.approx(Q_OF_X[Y.argmax()], rel=1e-4)
    assert (np.diff(found.positions) > 0).all()


def test_two_theta_in_radians_is_said_by_the_header(tmp_path):
    (tmp_path / "a.dat").write_text(columns(np.radians(X), header="# 2th_rad I\n", decimals=8))
    np.testing.assert_allclose(only(tmp_path / "a.dat").positions, X, atol=1e-5)


def test_an_integration_of_an_image_is_read(tmp_path):
    (tmp_path / "a.chi").write_text(CHI)
    found = only(tmp_path / "a.chi")
    assert found.unit == "q"
    np.testing.assert_allclose(found.positions, Q, rtol=1e-6)


@pytest.mark.parametrize(
    "content",
    [
        files.raw_2(3),
        files.raw_3(3, supplement=0),
        files.ras(scans=3).encode(),
        files.xrdml(scans=3).encode(),
        files.zipped(**{f"Experiment0__RawData{place}": files.brml_scan() for place in range(3)}),
    ],
    ids=["raw 2", "raw 3", "ras", "xrdml", "brml"],
)
def test_each_scan_is_a_pattern(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    found = read(tmp_path / "a")
    assert [one.block for one in found] == ["1", "2", "3"]
    for one in found:
        np.testing.assert_allclose(one.intensities, Y)


def test_of_routes_from_a_detector_the_last_counts(tmp_path):
    scan = files.brml_scan()
    route = scan[scan.index("<DataRoute ") : scan.index("</DataRoutes>")]
    log = '<DataRoute><ScanInformation ScanName="NonAmbientModeData"/><Datum>1,295</Datum></DataRoute>'
    routes = route.replace(f",{Y[0]:.0f}<", ",7<") + route + log
    (tmp_path / "a.brml").write_bytes(files.zipped(RawData0=scan.replace(route, routes)))
    np.testing.assert_allclose(only(tmp_path / "a.brml").intensities, Y)


def test_points_that_fall_are_turned_and_those_at_one_place_averaged(tmp_path):
    (tmp_path / "a.xy").write_text(columns(X[::-1], Y[::-1]))
    found = only(tmp_path / "a.xy")
    np.testing.assert_array_equal([found.positions, found.intensities], [X, Y])
    (tmp_path / "a.xy").write_text(columns(np.insert(X, 5, X[4]), np.insert(Y, 5, Y[4] + 10)))
    found = only(tmp_path / "a.xy")
    assert len(found.positions) == POINTS
    assert found.intensities[4] == Y[4] + 5


def test_of_two_lines_the_wavelength_is_their_mean():
    pattern = Pattern(positions=X, intensities=Y, wavelengths_A=K_ALPHA)
    assert pattern.wavelength_A == pytest.approx((2 * K_ALPHA[0] + K_ALPHA[1]) / 3)
    assert mean_wavelength(*K_ALPHA_A["Cu"]) == pytest.approx(1.54187, abs=1e-4)
    assert Pattern(positions=X, intensities=Y).wavelength_A is None


def test_titles_and_facts_are_kept(tmp_path):
    (tmp_path / "a.txt").write_text(columns(separator=", ", header=files.RRUFF))
    found = only(tmp_path / "a.txt")
    assert found.title == "Silicon"
    assert found.facts["RRUFFID"] == "R050145"
    for name in ("raw 1", "raw 3", "uxd", "ras", "xrdml", "powder CIF"):
        (tmp_path / "a").write_bytes(ALL[name][0])
        assert only(tmp_path / "a").title == "silicon", name
