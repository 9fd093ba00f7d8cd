from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import spglib

from sgbench import crystals
from sgbench.crystals.prototypes import CLASS_OF_SPACE_GROUP, PROTOTYPES, elemental_solids
from sgbench.crystals.table import from_table, tabulate
from sgbench.errors import SgbenchError
from sgbench.samples.tasks import Task
from sgbench.simulate.fingerprint import Settings, simulate
from sgbench.study import sources

PUBLISHED_COUNTS = [2601, 221, 842, 910, 2761, 3178, 4]


@pytest.fixture(scope="module")
def small():
    return elemental_solids(0, divisor=40)


def labels(solids):
    return Counter(CLASS_OF_SPACE_GROUP[crystal.space_group] for crystal in solids)


def test_the_counts_are_the_published_ones(small):
    counts = labels(elemental_solids(0))
    assert [counts[label] for label in range(7)] == PUBLISHED_COUNTS
    assert counts.total() == 10_517
    counts = labels(small)
    assert [counts[label] for label in range(7)] == [65, 5, 21, 22, 69, 79, 4]


def test_labels_follow_the_names():
    assert CLASS_OF_SPACE_GROUP == {229: 0, 139: 1, 141: 2, 227: 3, 225: 4, 194: 5, 166: 5, 221: 6}


def test_spglib_finds_the_space_group_that_the_crystal_claims(small):
    for crystal in small:
        cell = (crystal.lattice, crystal.frac_coords, crystal.numbers)
        assert spglib.get_symmetry_dataset(cell, symprec=0.01).number == crystal.space_group, crystal.id


@pytest.mark.parametrize(
    "prototype",
    [
        pytest.param(prototype, id=f"{group.name} {prototype.name}")
        for group in PROTOTYPES
        for prototype in group.prototypes
    ],
)
def test_every_corner_of_the_ranges_has_the_space_group(prototype):
    angle = 2 * np.pi / 3 if prototype.hexagonal else np.pi / 2
    for ratio in prototype.axial_ratio:
        for z in prototype.z:
            lattice = 3 * np.array([[1, 0, 0], [np.cos(angle), np.sin(angle), 0], [0, 0, ratio]])
            coords = (np.array(prototype.centring)[:, None] + np.array(prototype.basis(z))).reshape(-1, 3)
            dataset = spglib.get_symmetry_dataset((lattice, coords, [1] * len(coords)), symprec=0.01)
            assert dataset.number == prototype.space_group


def test_volumes_are_those_of_solid_elements(small):
    volumes = [abs(np.linalg.det(crystal.lattice)) / len(crystal.numbers) for crystal in small]
    assert min(volumes) > 0.85 * 7.2  # boron, Å³ an atom
    assert max(volumes) < 1.15 * 118  # caesium
    copper = [v for v, crystal in zip(volumes, small, strict=True) if crystal.formula == "Cu"]
    assert all(0.85 * 11.8 < v < 1.15 * 11.9 for v in copper)


def test_same_seed_same_crystals_and_a_smaller_set_is_the_start_of_a_larger(small):
    larger = {crystal.id: crystal for crystal in elemental_solids(0, divisor=20)}
    assert len(larger) > len(small)
    for crystal in small:
        np.testing.assert_array_equal(crystal.lattice, larger[crystal.id].lattice)
        assert crystal.formula == larger[crystal.id].formula
    other = elemental_solids(1, divisor=40)
    assert any(a.formula != b.formula for a, b in zip(small, other, strict=True))


def test_each_has_a_fingerprint(small):
    assert all(isinstance(image, np.ndarray) for image in map(simulate, small[::5]))


def test_a_divisor_below_one_is_refused():
    with pytest.raises(SgbenchError, match="divisor"):
        elemental_solids(0, divisor=0)


def test_a_line_of_the_configuration_stands_for_them(small):
    assert [crystal.id for crystal in crystals.read(["prototypes:40"])] == [crystal.id for crystal in small]
    with pytest.raises(SgbenchError, match="prototypes:many"):
        list(crystals.read(["prototypes:many"]))
    assert sources.files(["prototypes:40", "table.parquet"]) == ["table.parquet"]


def test_the_task_tells_the_published_classes_apart_and_leaves_other_crystals_out(small):
    table, _ = tabulate([*small, replace(small[0], id="other", structure_class="")])
    task = Task("structure_class")
    assert task.names(table) == [group.name for group in PROTOTYPES]
    members = task.samples(table)
    assert len(members) == len(small)
    assert members["label"].tolist() == [CLASS_OF_SPACE_GROUP[crystal.space_group] for crystal in small]


@pytest.mark.parametrize("settings", [Settings(), Settings(vacancies=0.25)], ids=["pristine", "defective"])
def test_the_cell_that_a_crystal_brings_along_is_the_one_that_a_search_finds(small, settings):
    for crystal in small[::3]:
        found = simulate(replace(crystal, standard=None), settings, seed=1)
        np.testing.assert_allclose(simulate(crystal, settings, seed=1), found, atol=1e-4, err_msg=crystal.id)


def test_a_cell_that_is_known_is_not_searched(small, monkeypatch):
    some = small[::20]
    monkeypatch.delattr(spglib, "get_symmetry_dataset")
    table, _ = tabulate(some)
    for read, crystal in zip(from_table(table), some, strict=True):
        np.testing.assert_array_equal(simulate(read), simulate(crystal))
