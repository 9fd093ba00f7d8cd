"""Where the next orbit of atoms has room: one compiled pass over the places that are tried."""

import numba
import numpy as np


@numba.njit(nogil=True)
def first_with_room(
    tried: np.ndarray,
    radius: float,
    placed: np.ndarray,
    radii: np.ndarray,
    lattice: np.ndarray,
    share: float,
) -> int:
    """Return the first of the orbits that are tried in which no two atoms are too close, -1 where none is.

    Atoms are too close within ``share`` of the sum of their radii. It is enough to look from one atom of the orbit, as
    symmetry makes all others like it.

    Args:
        tried: fractional coordinates, shape (tries, m, 3).
        radius: of their atoms, Å.
        placed: whole orbits of atoms that are there already, fractional, shape (n, 3).
        radii: of these, shape (n,), Å.
        lattice: reduced lattice vectors as rows, shape (3, 3), Å.
        share: of the sum of two radii, 0 to 1.
    """
    for attempt in range(len(tried)):
        orbit = tried[attempt]
        fits = True
        for at in range(len(orbit) + len(placed)):
            own = at < len(orbit)
            other = orbit[at] if own else placed[at - len(orbit)]
            least = share * (radius + (radius if own else radii[at - len(orbit)]))
            x, y, z = other[0] - orbit[0, 0], other[1] - orbit[0, 1], other[2] - orbit[0, 2]
            x, y, z = x - np.rint(x), y - np.rint(y), z - np.rint(z)
            for i in range(-1, 2):
                for j in range(-1, 2):
                    for k in range(-1, 2):
                        if at == 0 and i == 0 and j == 0 and k == 0:
                            continue
                        square = 0.0
                        for axis in range(3):
                            step = (x + i) * lattice[0, axis] + (y + j) * lattice[1, axis] + (z + k) * lattice[2, axis]
                            square += step * step
                        if square < least * least:
                            fits = False
                            break
                    if not fits:
                        break
                if not fits:
                    break
            if not fits:
                break
        if fits:
            return attempt
    return -1
