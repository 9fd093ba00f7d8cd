"""What abTEM makes of a zone: a probe on a supercell, slice by slice, at the same slab, slices and potentials."""

from dataclasses import replace
from itertools import product

import abtem
import ase
import numpy as np

from sgbench.simulate import multislice
from sgbench.simulate.zone import Zone

# The band of the module under test: two thirds of the Nyquist frequency, with a sharp edge.
abtem.config.set({"antialias.cutoff": 2 / 3, "antialias.taper": 0.0, "local_diagnostics.progress_bar": False})


def rectangular(zone: Zone, within: float = 0.005, longest: float = 40.0) -> tuple[Zone, np.ndarray]:
    """Shear the plane lattice of a zone so slightly that a rectangle repeats it, as abTEM needs it.

    Args:
        zone: the zone.
        within: largest shear.
        longest: largest edge of the rectangle, Å.

    Returns:
        The zone, which is still a crystal, of the same or lower symmetry, and the edges of the rectangle, Å, (2,).
    """
    steps = range(-12, 13)
    vectors = np.array([n for n in product(steps, steps) if n > (0, 0)])
    places = vectors @ zone.plane
    lengths = np.linalg.norm(places, axis=1)
    best = None
    for i in np.argsort(lengths):
        for j in np.argsort(lengths):
            area = abs(np.linalg.det([vectors[i], vectors[j]]))
            if max(lengths[i], lengths[j]) > longest or not area or (best and area >= best[0]):
                continue
            if abs(places[i] @ places[j]) <= within * lengths[i] * lengths[j]:
                best = area, i, j
    assert best, "no rectangle"
    one, other = places[best[1]], places[best[2]]
    along = one / np.linalg.norm(one)
    across = np.array([-along[1], along[0]])
    # Turned so that the first edge is along x, and sheared so that the second is along y.
    target = np.diag([np.linalg.norm(one), other @ across])
    turn = np.linalg.inv(np.stack([one, other])) @ target
    moved = replace(
        zone,
        plane=zone.plane @ turn,
        shift=zone.shift @ turn,
        slices=tuple(replace(layer, xy=layer.xy @ turn) for layer in zone.slices),
    )
    return moved, np.abs(np.diag(target))


def atoms(zone: Zone, layers: int, box: np.ndarray) -> ase.Atoms:
    """Fill a rectangular box, edges in Å, that the plane lattice repeats, with a slab."""
    reach = range(-40, 41)
    cells = np.array(list(product(reach, reach))) @ zone.plane
    origin = np.array([0.0123, 0.0234])  # off the corner, where rounding would count atoms twice or not at all
    cells = cells[(np.abs(cells) <= 2 * box.sum()).all(1)]
    numbers, places = [], []
    for layer in range(layers):
        period, index = divmod(layer, len(zone.slices))
        of = zone.slices[index]
        _, single = np.unique(
            (np.round(((of.xy @ np.linalg.inv(zone.plane)) % 1), 3) % 1) @ [[1], [1e4]] + 1e8 * of.numbers[:, None],
            return_index=True,
        )
        xy = (of.xy[single] + period * zone.shift)[:, None] + cells + origin
        inside = ((xy >= 0) & (xy < box)).all(-1)
        numbers.append(np.repeat(of.numbers[single], inside.sum(1)))
        z = np.full((inside.sum(), 1), (layer + 0.5) * zone.thickness)
        places.append(np.hstack([xy[inside], z]))
    return ase.Atoms(np.concatenate(numbers), np.concatenate(places), cell=[*box, layers * zone.thickness], pbc=True)


def potential(
    zone: Zone, layers: int, box: np.ndarray, points: tuple[int, int], finer: int = 1
) -> abtem.PotentialArray:
    """Project the slices of a slab on a grid of points along x and y.

    abTEM spreads an atom over the four grid points around it, which weakens the large spatial frequencies unless the
    grid is much finer than needed otherwise. With ``finer`` above 1 it gets such a grid, of that many times the points
    along both axes, and the result is cut to the spatial frequencies of the coarse one.
    """
    fine = abtem.Potential(
        atoms(zone, layers, box),
        gpts=tuple(finer * n for n in points),
        slice_thickness=zone.thickness,
        parametrization="kirkland",
        projection="infinite",
    ).build(lazy=False)
    if finer == 1:
        return fine
    spectrum = np.fft.fft2(fine.array)
    for axis, n in enumerate(points, start=1):
        spectrum = np.take(spectrum, np.rint(np.fft.fftfreq(n, 1 / n)).astype(int), axis, mode="wrap")
    array = np.fft.ifft2(spectrum).real / finer**2
    return abtem.PotentialArray(array.astype(np.float32), slice_thickness=zone.thickness, extent=tuple(box))


def pattern(
    slices: abtem.PotentialArray, energy_kev: float, semi_angle: float, position: np.ndarray | None = None
) -> np.ndarray:
    """Send a probe through; return intensities (rows along y, columns along x), the undiffracted beam in the middle."""
    box = np.array(slices.extent)
    kx, ky = (np.fft.fftfreq(n, edge / n) for n, edge in zip(slices.gpts, box, strict=True))
    length = np.hypot(kx[:, None], ky)
    radius = semi_angle / multislice.wavelength(energy_kev)
    cover = np.clip((radius - length) * np.sqrt(box.prod()) + 0.5, 0, 1)
    x, y = np.zeros(2) if position is None else position
    wave = np.sqrt(cover / cover.sum()) * np.exp(-2j * np.pi * (kx[:, None] * x + ky * y))
    probe = abtem.Waves(np.fft.ifft2(wave).astype(np.complex64), energy=energy_kev * 1e3, extent=tuple(box))
    exit_wave = probe.multislice(slices).compute().array
    return np.fft.fftshift(np.abs(np.fft.fft2(exit_wave)) ** 2).T
