"""What one atom scatters: neutrons by its nucleus, X-rays by its electrons.

The scattering lengths (Neutron Data Booklet, 2nd ed., 2003) and the X-ray form factors (De Graef & McHenry, *Structure
of Materials*, 2nd ed., 2012, chapter 12) are those that pymatgen ships (Ong et al., Comput. Mater. Sci. 68, 314, 2013).
"""

import json
from functools import cache
from importlib.resources import files

import numpy as np
from pymatgen.core.periodic_table import Element

from sgbench.crystals.crystal import SPECIES_OF_DEUTERIUM

_DEUTERIUM_FM = 6.671


@cache
def scattering_lengths() -> dict[int, float]:
    """Bound coherent scattering length in fm of each species that has one."""
    table = _packaged("neutron_scattering_length.json")
    natural = {element.Z: table[element.symbol] for element in Element if element.symbol in table}
    return natural | {SPECIES_OF_DEUTERIUM: _DEUTERIUM_FM}


@cache
def form_factor_terms() -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """The four a and the four b of the X-ray form factor of each species that has them."""
    table = _packaged("atomic_scattering_params.json")
    terms = {element.Z: tuple(np.array(table[element.symbol]).T) for element in Element if element.symbol in table}
    return terms | {SPECIES_OF_DEUTERIUM: terms[1]}


def _packaged(name: str) -> dict:
    """One of the tables that pymatgen ships."""
    return json.loads(files("pymatgen.analysis.diffraction").joinpath(name).read_bytes())
