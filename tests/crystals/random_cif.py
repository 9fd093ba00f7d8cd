"""Random crystals of a given setting, and CIF text of them, written without the code under test."""

from dataclasses import dataclass

import gemmi
import numpy as np
import spglib

ELEMENTS = ["Mg", "S", "Ti"]
#: What a text says of the symmetry, alone; a listing has all atoms of the cell.
FORMS = ["operations", "symbol", "plain symbol", "Hall", "number", "listing"]


@dataclass
class Truth:
    """A crystal: its cell (3, 3), sites (S, 3), all N atoms, and the space group that spglib finds."""

    setting: gemmi.SpaceGroup
    lattice: np.ndarray
    sites: np.ndarray
    frac_coords: np.ndarray
    elements: np.ndarray
    space_group: int


def random_crystal(setting: gemmi.SpaceGroup, rng: np.random.Generator) -> Truth | None:
    """Draw one to three sites, general or special; None where atoms come too near to each other."""
    found = [op.wrap() for op in setting.operations()]
    rotations = np.array([op.rot for op in found]) // gemmi.Op.DEN
    translations = np.array([op.tran for op in found]) / gemmi.Op.DEN
    shifts = np.array(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij")).reshape(3, -1).T
    for _ in range(30):
        edge = rng.uniform(0.8, 1.6, (3, 3)) * np.eye(3) + rng.uniform(-0.3, 0.3, (3, 3))
        metric = (rotations.transpose(0, 2, 1) @ (edge @ edge.T) @ rotations).mean(0)
        shape = np.linalg.cholesky(metric)
        sites = np.array([_site(rotations, translations, rng) for _ in range(rng.integers(1, 4))])
        orbits = [_orbit(site, rotations, translations) for site in sites]
        coords = np.concatenate(orbits)
        lattice = shape * np.cbrt(22 * len(coords) / np.linalg.det(shape))
        between = coords[:, None] - coords
        between -= np.rint(between)
        distance = np.linalg.norm((between[:, :, None] + shifts) @ lattice, axis=3)
        diagonal = np.arange(len(coords))
        distance[diagonal, diagonal, len(shifts) // 2] = np.inf
        if distance.min() < 2:
            continue
        species = np.repeat(np.arange(len(sites)), [len(orbit) for orbit in orbits])
        dataset = spglib.get_symmetry_dataset((lattice, coords, species + 1), symprec=0.01)
        return Truth(setting, lattice, sites, coords, np.array(ELEMENTS)[species], dataset.number)
    return None


def _site(rotations, translations, rng):
    site = rng.random(3)
    if rng.random() < 0.5:
        return site
    # A point that an operation leaves where it is, if there is one.
    chosen = rng.integers(len(rotations))
    away = rotations[chosen] - np.eye(3)
    shift = translations[chosen] + rng.integers(-1, 2, 3)
    fixed = site - np.linalg.pinv(away) @ (away @ site + shift)
    return fixed if np.abs(away @ fixed + shift).max() < 1e-9 else site


def _orbit(site, rotations, translations):
    images = (rotations @ site + translations) % 1
    between = images[:, None] - images
    same = np.abs(between - np.rint(between)).max(-1) < 1e-6
    return images[same.argmax(1) == np.arange(len(images))]


def cif(truth: Truth, form: str, digits: int | None, with_formula: bool, rng: np.random.Generator) -> str:
    """Write a crystal with its symmetry in one of :data:`FORMS`, its numbers rounded to so many digits."""
    number = (lambda value: repr(float(value))) if digits is None else (lambda value: f"{value:.{digits}f}")
    metric = truth.lattice @ truth.lattice.T
    edges = np.sqrt(np.diag(metric))
    cosines = metric / np.outer(edges, edges)
    angles = np.degrees(np.arccos([cosines[1, 2], cosines[0, 2], cosines[0, 1]]))
    cell = dict(zip(("length_a", "length_b", "length_c"), edges, strict=True))
    cell |= dict(zip(("angle_alpha", "angle_beta", "angle_gamma"), angles, strict=True))
    lines = ["data_random", *(f"_cell_{name} {number(value)}" for name, value in cell.items())]
    if with_formula:
        names, counts = np.unique(truth.elements, return_counts=True)
        divisor = int(np.gcd.reduce(counts))
        units = " ".join(f"{name}{count // divisor}" for name, count in zip(names, counts, strict=True))
        lines += [f"_chemical_formula_sum '{units}'", f"_cell_formula_units_Z {divisor}"]
    triplets = rng.permutation([op.wrap().triplet() for op in truth.setting.operations()])
    quote = "'" if '"' in truth.setting.hall else '"'
    lines += {
        "operations": ["loop_", "_symmetry_equiv_pos_as_xyz", *(f"'{triplet}'" for triplet in triplets)],
        "symbol": [f"_space_group_name_H-M_alt '{truth.setting.xhm()}'"],
        "plain symbol": [f"_symmetry_space_group_name_H-M '{truth.setting.hm}'"],
        "Hall": [f"_space_group_name_Hall {quote}{truth.setting.hall}{quote}"],
        "number": [f"_space_group_IT_number {truth.setting.number}"],
        "listing": ["_symmetry_space_group_name_H-M 'P 1'", "loop_", "_symmetry_equiv_pos_as_xyz", "x,y,z"],
    }[form]
    lines += ["loop_", "_atom_site_label", "_atom_site_type_symbol", *(f"_atom_site_fract_{axis}" for axis in "xyz")]
    full = form == "listing"
    sites, elements = (truth.frac_coords, truth.elements) if full else (truth.sites, ELEMENTS[: len(truth.sites)])
    for index, (name, site) in enumerate(zip(elements, sites, strict=True)):
        lines.append(f"{name}{index} {name} {' '.join(map(number, site))}")
    return "\n".join(lines) + "\n"


def surroundings(lattice: np.ndarray, coords: np.ndarray, elements: list[str], most: int = 12) -> dict:
    """Mean distances (most,) to the nearest atoms of each element, by pair: the same for any cell and axes."""
    span = np.ceil(9 * np.linalg.norm(np.linalg.inv(lattice), axis=0)).astype(int)
    shifts = np.array(np.meshgrid(*[np.arange(-count - 1, count + 2) for count in span])).reshape(3, -1).T @ lattice
    elements, places = np.array(elements), (coords % 1) @ lattice
    found = {}
    for place, name in zip(places, elements, strict=True):
        for other in np.unique(elements):
            near = places[elements == other] - place
            distance = np.linalg.norm(near[:, None] + shifts, axis=2).ravel()
            found.setdefault((name, other), []).append(np.sort(distance)[:most])
    return {pair: np.mean(rows, axis=0) for pair, rows in found.items()}
