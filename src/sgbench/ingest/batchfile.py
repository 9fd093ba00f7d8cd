"""Files in the layout of the ORNL data set "Data Challenge 2" (2019): convergent-beam electron diffraction.

A file is ``batch_{train,dev,test}_N.h5``. It holds a group ``sample_I_J`` for the I-th material and the J-th beam
energy, with the float32 dataset ``cbed_stack`` (3, n, n), one pattern a zone direction, and attributes; names repeat
from file to file, and some samples are missing. :mod:`sgbench.ingest.cbed` reads it.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from sgbench.files import atomic

STACK = "cbed_stack"


def write(path: str | Path, samples: Iterable[tuple[str, np.ndarray, Mapping[str, Any]]]) -> int:
    """Write a batch file, a sample at a time.

    Args:
        path: the file, e.g. ``batch_train_0.h5``.
        samples: the name of each group, e.g. ``sample_0_3``; its stack (C, n, n); its attributes, e.g. from
            :func:`attributes`.

    Returns:
        The number of samples.
    """
    count = 0
    with atomic(path) as partial, h5py.File(partial, "w") as file:
        for name, stack, described in samples:
            group = file.create_group(name)
            group.create_dataset(STACK, data=np.asarray(stack, np.float32))
            for key, value in described.items():
                group.attrs[key] = value
            count += 1
    return count


def attributes(
    *,
    space_group: int,
    material: str,
    energy_kev: float,
    cell: Sequence[float],
    formula: str,
    z_dirs: np.ndarray,
    y_dirs: np.ndarray,
    semi_angles_rad: np.ndarray,
    d_hkls_angstrom: np.ndarray,
) -> dict[str, Any]:
    """Return the attributes of a sample by their names and in the types of the layout.

    Args:
        space_group: 1 to 230.
        material: id in its source.
        energy_kev: beam energy, keV.
        cell: a, b, c (Å), alpha, beta, gamma (degrees).
        formula: content of that cell, e.g. ``Fe8 O14 F2``.
        z_dirs: zone directions, (1, C, 3).
        y_dirs: directions along y on the detector, (1, C, 3).
        semi_angles_rad: convergence semi-angles, rad, (C,).
        d_hkls_angstrom: spacing of the reflection of each zone direction, Å, (C,).
    """
    return {
        "space_group": np.bytes_(str(space_group)),
        "material": np.bytes_(material),
        "energy_keV": int(energy_kev) if float(energy_kev).is_integer() else float(energy_kev),
        "z_dirs": np.asarray(z_dirs, float),
        "y_dirs": np.asarray(y_dirs, float),
        "semi_angles_rad": np.asarray(semi_angles_rad, float),
        "d_hkls_angstrom": np.asarray(d_hkls_angstrom, float),
        "abc_angstrom": np.asarray(cell[:3], float),
        "angles_degree": np.asarray(cell[3:], float),
        "formula": formula,
    }
