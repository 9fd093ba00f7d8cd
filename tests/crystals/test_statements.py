"""What a CIF block says in several places must agree, and with its atoms."""

import gemmi
import pytest

from sgbench.errors import SgbenchError
from tests.crystals.test_cif import BRUCITE, CUBIC, NACL, SALT, SILICON, block, labels, of

FCC = [op.triplet() for op in gemmi.SpaceGroup("F m -3 m").operations()]
HYDROUS = "_chemical_formula_moiety 'Mg 2+, 2(O1 H1 1-)'"


def salt(**more):
    return block(SALT, NACL, **{"symbol": "F m -3 m", **more})


def brucite(*oxygen, hydrogen=(), **more):
    sites = ["Mg Mg 0 0 0", *(oxygen or ["O O 1/3 2/3 .2216"]), *hydrogen]
    return block(BRUCITE, sites, symbol="P -3 m 1", **more)


def multiple(lattice, name, *sites, symbol):
    return block(lattice, sites, symbol=symbol, columns=f"label type_symbol fract_x fract_y fract_z {name}")


def loop(tag, values):
    return "\n".join(["loop_", tag, *(f"'{value}'" for value in values)])


GOOD = {
    "operations listed twice": (salt(symbol=None, operations=FCC * 2), ("NaCl", 8, 225)),
    "symbols of two editions": (salt(more="_space_group_name_H-M_alt 'Fm3m'"), ("NaCl", 8, 225)),
    "weight, density and Z of the cell": (
        salt(
            formula="Cl Na",
            more="_cell_formula_units_Z 4\n_chemical_formula_weight 58.44\n_exptl_crystal_density_diffrn 2.17",
        ),
        ("NaCl", 8, 225),
    ),
    "formula of ions with all its atoms": (brucite(hydrogen=["H H 1/3 2/3 .43"], more=HYDROUS), ("Mg(HO)2", 5, 164)),
    "label of a hydroxyl beside its hydrogen": (
        brucite("OH1 O 1/3 2/3 .2216", hydrogen=["HO1 H 1/3 2/3 .43"]),
        ("Mg(HO)2", 5, 164),
    ),
    "multiplicities": (
        multiple(SALT, "symmetry_multiplicity", "Na Na 0 0 0 4", "Cl Cl .5 .5 .5 4", symbol="F m -3 m"),
        ("NaCl", 8, 225),
    ),
    "orders of the site symmetry": (
        multiple(SALT, "site_symmetry_order", "Na Na 0 0 0 48", "Cl Cl .5 .5 .5 48", symbol="F m -3 m"),
        ("NaCl", 8, 225),
    ),
    "origin that a multiplicity tells": (
        multiple(SILICON, "symmetry_multiplicity", "Si Si 1/8 1/8 1/8 8", symbol="F d -3 m"),
        ("Si", 8, 227),
    ),
}
BAD = {
    "symbols of two groups": (salt(more="_space_group_name_H-M_alt 'P m -3 m'"), r"Pm-3m \(221\).*Fm-3m \(225\)"),
    "symbols of two settings": (
        block((5, 6, 7, 90, 90, 90), symbol="P n m a", more="_space_group_name_H-M_full 'P b n m'"),
        "declares both P b n m and P n m a|declares both P n m a and P b n m",
    ),
    "numbers of two groups": (salt(number=225, more="_symmetry_Int_Tables_number 221"), "by its number 221"),
    "Hall symbols of two groups": (
        salt(symbol=None, hall="-F 4 2 3", more="_symmetry_space_group_name_Hall '-P 4 2 3'"),
        "several Hall symbols, which differ",
    ),
    "two lists of operations": (
        salt(operations=["x,y,z"], more=loop("_space_group_symop_operation_xyz", FCC)),
        "several lists of operations, which differ",
    ),
    "two cells": (block(more="_cell.length_a 5.0"), "_cell_length_a is given twice, as 4.12 and 5.0"),
    "two formulas": (block(formula="Cl Cs", more="_chemical_formula_structural 'Cs Br'"), "no site has Br"),
    "formula of ions": (brucite(more=HYDROUS), "the formula is Mg 2[+], .* but no site has H"),
    "hydrate": (brucite(formula="Mg O, H2 O, 2(H2 O)"), "but no site has H"),
    "formula in the words of IUPAC": (brucite(more="_chemical_formula_iupac '[Mg (O H)2]'"), "but no site has H"),
    "weight with hydrogen": (brucite(more="_chemical_formula_weight 58.32"), "weight is 58.32, .* MgO2, have 56.3"),
    "density of the centred cell": (
        salt(symbol="P 1", formula="Cl Na", more="_exptl_crystal_density_diffrn 2.17"),
        "the density is 2.17 g/cm³, but the atoms of the cell give 0.54",
    ),
    "multiplicity of the centred cell": (
        multiple(SALT, "symmetry_multiplicity", "Na Na 0 0 0 4", "Cl Cl .5 .5 .5 4", symbol="P m -3 m"),
        "site Na has multiplicity 4, but the operations make 1 atoms of it",
    ),
    "label of a hydroxyl": (brucite("OH1 O 1/3 2/3 .2216"), "site OH1 is named after hydrogen"),
    "label of water": (block(SALT, ["Mg Mg 0 0 0", "Ow1 O .5 .5 .5"], symbol="F m -3 m"), "site Ow1 is named after"),
    "label of ammonium": (block(CUBIC, ["NH4 N 0 0 0", "Cl Cl .5 .5 .5"]), "site NH4 is named after hydrogen"),
    "label of a place that elements share": (
        block(SALT, ["Na/K Na 0 0 0", "Cl Cl .5 .5 .5"], symbol="F m -3 m"),
        "some sites can be read in several ways, and there is no formula",
    ),
    "number without end": (block(sites=["Cs Cs 1e400 .5 .5", "Cl Cl 0 0 0"]), "the coordinate x is no number: 1e400"),
    "number of a group on one of several axes": (
        block((6.5867, 6.6705, 4.0057, 90, 90, 90), ["Mg Mg .3183 -.5 .75"], symbol=None, number=67),
        "give different crystals, both possible",
    ),
    "superspace group": (block(more="_space_group_ssg_name 'P m -3 m(00g)000'"), "modulated"),
    "superspace operations": (
        block(more=loop("_space_group_symop_ssg_operation_algebraic", ["x1,x2,x3,x4", "-x1,-x2,-x3,-x4"])),
        "modulated",
    ),
    "magnetic group alone": (
        salt(symbol=None, formula="Cl2 Na2", more="_cell_formula_units_Z 0.5\n_space_group_magn.number_BNS 225.117"),
        "the space group of the magnetic structure only",
    ),
}


@pytest.mark.parametrize("kind", GOOD)
def test_what_agrees_is_read(kind):
    text, expected = GOOD[kind]
    crystal = of(text)
    assert (crystal.formula, len(crystal.numbers), crystal.space_group) == expected


@pytest.mark.parametrize("kind", BAD)
def test_what_contradicts_itself_is_refused_by_name(kind):
    text, reason = BAD[kind]
    with pytest.raises(SgbenchError, match=reason):
        of(text)


def test_labels_are_no_words_about_hydrogen_where_there_is_a_formula():
    assert of(block(SALT, formula="Mg O", symbol="F m -3 m", **labels("Mg 0 0 0", "OW1 .5 .5 .5"))).formula == "MgO"
