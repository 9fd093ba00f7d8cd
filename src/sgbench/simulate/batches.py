"""Simulated CBED in the layout of the original files, so that the same code reads both."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sgbench.crystals.crystal import Crystal, cell_parameters, conventional_cell
from sgbench.crystals.formula import cell_formula
from sgbench.ingest.batchfile import attributes
from sgbench.samples.materials import materials
from sgbench.seeds import generator
from sgbench.simulate.cbed import Stacks
from sgbench.study.sources import batch_names


def deal(crystals: pd.DataFrame, batches: Sequence[int]) -> np.ndarray:
    """Deal crystals to the batch files of train, dev and test, whole materials, about equally many a file.

    Args:
        crystals: has material, formula and space_group.
        batches: number of files of each part.

    Returns:
        The name of the file of each crystal, without suffix, (len(crystals),).
    """
    names = np.array(batch_names(batches))
    numbers = materials(crystals)
    order = generator(0, "batches").permutation(numbers.max() + 1 if len(numbers) else 0)
    return names[order[numbers] % len(names)]


def samples(number: int, crystal: Crystal, patterns: Stacks) -> Iterator[tuple[str, np.ndarray, dict[str, Any]]]:
    """Yield what :func:`sgbench.ingest.batchfile.write` writes of a crystal: a sample a beam energy.

    Args:
        number: its number in the file.
        crystal: the crystal.
        patterns: what was simulated.
    """
    cell = conventional_cell(crystal)
    for step, (stack, energy) in enumerate(zip(patterns.stacks, patterns.energies_kev, strict=True)):
        described = attributes(
            space_group=crystal.space_group,
            material=crystal.id,
            energy_kev=energy,
            cell=cell_parameters(cell.lattice),
            formula=cell_formula(cell.numbers, cell.isotopes),
            z_dirs=patterns.z_dirs,
            y_dirs=patterns.y_dirs,
            semi_angles_rad=patterns.semi_angles_rad,
            d_hkls_angstrom=patterns.d_hkls_angstrom,
        )
        yield f"sample_{number}_{step}", stack, described
