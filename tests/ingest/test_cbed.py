import json

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sgbench.errors import SgbenchError
from sgbench.files import checksum
from sgbench.ingest import batchfile, cbed
from sgbench.samples.materials import materials
from sgbench.samples.store import Store
from tests.ingest.conftest import SETTINGS, SIZE, about, some_samples, stack


def test_what_is_written_is_read(reader, tmp_path):
    parts = []
    for name in ("batch_train_0", "batch_dev_0"):
        batchfile.write(tmp_path / f"{name}.h5", some_samples(seed=len(name)))
        parts.append(reader.part(tmp_path / f"{name}.h5"))
    table, quarantine = reader.merge(parts)
    assert len(table) == 60
    assert len(quarantine) == 0
    assert table["id"].is_unique
    assert table["partition"].value_counts().to_dict() == {"train": 30, "dev": 30}
    assert table["energy_kev"][:10].tolist() == list(range(100, 200, 10))
    first = table.iloc[0]
    assert (first["id"], first["file"], first["group"]) == (
        "batch_train_0/sample_0_0", str(tmp_path / "batch_train_0.h5"), "sample_0_0",
    )  # fmt: skip
    assert (first["material"], first["formula"], first["cell_formula"]) == ("m0", "FeO2", "Fe1 O2")
    assert (first["space_group"], first["crystal_system"], first["bravais_lattice"]) == (1, "triclinic", "aP")
    assert (first["a"], first["gamma"], first["z3_z"], first["y1_y"]) == (5.0, 100.0, 8.0, -1.0)
    assert (first["semi_angle_1_rad"], first["d_hkl_1_A"]) == (0.00276776, 3.34336566)
    # One material each, so ties are broken by number.
    assert table["space_group_rank"].tolist() == 2 * (10 * [1] + 10 * [2] + 10 * [3])
    images = Store(tmp_path / "store.h5").read(np.arange(60))
    for row in (0, 17, 59):
        place = table.iloc[row]
        original = h5py.File(place["file"])[place["group"]]["cbed_stack"][:]
        scaled = (original / original.max()) ** 0.25
        np.testing.assert_allclose(images[row], scaled.reshape(3, 4, 4, 4, 4).mean((2, 4)), rtol=1e-6)


def test_the_layout_is_the_original_one(tmp_path):
    batchfile.write(tmp_path / "batch_train_0.h5", [("sample_0_0", stack(0), about())])
    group = h5py.File(tmp_path / "batch_train_0.h5")["sample_0_0"]
    assert group["cbed_stack"].dtype == np.float32
    assert group.attrs["space_group"] == b"2"
    assert group.attrs["material"] == b"mp-763064"
    assert group.attrs["energy_keV"] == 100
    assert group.attrs["formula"] == "Fe8 O14 F2"
    assert {name: group.attrs[name].shape for name in ("z_dirs", "y_dirs", "abc_angstrom", "angles_degree")} == {
        "z_dirs": (1, 3, 3), "y_dirs": (1, 3, 3), "abc_angstrom": (3,), "angles_degree": (3,),
    }  # fmt: skip


def test_the_same_samples_give_the_same_bytes(tmp_path):
    for name in ("a.h5", "b.h5"):
        assert batchfile.write(tmp_path / name, some_samples()) == 30
    assert checksum(tmp_path / "a.h5") == checksum(tmp_path / "b.h5")


def test_volume_and_unknown_attributes_are_kept(reader, tmp_path):
    described = {**about(), "thickness": np.float32(100), "note": b"by hand", "space_group": 225}
    batchfile.write(tmp_path / "mine.h5", [("sample_0_0", stack(0), described)])
    table, _ = reader.merge([reader.part(tmp_path / "mine.h5")])
    row = table.iloc[0]
    assert (row["attributes"], row["space_group"], row["partition"]) == (
        '{"note": "by hand", "thickness": 100.0}', 225, "",
    )  # fmt: skip
    cell = np.cos(np.radians([80, 90, 100]))
    volume = 5 * 6 * 7 * np.sqrt(1 - (cell**2).sum() + 2 * cell.prod())
    assert row["volume_per_atom"] == pytest.approx(volume / 24)


@pytest.mark.parametrize("written", ["Na4 Cl4", "Cl4 Na4", "Cl Na", b"Na1Cl1", ["Cl2 Na2"], " NaCl "])
def test_a_material_is_one_however_its_formula_is_written(reader, tmp_path, written):
    described = [{**about(), "material": name, "formula": formula} for name, formula in (("a", "NaCl"), ("b", written))]
    batchfile.write(tmp_path / "mine.h5", [(f"sample_{n}_0", stack(n), row) for n, row in enumerate(described)])
    table, _ = reader.merge([reader.part(tmp_path / "mine.h5")])
    assert table["formula"].tolist() == ["NaCl", "NaCl"]
    assert len(set(materials(table))) == 1


def test_deuterium_makes_another_material(reader, tmp_path):
    formulas = ["Li4 H4", "Li4 D4", "D1 Li1"]
    described = [{**about(), "material": formula, "formula": formula} for formula in formulas]
    batchfile.write(tmp_path / "mine.h5", [(f"sample_{n}_0", stack(n), row) for n, row in enumerate(described)])
    table, _ = reader.merge([reader.part(tmp_path / "mine.h5")])
    assert materials(table).tolist() == [0, 1, 1]


def test_arrays_of_one_element_are_their_element(reader, tmp_path):
    plain = {**about(), "thickness": 100.0, "note": "by hand", "pair": [1, 2]}
    wrapped = {
        key: value if np.size(value) > 1 else np.array([value], h5py.string_dtype() if isinstance(value, str) else None)
        for key, value in plain.items()
    }
    batchfile.write(tmp_path / "mine.h5", [("sample_0_0", stack(0), plain), ("sample_0_1", stack(0), wrapped)])
    table, _ = reader.merge([reader.part(tmp_path / "mine.h5")])
    described = table.drop(columns=["id", "group"])
    pd.testing.assert_series_equal(described.iloc[0], described.iloc[1], check_names=False)


@pytest.mark.parametrize("encoding", ["utf-8", "latin1"])
def test_text_is_read_in_either_encoding(reader, tmp_path, encoding):
    with h5py.File(tmp_path / "mine.h5", "w") as file:
        group = file.create_group("Schlüssel_0".encode(encoding))
        group["cbed_stack"] = stack(0)
        for key, value in {**about(), "material": np.bytes_("Möbius-1".encode(encoding))}.items():
            group.attrs[key] = value
        # What a program calls UTF-8 need not be it.
        group.attrs.create("höhe".encode(encoding), "1 µm".encode(encoding), dtype=h5py.string_dtype())
    table, _ = reader.merge([reader.part(tmp_path / "mine.h5")])
    row = table.iloc[0]
    assert (row["id"], row["group"], row["material"]) == ("mine/Schlüssel_0", "Schlüssel_0", "Möbius-1")
    assert json.loads(row["attributes"]) == {"höhe": "1 µm"}


def test_what_has_no_name_is_a_material_of_its_own(reader, tmp_path):
    nameless = {key: value for key, value in about().items() if key not in ("material", "formula")}
    names = ["sample_0_0", "sample_0_1", "sample_1_0"]
    batchfile.write(tmp_path / "mine.h5", [(name, stack(number), nameless) for number, name in enumerate(names)])
    table, _ = reader.merge([reader.part(tmp_path / "mine.h5")])
    assert table["material"].tolist() == ["mine/sample_0", "mine/sample_0", "mine/sample_1"]
    assert (table["formula"] == table["material"]).all()


@given(size=st.integers(2, 40), data=st.data())
def test_shrinking_averages_areas(size, data):
    pixels = data.draw(st.integers(1, size))
    image = np.random.default_rng(size).random((2, size, size), np.float32)
    # Areas of whole pixels, once each pixel is divided.
    finer = image.repeat(pixels, axis=1).repeat(pixels, axis=2)
    expected = finer.reshape(2, pixels, size, pixels, size).mean((2, 4))
    np.testing.assert_allclose(cbed.shrink(image, pixels), expected, rtol=1e-5)


@pytest.mark.parametrize("power", [1.0, 0.5, 0.25, 0.3])
def test_roots(reader, tmp_path, power):
    batchfile.write(tmp_path / "mine.h5", [("sample_0_0", stack(0), about())])
    reader.merge([reader.part(tmp_path / "mine.h5", settings={**SETTINGS, "pixels": SIZE, "scale_exponent": power})])
    store = Store(tmp_path / "store.h5")
    np.testing.assert_allclose(store.read(np.array([0]))[0], (stack(0) / stack(0).max()) ** power, rtol=1e-5)
    assert store.made_by["scale_exponent"] == power


def test_the_logarithm_shows_its_decades(reader, tmp_path):
    values = np.ones((3, SIZE, SIZE), np.float32)
    values[0, 0, :4] = [1e-1, 1e-2, 1e-7, 0]
    batchfile.write(tmp_path / "mine.h5", [("sample_0_0", 5 * values, about())])
    settings = {**SETTINGS, "pixels": SIZE, "scale": "log", "decades": 4}
    reader.merge([reader.part(tmp_path / "mine.h5", settings=settings)])
    image = Store(tmp_path / "store.h5").read(np.array([0]))[0]
    np.testing.assert_allclose(image[0, 0, :5], [0.75, 0.5, 0, 0, 1], atol=1e-6)


def test_images_are_no_larger_than_stacks():
    with pytest.raises(SgbenchError, match="pixels: 64 is more than the 32 of the stacks"):
        cbed.Settings(stack_pixels=32)
