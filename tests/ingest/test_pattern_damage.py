"""Every kind of damage to a file of a pattern: one line that says what is wrong, never half a pattern."""

import re

import numpy as np
import pytest

from sgbench.ingest import Damaged
from sgbench.ingest.diffractograms import brml, read
from tests.ingest import pattern_files as files
from tests.ingest.pattern_files import POINTS, STEP, X, Y, columns

CSV = columns(separator=",")


def changed(place, **values):
    """Return columns with one point changed."""
    x, y = X.astype(object), Y.astype(object)
    x[place], y[place] = values.get("x", x[place]), values.get("y", y[place])
    return "".join(f"{a} {b}\n" for a, b in zip(x, y, strict=True))


def cut(content, share=0.5):
    return content[: int(share * len(content))]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'

DAMAGE = {
    "empty": ("", "is empty"),
    "blank": (" \n\n", "is empty"),
    "zeros": (bytes(5000), "is empty"),
    "words": ("This is a letter,\nand no pattern.\n", "holds no columns of numbers"),
    "one column": ("\n".join(map(str, Y)), "holds no columns of numbers"),
    "a page of the web": ("<!DOCTYPE html><html><body>404</body></html>", "is a page of the web"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50, "is binary, and of no format"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(2000), "is binary, and of no format"),
    "a stray word": (CSV.replace("\n40.0000,", "\nbeam lost\n40.0000,"), "line 1501 is no row of numbers: beam lost"),
    "a short row": (CSV.replace("\n40.0000,", "\n39.9999\n40.0000,"), "line 1501 has fewer than the 2 columns"),
    "an empty field": (CSV.replace("40.0000,200.0", "40.0000, ,3"), "is damaged, not readable as columns of numbers"),
    "NaN": (changed(7, y="nan"), "has an intensity that is NaN, 1 in all, the first at point 8"),
    "infinite": (changed(9, y="inf"), "intensity that is infinite, 1 in all, the first at point 10"),
    "NaN for an angle": (changed(9, x="nan"), "position that is NaN"),
    "too large a number": (changed(9, y="1e999"), "intensity that is infinite"),
    "unsorted": (changed(9, x="55.0"), "has positions that go up and down, 55 and then 10.2"),
    "columns swapped": (columns(Y, X), "go up and down"),
    "two scans, one after the other": (columns() + columns(), "go up and down, 69.98 and then 10"),
    "angles cut off": (columns(np.floor(X), Y), "the same position again and again"),
    "negative": (changed(9, y=-5000), "has negative intensities, down to -5000"),
    "zero": (columns(y=0 * Y), "is zero everywhere"),
    "constant": (columns(y=0 * Y + 7), "is 7 everywhere"),
    "beyond 180 degrees": (columns(X * 3), "goes to 209.94, and two-theta in degrees ends at 180"),
    "radians": (
        columns(np.radians(X), decimals=6),
        "ends at 1.22138, too little for two-theta",
    ),
    "d without a header": (columns(5 - X / 20), "ends at 4.5, too little"),
    "a list of peaks": (columns(X[::100], Y[::100]), "has 30 points above 0, too few"),
    "a long list of peaks": (columns(X[::50], Y[::50]), "has steps of 1, too wide for a measured pattern"),
    "energies": (columns(header="Energy (keV), counts\n", separator=","), "is energy-dispersive"),
    "time of flight": (columns(header="# TOF I\n"), "is measured by time of flight"),
    "theta": (columns(header="theta,counts\n", separator=","), "has theta or omega as its axis"),
    "d of zero": (columns(X - X[0], header="d,I\n", separator=","), "has a spacing d that is not above 0"),
    "several wavelengths": (columns(header="# wavelength 1.5406\n# wavelength 0.7093\n"), "states several wavelengths"),
    "a wavelength in the wrong unit": (
        files.powder_cif(wavelength="_diffrn_radiation_wavelength 154.05"),
        "154.05 Å; no",
    ),
    "ras cut off": (cut(files.ras()), r"is damaged, not readable as Rigaku \.ras: it ends before \*RAS_INT_END"),
    "ras without scans": ("*RAS_DATA_START\n*RAS_DATA_END\n", "not readable as Rigaku"),
    "ras, a rocking curve": (files.ras(axis="Omega"), "is a scan of Omega, and no powder pattern"),
    "uxd, a rocking curve": (files.uxd(drive="THETA"), "is a scan of THETA, and no powder pattern"),
    "uxd without numbers": (cut(files.uxd(), 0.005), "is damaged, not readable as Bruker .uxd: it holds no _COUNTS"),
    "uxd, a list of peaks": (files.uxd(mark="_D-I"), "not readable as Bruker .uxd"),
    "uxd, a stray word": (
        files.uxd().replace("       200", "  counts", 1),
        "not readable as Bruker .uxd: could not convert",
    ),
    "xrdml cut off": (cut(files.xrdml()), r"is damaged, not readable as PANalytical \.xrdml"),
    "xrdml, a rocking curve": (files.xrdml(axis="Phi"), "is a scan of Gonio, and no powder pattern"),
    "xrdml without a scan": (files.xrdml(scans=0), "it holds no scan"),
    "xrdml without counts": (files.xrdml(counts="<counts></counts>"), "has 0 points above 0"),
    "xrdml of entities": (files.xrdml().replace("?>", f"?>{BOMB}", 1), "document type or entities, which is not read"),
    "GSAS cut off": (cut(files.gsas("FXYE")), r"is cut off: 1\d\d\d of 3000 points are there|not readable as GSAS"),
    "GSAS, time of flight": (files.gsas().replace("CONST", "SLOG"), "is measured by time of flight"),
    "GSAS, energies": (files.gsas().replace("CONST", "EDS"), "is energy-dispersive"),
    "GSAS, a stray word": (files.gsas("ESD").replace("200.0", "abcde", 1), "not readable as GSAS"),
    "CIF of a crystal": ("data_x\n_cell_length_a 5.43\n", "is a CIF with no powder pattern"),
    "CIF of a calculation": (
        "data_x\nloop_\n_pd_calc_intensity_total\n1\n2\n",
        "is a CIF with calculated intensities alone",
    ),
    "CIF without an axis": (files.powder_cif("_pd_other"), "states no axis of its intensities"),
    "CIF, time of flight": (files.powder_cif("_pd_meas_time_of_flight"), "is measured by time of flight"),
    "CIF cut off": (cut(files.powder_cif()), "powder CIF|has .* points|intensit"),
    "CIF with a word": (files.powder_cif().replace("200(14)", "many", 1), "has many in the place of a number"),
    "a zip archive": (files.zipped(notes="x"), "is a zip archive without RawData0.xml"),
    "brml cut off": (cut(files.zipped(Experiment0__RawData0=files.brml_scan())), "not readable as Bruker .brml"),
    "brml with broken XML": (files.zipped(RawData0=cut(files.brml_scan())), "not readable as Bruker .brml"),
    "brml, a rocking curve": (files.zipped(RawData0=files.brml_scan(axes=("Theta",))), "is a scan of Theta, and no"),
    "brml, columns elsewhere": (
        files.zipped(RawData0=files.brml_scan().replace('Start="2"', 'Start="4"').replace('"Recorded', '"Other')),
        "has values from 200 to .* where two-theta should be",
    ),
    "brml of entities": (files.zipped(RawData0=files.brml_scan().replace("?>", f"?>{BOMB}", 1)), "type or entities"),
    "raw 4, a rocking curve": (files.raw_4(scan=b"Rocking Curve"), "is a scan of kind Rocking Curve"),
    **{
        f"raw {version} cut off": (cut(getattr(files, f"raw_{version}")()), "is cut off: 1.*of 3000 points")
        for version in (1, 2, 3, 4)
    },
    **{
        f"raw {version}, a mark alone": (getattr(files, f"raw_{version}")()[:20], "is cut off: its header")
        for version in (1, 2, 3)
    },
    "raw 4, a mark alone": (files.raw_4()[:20], "holds no scan"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_said_in_a_line(tmp_path, name):
    content, reason = DAMAGE[name]
    path = tmp_path / "a.dat"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = read(path)
    assert found
    assert all(isinstance(one, Damaged) for one in found), found
    assert "\n" not in found[0].reason
    assert re.search(reason, found[0].reason), found[0].reason


def test_what_is_no_file_is_said(tmp_path):
    assert read(tmp_path / "missing.xy") == [Damaged("", "cannot be read: no such file or directory")]
    assert read(tmp_path) == [Damaged("", "cannot be read: is a directory")]


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(brml, "_LARGEST", 1_000_000)
    (tmp_path / "a.brml").write_bytes(files.zipped(RawData0=" " * 5_000_000))
    assert (tmp_path / "a.brml").stat().st_size < 10_000
    assert read(tmp_path / "a.brml") == [Damaged("", "RawData0.xml is larger than 1 MB, and no scan")]


def test_a_damaged_scan_leaves_the_others(tmp_path):
    text = files.xrdml(scans=3).replace(f"{Y[0]:.0f} ", "NaN ", 1)
    (tmp_path / "a.xrdml").write_text(text)
    first, *others = read(tmp_path / "a.xrdml")
    assert first == Damaged("1", "has an intensity that is NaN, 1 in all, the first at point 1")
    assert [one.block for one in others] == ["2", "3"]


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_no_bytes_bring_a_reader_down(tmp_path, version):
    """Flip bytes of headers at random: read, or said."""
    rng = np.random.default_rng(version)
    original = getattr(files, f"raw_{version}")()
    for _ in range(100):
        content = bytearray(original)
        for place in rng.integers(4, 1200, 8):
            content[place] = rng.integers(256)
        (tmp_path / "a.raw").write_bytes(content)
        assert read(tmp_path / "a.raw")


@pytest.mark.parametrize("make", [files.uxd, files.ras, files.xrdml, files.gsas, files.powder_cif, columns])
def test_no_text_brings_a_reader_down(tmp_path, make):
    """Cut, double or scramble pieces of a text at random: read, or said."""
    rng, original = np.random.default_rng(0), make().encode()
    for _ in range(40):
        content = bytearray(original)
        first, last = np.sort(rng.integers(0, min(len(content), 3000), 2))
        content[first:last] = [b"", content[first:last] * 2, rng.bytes(last - first), b"1e9 "][rng.integers(4)]
        (tmp_path / "a.dat").write_bytes(content)
        assert read(tmp_path / "a.dat")


def test_steps_that_vary_are_no_damage(tmp_path):
    x = np.cumsum(STEP * (1 + np.arange(POINTS) / POINTS)) + 5
    (tmp_path / "a.xy").write_text(columns(x, Y))
    [found] = read(tmp_path / "a.xy")
    np.testing.assert_allclose(found.positions, x, atol=1e-4)


def test_a_drive_may_jitter(tmp_path):
    order = np.arange(POINTS)
    order[[100, 101]] = 101, 100
    (tmp_path / "a.xy").write_text(columns(X[order], Y[order]))
    [found] = read(tmp_path / "a.xy")
    np.testing.assert_array_equal([found.positions, found.intensities], [X, Y])


def test_noise_below_zero_is_no_damage(tmp_path):
    (tmp_path / "a.xy").write_text(columns(y=Y - 210))
    [found] = read(tmp_path / "a.xy")
    assert found.intensities.min() == -10
