"""Crystals measured again under other conditions, one module a modality of :mod:`sgbench.simulate`.

Each has a function ``measure(crystal, made_by, conditions, rng)`` that draws the conditions and returns them, and the
image as the store of the modality would hold it, or in plain words the reason why there is none.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Conditions:
    """The ranges of what changes from one measurement to another.

    Attributes:
        march: lowest and highest March parameter of a powder's preferred orientation, above 0; 1 is none.
        width: lowest and highest factor on the width of a powder's peaks; lines without width stay so.
        tilt_deg: largest tilt of a crystal before its fingerprint is taken, degrees, 0 to 180; a modality that turns
            its crystals turns them anew instead.
        thickness: lowest and highest factor on the thickness of the slab of CBED. The beam energy is drawn as well,
            between the least and the largest of the modality.
    """

    march: tuple[float, float] = (0.8, 1.2)
    width: tuple[float, float] = (0.9, 1.1)
    tilt_deg: float = 5.0
    thickness: tuple[float, float] = (0.8, 1.25)
