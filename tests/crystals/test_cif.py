"""CIF files of the kinds that readers get wrong: each is the crystal that it describes, or a reason."""

from itertools import permutations, product

import gemmi
import numpy as np
import pytest

from sgbench.crystals.blocks import blocks_of
from sgbench.crystals.crystal import Crystal
from sgbench.crystals.formula import symbols
from sgbench.crystals.structure import crystal_of
from sgbench.errors import SgbenchError
from tests.crystals.random_cif import FORMS, cif, random_crystal, surroundings

CUBIC = (4.12, 4.12, 4.12, 90, 90, 90)
CSCL = ["Cs1 Cs 0.5 0.5 0.5", "Cl1 Cl 0 0 0"]
NACL = ["Na1 Na 0 0 0", "Cl1 Cl 0.5 0.5 0.5"]
SALT = (5.64, 5.64, 5.64, 90, 90, 90)
BRUCITE = (3.147, 3.147, 4.769, 90, 90, 120)
BLENDE = (3.82, 3.82, 6.26, 90, 90, 120)
BISMUTH = (4.746, 4.746, 4.746, 57.23, 57.23, 57.23)
SILICON = (5.43, 5.43, 5.43, 90, 90, 90)
ZIRCONIA = (5.3173, 5.1505, 5.2116, 90, 90, 99.23)
PEROVSKITE = (5.556, 5.565, 7.862, 90, 90, 90)
LAFEO3 = ["La1 La 0.993 0.03 0.25", "Fe1 Fe 0.5 0 0", "O1 O 0.075 0.487 0.25", "O2 O 0.718 0.281 0.039"]
ZRO2 = ["Zr1 Zr 0.2083 0.2754 0.0395", "O1 O 0.3447 0.07 0.3317", "O2 O 0.4792 0.4496 0.7569"]
# Of Pm-3m: without the centring of Fm-3m.
PRIMITIVE = [
    ",".join(sign + axis for sign, axis in zip(signs, axes, strict=True))
    for axes in permutations("xyz")
    for signs in product(["", "-"], repeat=3)
]


def block(
    cell=CUBIC,
    sites=CSCL,
    formula=None,
    name="a",
    symbol="P m -3 m",
    number=None,
    hall=None,
    operations=(),
    columns="label type_symbol fract_x fract_y fract_z",
    more="",
):
    edges = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = [f"data_{name}", *(f"_cell_{edge} {value}" for edge, value in zip(edges, cell, strict=True))]
    lines += [f"_chemical_formula_sum '{formula}'"] if formula else []
    lines += [f"_symmetry_space_group_name_H-M '{symbol}'"] if symbol else []
    lines += [f"_space_group_IT_number {number}"] if number else []
    lines += [f"_space_group_name_Hall '{hall}'"] if hall else []
    lines += ["loop_", "_symmetry_equiv_pos_as_xyz", *(f"'{xyz}'" for xyz in operations)] if operations else []
    lines += [more, "loop_", *(f"_atom_site_{column}" for column in columns.split()), *sites]
    return "\n".join(lines) + "\n"


def labels(*sites):
    return {"sites": sites, "columns": "label fract_x fract_y fract_z"}


def occupied(*sites):
    return {"sites": sites, "columns": "label type_symbol fract_x fract_y fract_z occupancy"}


def brucite(*sites, **more):
    return block(BRUCITE, formula="H2 Mg O2", symbol="P -3 m 1", **labels(*sites), **more)


def blende(x, y):
    return block(BLENDE, [f"Zn1 Zn {x} {y} 0", f"S1 S {x} {y} 3/8"], "S Zn", symbol="P 63 m c")


GOOD = {
    "rhombohedral axes that are said": (block(BISMUTH, ["Bi Bi .234 .234 .234"], symbol="R -3 m :R"), ("Bi", 2, 166)),
    "rhombohedral axes by the cell": (block(BISMUTH, ["Bi Bi .234 .234 .234"], symbol="R -3 m"), ("Bi", 2, 166)),
    "rhombohedral axes, old": (block(BISMUTH, ["Bi Bi .234 .234 .234"], symbol="R -3 m R"), ("Bi", 2, 166)),
    "Hall symbol alone": (block(SALT, NACL, symbol=None, hall="-F 4 2 3"), ("NaCl", 8, 225)),
    "Hall symbol beside the number": (
        block(PEROVSKITE, LAFEO3, symbol=None, number=62, hall="-P 2c 2ab"),
        ("LaFeO3", 20, 62),
    ),
    "number alone": (block(SALT, NACL, symbol=None, number=225), ("NaCl", 8, 225)),
    "short symbol of another axis": (block(ZIRCONIA, ZRO2, "Zr O2", symbol="P 21/b"), ("ZrO2", 12, 14)),
    "symbol without blanks": (block(SALT, NACL, symbol="Fm-3m"), ("NaCl", 8, 225)),
    "symbol of an older edition": (block(SALT, NACL, symbol="F m 3 m"), ("NaCl", 8, 225)),
    "first origin": (block(SILICON, ["Si Si 0 0 0"], symbol="F d -3 m :1"), ("Si", 8, 227)),
    "first origin, old": (block(SILICON, ["Si Si 0 0 0"], symbol="F d -3 m S"), ("Si", 8, 227)),
    "second origin, old": (block(SILICON, ["Si Si 1/8 1/8 1/8"], symbol="F d -3 m Z"), ("Si", 8, 227)),
    "origin that the formula tells": (
        block(
            (8.083, 8.083, 8.083, 90, 90, 90),
            ["Mg Mg 1/8 1/8 1/8", "Al Al .5 .5 .5", "O O .2624 .2624 .2624"],
            "Al2 Mg O4",
            symbol="F d -3 m",
        ),
        ("MgAl2O4", 56, 227),
    ),
    "operations in capitals and decimals": (
        block(
            SALT,
            NACL,
            symbol=None,
            operations=[op.triplet().upper() for op in gemmi.SpaceGroup("F m -3 m").operations()],
        ),
        ("NaCl", 8, 225),
    ),
    "thirds as fractions": (blende("1/3", "2/3"), ("ZnS", 4, 186)),
    "thirds of four digits": (blende("0.3333", "0.6666"), ("ZnS", 4, 186)),
    "thirds of three digits": (blende("0.333", "0.667"), ("ZnS", 4, 186)),
    "errors in brackets": (blende("0.33333(5)", "0.66667(5)"), ("ZnS", 4, 186)),
    "decimal commas": (block(("4,12",) * 3 + ("90,0",) * 3, ["Cs Cs 0,5 0,5 0,5", "Cl Cl 0 0 0"]), ("CsCl", 2, 221)),
    "angles left out": (block(CUBIC[:3] + (".",) * 3), ("CsCl", 2, 221)),
    "dotted tags": (block().replace("_atom_site_", "_atom_site.").replace("_cell_", "_cell."), ("CsCl", 2, 221)),
    "hydroxyl as oxygen": (brucite("Mg 0 0 0", "OH 1/3 2/3 .2216", "H 1/3 2/3 .43"), ("Mg(HO)2", 5, 164)),
    "hydrogen at oxygen 1": (brucite("MG1 0 0 0", "O1 1/3 2/3 .2216", "HO1 1/3 2/3 .43"), ("Mg(HO)2", 5, 164)),
    "cobalt by the formula": (block(formula="Cl Co", **labels("CO1 0 0 0", "CL1 .5 .5 .5")), ("CoCl", 2, 221)),
    "dummy atom": (block(formula="Cl Cs", sites=[*CSCL, "X1 X 0.5 0 0"]), ("CsCl", 2, 221)),
    "deuterium": (block(SALT, ["Li Li 0 0 0", "D D .5 .5 .5"], "D Li", symbol="F m -3 m"), ("LiD", 8, 225)),
    "deuterium as 2H": (block(SALT, ["Li Li 0 0 0", "D1 2H .5 .5 .5"], symbol="F m -3 m"), ("LiD", 8, 225)),
    "occupancy left out": (block(**occupied("Cs Cs .5 .5 .5 1", "Cl Cl 0 0 0 .")), ("CsCl", 2, 221)),
    "occupancy 1 within its error": (
        block(**occupied("Cs Cs .5 .5 .5 0.99(1)", "Cl Cl 0 0 0 1.01(2)")),
        ("CsCl", 2, 221),
    ),
    "empty site": (
        block(formula="Cl Cs", **occupied("Cs Cs .5 .5 .5 1", "Cl Cl 0 0 0 1", "Li Li .5 0 0 0")),
        ("CsCl", 2, 221),
    ),
    "one atom twice": (block(formula="Cl Cs", sites=[*CSCL, "Cl2 Cl 0 0 0"]), ("CsCl", 2, 221)),
    "formula of the cell, Z of the units": (
        block(SALT, NACL, "Na4 Cl4", symbol="F m -3 m", more="_cell_formula_units_Z 4"),
        ("NaCl", 8, 225),
    ),
    "all atoms, no symmetry": (block(sites=CSCL, symbol="P 1", operations=["x,y,z"]), ("CsCl", 2, 221)),
    "keywords in capitals": (block().replace("data_", "DATA_").replace("loop_", "LOOP_"), ("CsCl", 2, 221)),
}
BAD = {
    "operations without the centring": (
        block(SALT, NACL, symbol="F m -3 m", number=225, operations=PRIMITIVE),
        r"Fm-3m \(225\) is centred, which its operations are not: .* the atoms give Pm-3m \(221\)",
    ),
    "symbol and number that differ": (block(symbol="P m -3 m", number=225), r"declares Fm-3m \(225\).*Pm-3m \(221\)"),
    "more symmetry than declared": (block(symbol="P m m m"), r"declares Pmmm \(47\), but the atoms give Pm-3m \(221\)"),
    "operations that are no group": (block(symbol=None, operations=["x,y,z", "y,z,x"]), "no space group"),
    "operations and Hall symbol of two crystals": (
        block(
            SILICON,
            ["Si Si 1/8 1/8 1/8"],
            symbol="F d -3 m",
            hall="-F 4vw 2vw 3",
            operations=[op.triplet() for op in gemmi.SpaceGroup("F d -3 m:1").operations()],
        ),
        "operations and Hall symbol .* give different crystals",
    ),
    "origin that nothing tells": (block(SILICON, ["Si Si 1/8 1/8 1/8"], "Si", symbol="F d -3 m"), "different crystals"),
    "cell that does not fit": (block((4, 5, 6, 90, 90, 90)), "the cell does not fit"),
    "unknown symbol": (block(symbol="P x y z"), "the H-M symbol P x y z is not known"),
    "no symmetry, wrong Z": (
        block(SALT, NACL, "Na Cl", symbol=None, more="_cell_formula_units_Z 4"),
        "Z = 4, but .* Z = 1",
    ),
    "no symmetry, no Z": (block(SALT, NACL, symbol=None), "states no symmetry"),
    "rounded, no symmetry": (
        block(BLENDE, ["Zn Zn .34 .66 0", "Zn Zn .66 .33 .5", "S S .33 .67 .375", "S S .67 .33 .875"], symbol="P 1"),
        "declares no symmetry, and its coordinates are rounded",
    ),
    "another volume": (block(more="_cell_volume 179.4"), "declares a cell of 179.4 Å³"),
    "angle unknown": (block(CUBIC[:3] + ("?",) * 3), "_cell_angle_alpha is not given"),
    "nanometres": (block((0.412,) * 3 + (90,) * 3), "which no crystal has"),
    "coordinate left out": (block(sites=["Cs1 Cs 0.5 0.5 0.5", "Cl1 Cl 0 0 ."]), "Cl1: the coordinate z is not given"),
    "typographic minus": (block(sites=["Cs1 Cs 0.5 0.5 −0.5", "Cl1 Cl 0 0 0"]), "typographic"),
    "hydroxyl without hydrogen": (brucite("Mg 0 0 0", "OH 1/3 2/3 .2216"), "no site has H"),
    "hydroxyl without a formula": (
        block(BRUCITE, symbol="P -3 m 1", **labels("Mg 0 0 0", "OH 1/3 2/3 .22")),
        "OH may be O, and there is no formula",
    ),
    "water or hydrogen": (block(**labels("H2O 0 0 0", "Cl1 .5 .5 .5")), "read in several ways"),
    "deuterium by its label alone": (block(SALT, ["Li Li 0 0 0", "D1 H .5 .5 .5"], symbol="F m -3 m"), "several ways"),
    "hydrogen of another formula": (
        block(
            BRUCITE,
            ["Mg Mg 0 0 0", "O O 1/3 2/3 .22"],
            symbol="P -3 m 1",
            more="_chemical_formula_structural 'Mg (O H)2'",
        ),
        "no site has H",
    ),
    "carbon or cobalt": (block(**labels("CO1 0 0 0", "Cl1 .5 .5 .5")), "CO1 may be Co or C"),
    "vacancy": (block(formula="Cs", sites=["Cs1 Cs 0 0 0", "Vac1 Vac .5 .5 .5"]), "Vac is a vacancy"),
    "water": (block(sites=["Cs1 Cs 0 0 0", "Wat1 Wat .5 .5 .5"]), "a water molecule"),
    "group of atoms": (block(formula="C H3 Cs", sites=["Cs1 Cs 0 0 0", "C1 CH3 .5 .5 .5"]), "no site has H"),
    "attached hydrogen": (
        block(
            sites=["Cs Cs 0 0 0 .", "O1 O .5 .5 .5 1"],
            columns="label type_symbol fract_x fract_y fract_z attached_hydrogens",
        ),
        "site O1: 1 attached hydrogen",
    ),
    "formula with more elements": (block(formula="Cl Cs Rb3"), "no site has Rb"),
    "formula with other counts": (block(formula="Cl2 Cs"), "the atoms give CsCl"),
    "tritium": (block(SALT, ["Li Li 0 0 0", "T1 T .5 .5 .5"], symbol="F m -3 m"), "tritium"),
    "tetrahedral site": (block(formula="Cl Cs", **labels("T1 0 0 0", "Cl1 .5 .5 .5")), "T1 is no element of the form"),
    "another isotope": (block(SALT, ["Li1 7Li 0 0 0", "H1 H .5 .5 .5"], symbol="F m -3 m"), "isotope"),
    "hydrogen and deuterium": (
        block(SALT, symbol="F m -3 m", **occupied("Li Li 0 0 0 1", "H1 H .5 .5 .5 0.4", "D1 D .5 .5 .5 0.6")),
        r"H1 \(H, 0.4\) and D1 \(D, 0.6\) share a site",
    ),
    "occupancy below zero": (block(**occupied("Cs Cs .5 .5 .5 1", "Cl Cl 0 0 0 -1")), "occupancy -1, negative"),
    "occupancy above one": (block(**occupied("Cs Cs .5 .5 .5 1", "Cl Cl 0 0 0 1.5")), "above 1"),
    "occupancy 0.99": (block(**occupied("Cs Cs .5 .5 .5 1", "Cl Cl 0 0 0 0.99")), "partly occupied"),
    "empty site without a formula": (block(**occupied("Cs Cs .5 .5 .5 1", "Cl Cl 0 0 0 0")), "no formula"),
    "disorder groups": (
        block(
            sites=["Cs Cs 0 0 0 .", "Cl1 Cl .5 .5 .4 1", "Cl2 Cl .5 .5 .6 2"],
            symbol="P 1",
            columns="label type_symbol fract_x fract_y fract_z disorder_group",
        ),
        "disorder groups 1, 2",
    ),
    "two atoms near one place": (block(sites=[*CSCL, "Cl2 Cl 0 0 0.05"], symbol="P 1"), "Cl1 and Cl2 are 0.21 Å apart"),
    "two elements in one place": (block(sites=[*CSCL, "Br2 Br 0 0 0"]), "Cl1 and Br2 are 0.00 Å apart"),
    "modulated": (block(more="_cell_modulation_dimension 1"), "modulated"),
    "Cartesian": (block().replace("fract_", "Cartn_"), "Cartesian"),
    "no sites": ("data_a\n_cell_length_a 4\n", "is not given"),
    "a tag twice": (block(more="_cell_length_a 4.12"), "line 9: not readable as CIF: duplicate tag _cell_length_a"),
    "a short loop": (block(sites=["Cs1 Cs 0.5 0.5"]), "not readable as CIF: Wrong number of values"),
}


def of(text: str) -> Crystal:
    (only,) = blocks_of(text.encode())
    if not hasattr(only, "cif"):
        raise SgbenchError(only.reason)
    return crystal_of(only, "x", "mine")


@pytest.mark.parametrize("kind", GOOD)
def test_a_file_is_the_crystal_that_it_describes(kind):
    text, expected = GOOD[kind]
    crystal = of(text)
    assert (crystal.formula, len(crystal.numbers), crystal.space_group) == expected


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_cannot_be_trusted_is_refused_by_name(kind):
    text, reason = BAD[kind]
    with pytest.raises(SgbenchError, match=reason):
        of(text)


def test_the_tolerance_tells_rounded_coordinates_from_exact_ones():
    assert of(blende("0.3333", "0.6667")).confirmed_at_A == 0.01
    assert of(blende("0.33", "0.67")).confirmed_at_A == 0.1
    listing = of(block(symbol="P 1"))
    assert np.isnan(listing.confirmed_at_A)
    assert listing.spacegroup_reported == 1


def test_random_crystals_of_all_settings_come_back_or_are_refused():
    rng = np.random.default_rng(0)
    settings = list(gemmi.spacegroup_table())
    read_back = 0
    for index in rng.permutation(len(settings))[:90]:
        truth = random_crystal(settings[index], rng)
        if truth is None:
            continue
        text = cif(truth, str(rng.choice(FORMS)), rng.choice([None, 4]), bool(rng.integers(2)), rng)
        try:
            crystal = of(text)
        except SgbenchError:
            continue
        read_back += 1
        assert crystal.space_group == truth.space_group, text
        volumes = [abs(np.linalg.det(x.lattice)) / len(x.frac_coords) for x in (crystal, truth)]
        assert volumes[0] == pytest.approx(volumes[1], rel=1e-2), text
        ours = surroundings(crystal.lattice, crystal.frac_coords, symbols(crystal.numbers))
        theirs = surroundings(truth.lattice, truth.frac_coords, truth.elements)
        assert ours.keys() == theirs.keys(), text
        for pair, distances in ours.items():
            np.testing.assert_allclose(distances, theirs[pair], atol=0.05, err_msg=text)
    assert read_back >= 45
