"""The modality: files and a table of labels become a store; nothing is lost, and no wavelength is assumed."""

import json

import numpy as np
import pandas as pd
import pytest

from sgbench.errors import SgbenchError
from sgbench.ingest.patterns import Settings
from sgbench.samples.pattern import K_ALPHA_A, mean_wavelength
from sgbench.samples.store import Store
from sgbench.simulate.powder import Settings as Powder
from tests.ingest import pattern_files as files
from tests.ingest.pattern_files import X, columns

BINS = 256


@pytest.fixture
def folder(tmp_path):
    """A folder of patterns of silicon and others, and its labels."""
    (tmp_path / "more").mkdir()
    written = {
        "Si.xy": columns(header="# wavelength: 1.5406\n").encode(),
        "Si mean.csv": columns(separator=",").encode(),
        "more/Si.xy": files.uxd().encode(),
        "scans.brml": files.zipped(RawData0=files.brml_scan(), RawData1=files.brml_scan(axes=("Theta",))),
        "q.dat": columns(4 * np.pi * np.sin(np.radians(X) / 2) / 0.7, header="q (1/A) I\n").encode(),
        "cut.raw": files.raw_3()[:5000],
    }
    for name, content in written.items():
        (tmp_path / name).write_bytes(content)
    rows = [(name, 227, "Si8", 1.5406 if name == "Si mean.csv" else None, "a box") for name in written]
    table = pd.DataFrame(rows, columns=["file", "space_group", "formula", "wavelength_A", "kept_in"])
    table.to_csv(tmp_path / "labels.csv", index=False)
    return tmp_path


def paths(folder, *names):
    found = [folder / name for name in names] or sorted(
        path for path in folder.rglob("*.*") if path.is_file() and path.name != "labels.csv"
    )
    return [folder / "labels.csv", *found]


def relabel(folder, **columns):
    table = pd.read_csv(folder / "labels.csv")
    for name, values in columns.items():
        table[name] = values
    table.to_csv(folder / "labels.csv", index=False)


def read(reader, folder, *names, **settings):
    part = reader.part(paths(folder, *names), "patterns", "measured", {"bins": BINS, **settings})
    return *reader.merge([part]), Store(part[0])


def test_found_is_kept_and_quarantined(reader, folder, tmp_path_factory):
    reader.folder = tmp_path_factory.mktemp("parts")
    table, quarantine, store = read(reader, folder)
    assert store.made_by["found"] == len(table) + len(quarantine) == 7
    ids = ["Si mean.csv", "Si.xy", "more/Si.xy", "q.dat", "scans.brml#1"]
    assert table["id"].tolist() == [f"measured/{name}" for name in ids]
    assert quarantine[["group", "reason"]].to_numpy().tolist() == [
        ["cut.raw", "is cut off: 986 of 3000 points are there"],
        ["scans.brml#2", "is a scan of Theta, and no powder pattern"],
    ]
    assert quarantine["file"].str.startswith(str(folder)).all()
    assert table["formula"].unique().tolist() == ["Si"]
    assert table["crystal_system"].unique().tolist() == ["cubic"]
    two = mean_wavelength(*files.K_ALPHA)
    np.testing.assert_allclose(table["wavelength_A"], [1.5406, 1.5406, two, np.nan, two])
    assert json.loads(table["attributes"][2]) == {"anode": "Cu", "kept_in": "a box", "title": "silicon"}
    assert table["measured"].between(0.4, 1).all()


def test_the_same_intensities_from_other_formats_are_the_same_pattern(reader, folder, tmp_path_factory):
    reader.folder = tmp_path_factory.mktemp("parts")
    table, _, store = read(reader, folder)
    images = dict(zip(table["id"], store, strict=True))
    np.testing.assert_allclose(images["measured/more/Si.xy"], images["measured/scans.brml#1"], atol=1e-6)
    np.testing.assert_allclose(images["measured/Si.xy"], images["measured/Si mean.csv"], atol=1e-6)
    assert store.shape == (1, 1, BINS)
    centres = Powder(bins=BINS).angles_deg
    # At 28.44 degrees, measured with 1.5406 Å where the axis has 1.54184.
    q = 4 * np.pi * np.sin(np.radians(28.44) / 2) / 1.5406
    place = 2 * np.degrees(np.arcsin(q * 1.54184 / 4 / np.pi))
    assert abs(centres[images["measured/Si.xy"].argmax()] - place) < 100 / BINS


def test_no_wavelength_is_assumed(reader, folder, tmp_path_factory):
    reader.folder = tmp_path_factory.mktemp("parts")
    relabel(folder, wavelength_A=None)
    _, quarantine, _ = read(reader, folder)
    reason = (
        "states no wavelength; give it in a column wavelength_A of labels.csv, or for all such files as measured_at_A"
    )
    assert quarantine.loc[quarantine["group"] == "Si mean.csv", "reason"].tolist() == [reason]
    for given, wavelength in (("CuKa", mean_wavelength(*K_ALPHA_A["Cu"])), ("CuKa1", K_ALPHA_A["Cu"][0]), (1.2, 1.2)):
        table, _, _ = read(reader, folder, measured_at_A=given)
        found = table.set_index("id")["wavelength_A"]
        assert found["measured/Si mean.csv"] == pytest.approx(wavelength)
        assert found["measured/Si.xy"] == 1.5406


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("space_group", 231, "has the space_group 231 in labels.csv, which is no number from 1 to 230"),
        ("space_group", "Fd-3m", "has the space_group Fd-3m in labels.csv"),
        ("space_group", None, "has the space_group None in labels.csv"),
        ("wavelength_A", 0.7093, "states a wavelength of 1.5406 Å, and labels.csv one of 0.7093 Å"),
        ("wavelength_A", "copper", "has the wavelength_A copper in labels.csv, which is no number above 0"),
        ("file", "Silicon.xy", "has no row in labels.csv"),
        ("file", "Si mean.csv", "has no row in labels.csv"),
    ],
)
def test_labels_that_do_not_fit_are_said(reader, folder, tmp_path_factory, column, value, reason):
    reader.folder = tmp_path_factory.mktemp("parts")
    table = pd.read_csv(folder / "labels.csv").astype({"space_group": object, "wavelength_A": object})
    table.loc[table["file"] == "Si.xy", column] = value
    table.to_csv(folder / "labels.csv", index=False)
    _, quarantine, _ = read(reader, folder)
    found = quarantine.set_index("group")["reason"]
    assert found["Si.xy"].startswith(reason)
    if value == "Silicon.xy":
        assert found[value] == "is named in labels.csv, and not among the files"
    if value == "Si mean.csv":
        assert found[value] == "has several rows in labels.csv"


def test_a_range_that_says_too_little_is_set_aside(reader, folder, tmp_path_factory):
    reader.folder = tmp_path_factory.mktemp("parts")
    _, quarantine, _ = read(reader, folder, two_theta_deg=(5, 100), wavelength_A=0.4)
    assert quarantine.set_index("group")["reason"]["Si.xy"].startswith("is measured from 10 to 69.98 degrees, 12 % of")


def test_without_a_formula_scans_of_a_file_are_one_material(reader, folder, tmp_path_factory):
    reader.folder = tmp_path_factory.mktemp("parts")
    (folder / "scans.brml").write_bytes(files.zipped(RawData0=files.brml_scan(), RawData1=files.brml_scan()))
    relabel(folder, formula=None)
    table, _, _ = read(reader, folder)
    assert table["material"].nunique() == len(table) - 1
    assert table["material"].tolist()[-2:] == ["scans.brml", "scans.brml"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name;space_group\n", "labels.csv: has no column file; its columns: name;space_group"),
        ("file,group\na,1\n", "labels.csv: has no column space_group"),
        (
            "file,space_group,wavelength\na,1,1.54\n",
            "labels.csv: call the column wavelength wavelength_A, and give it in",
        ),
        ("", "labels.csv: not a readable table"),
    ],
)
def test_a_table_that_is_none_is_an_error(reader, folder, content, message):
    (folder / "labels.csv").write_text(content)
    with pytest.raises(SgbenchError, match=message):
        read(reader, folder)


def test_settings_are_those_of_simulated_patterns():
    shared = ("wavelength_A", "two_theta_deg", "bins", "axis", "scale_exponent")
    assert {name: getattr(Settings(), name) for name in shared} == {name: getattr(Powder(), name) for name in shared}
    with pytest.raises(SgbenchError, match="two rising angles"):
        Settings(two_theta_deg=(90, 10))
