"""Redistribution: which sample serves for training, development and test, and what leaks between them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sgbench.errors import SgbenchError
from sgbench.samples.materials import linked, materials
from sgbench.seeds import generator
from sgbench.study.sources import PARTS

#: A space group, or a class, of fewer materials than this has few.
FEW = 20


@dataclass(frozen=True)
class Ratio:
    """Relative sizes of the parts, whole numbers of 1 or more; 7:1:1 as in Costa et al. 2019."""

    train: int = 7
    dev: int = 1
    test: int = 1

    @property
    def slots(self) -> np.ndarray:
        """Return the part numbers (0 train, 1 dev, 2 test) in their proportion, e.g. 0 0 0 0 0 0 0 1 2."""
        return np.repeat(np.arange(3), [self.train, self.dev, self.test])


def by_origin(samples: pd.DataFrame) -> pd.DataFrame:
    """Leave each sample in the part whose file it was read from.

    Args:
        samples: has id and partition.

    Returns:
        A row a sample, in the order of ``samples``: id, part.

    Raises:
        SgbenchError: a sample was read from a file of no part.
    """
    strays = samples.loc[~samples["partition"].isin(PARTS), "file"]
    if len(strays):
        raise SgbenchError(f"policy original: {strays.iloc[0]} is not named batch_PART_N.h5, PART train, dev or test")
    return samples[["id"]].assign(part=samples["partition"]).reset_index(drop=True)


def by_material(
    samples: pd.DataFrame, ratio: Ratio, seed: int, train_below: int = 0, withhold: int = 0
) -> pd.DataFrame:
    """Draw whole materials, so that no crystal is on two sides (the default of the study).

    Materials are put in the order of their space group, shuffled within it, and dealt in blocks of
    train + dev + test: each block fills every part in its ratio, in random order. A large group thus meets the ratio
    closely, and rare ones meet it together.

    Args:
        samples: has id, material, formula, space_group.
        ratio: relative sizes of the parts, in materials.
        seed: the seed of the draw.
        train_below: a space group with fewer materials than this stays whole in train; 0 divides all.
        withhold: number of space groups that are whole in test, see :func:`withheld`.

    Returns:
        A row a sample, in the order of ``samples``: id, part.

    Raises:
        SgbenchError: see :func:`withheld`.
    """
    rng = generator(seed, "split", "material")
    away = withheld(samples, withhold, seed)
    return _table(samples, _dealt(samples, materials(samples), ratio, train_below, rng, away))


def withheld(samples: pd.DataFrame, count: int, seed: int) -> np.ndarray:
    """Draw space groups to be kept from training and dev, so that test says what becomes of one without crystals.

    They are drawn among those with few materials, less than :data:`FEW`, like which those without any are most. A seed
    draws the same ones for every policy.

    Args:
        samples: has material, formula, space_group.
        count: number of space groups.
        seed: the seed of the draw.

    Returns:
        Their numbers, (count,).

    Raises:
        SgbenchError: so many do not have few materials.
    """
    known = pd.DataFrame({"number": materials(samples), "space_group": samples["space_group"].to_numpy()})
    sizes = known.drop_duplicates()["space_group"].value_counts().sort_index()
    few = sizes.index[(sizes < FEW) & (sizes.index > 0)].to_numpy()
    if count > len(few):
        raise SgbenchError(
            f"withhold: {count} space groups of fewer than {FEW} materials are to be kept from training; "
            f"there are {len(few)}"
        )
    return generator(seed, "split", "withheld").choice(few, count, replace=False)


def typed(samples: pd.DataFrame, types: pd.DataFrame, known_by: str) -> pd.DataFrame:
    """Return samples with a column structure_type.

    Args:
        samples: the samples.
        types: id, material and structure_type of crystals, those of the samples among them.
        known_by: by which column both know a crystal: id, or material, of which the first record stands for all.
    """
    of = types.drop_duplicates(known_by).set_index(known_by)["structure_type"]
    return samples.assign(structure_type=of[samples[known_by]].to_numpy())


def by_structure_type(
    samples: pd.DataFrame, ratio: Ratio, seed: int, train_below: int = 0, withhold: int = 0
) -> pd.DataFrame:
    """Draw whole structure types, so that no type is on two sides: a known one with other elements is half known.

    Types that records of one material share stay together, so that no material is on two sides either. They are dealt
    as materials are in :func:`by_material`, whatever their sizes.

    Args:
        samples: has id, material, formula, space_group, and structure_type, see
            :func:`sgbench.crystals.structure_type.structure_type`.
        ratio: relative sizes of the parts, in structure types.
        seed: the seed of the draw.
        train_below: a space group with fewer types than this stays whole in train; 0 divides all.
        withhold: as for :func:`by_material`.

    Returns:
        A row a sample, in the order of ``samples``: id, part.

    Raises:
        SgbenchError: see :func:`withheld`.
    """
    rng = generator(seed, "split", "structure_type")
    numbers = linked(materials(samples), pd.factorize(samples["structure_type"])[0])
    away = withheld(samples, withhold, seed)
    return _table(samples, _dealt(samples, numbers, ratio, train_below, rng, away))


def _dealt(
    samples: pd.DataFrame,
    units: np.ndarray,
    ratio: Ratio,
    train_below: int,
    rng: np.random.Generator,
    away: np.ndarray,
) -> np.ndarray:
    """Deal whole units to the parts, as :func:`by_material` says.

    Args:
        samples: has space_group.
        units: number of what each sample is of, shape (n,).
        ratio: relative sizes of the parts, in units.
        train_below: a space group with fewer units than this stays whole in train.
        rng: what draws.
        away: space groups of which no unit is in train or dev, not even one that is of another group as well.

    Returns:
        The number of each sample's part, shape (n,).
    """
    groups = samples["space_group"].to_numpy()
    unique, first = np.unique(units, return_index=True)
    of_unit = groups[first]
    kept_away = np.isin(unique, units[np.isin(groups, away)])
    order = np.lexsort((rng.random(len(unique)), of_unit))
    order = order[(np.bincount(of_unit)[of_unit[order]] >= train_below) & ~kept_away[order]]
    blocks = -(-len(order) // len(ratio.slots))
    dealt = rng.permuted(np.tile(ratio.slots, (blocks, 1)), axis=1).ravel()[: len(order)]
    part = np.where(kept_away, PARTS.index("test"), PARTS.index("train"))
    part[order] = dealt
    return part[np.searchsorted(unique, units)]


def by_sample(samples: pd.DataFrame, ratio: Ratio, copy_below: int, seed: int, train_below: int = 0) -> pd.DataFrame:
    """Draw each sample on its own and copy small groups into every part (Costa et al. 2019).

    This is the policy of the original study. It puts the same crystal on both sides; :func:`audit` counts how often.

    Args:
        samples: has id and space_group.
        ratio: relative probabilities of the parts.
        copy_below: a space group with fewer samples than this is copied whole into all three parts; 0 copies none.
        seed: the seed of the draw.
        train_below: a space group with fewer samples than this, and not copied, stays whole in train; 0 divides all.

    Returns:
        id, part: a row a sample, three for a copied one; ids in the order of ``samples``.
    """
    rng = generator(seed, "split", "sample")
    part = rng.choice(ratio.slots, len(samples))
    size = samples.groupby("space_group")["id"].transform("size").to_numpy()
    copied = size < copy_below
    part[size < train_below] = PARTS.index("train")
    rows = np.repeat(np.arange(len(samples)), np.where(copied, 3, 1))
    parts = part[rows]
    parts[copied[rows]] = np.tile(np.arange(3), copied.sum())
    return _table(samples.iloc[rows], parts)


def _table(samples: pd.DataFrame, part: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"id": samples["id"].to_numpy(), "part": np.asarray(PARTS)[part]})


def audit(split: pd.DataFrame, samples: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Count what stands on both sides of a split.

    Args:
        split: id, part.
        samples: has id, material, formula, space_group, image; perhaps structure_type.

    Returns:
        For each part: samples, materials, space_groups; for dev and test also space_groups_in_train,
        materials_in_train, images_in_train (the part's distinct images that equal one in train) and share_in_train, the
        share of the part's samples (0 to 1) whose material or image is in the training part as well. Where the samples
        have structure types, also structure_types, structure_types_in_train and share_of_types_in_train, the share of
        samples of such a type.
    """
    return counts(seen_in_training(split, samples))


def counts(seen: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return what :func:`audit` does, of a table of :func:`seen_in_training`."""
    members = {part: seen[seen["part"] == part] for part in PARTS}
    learnt = set(members["train"]["space_group"])
    report = {}
    for part, rows in members.items():
        report[part] = {
            "samples": len(rows),
            "materials": rows["number"].nunique(),
            "space_groups": rows["space_group"].nunique(),
        }
        if part != "train":
            report[part]["space_groups_in_train"] = len(learnt & set(rows["space_group"]))
            report[part]["materials_in_train"] = rows.loc[rows["material_seen"], "number"].nunique()
            report[part]["images_in_train"] = rows.loc[rows["image_seen"], "image"].nunique()
            report[part]["share_in_train"] = float(rows["seen"].mean()) if len(rows) else 0.0
        if "type" in rows:
            report[part]["structure_types"] = rows["type"].nunique()
        if "type" in rows and part != "train":
            report[part]["structure_types_in_train"] = rows.loc[rows["type_seen"], "type"].nunique()
            report[part]["share_of_types_in_train"] = float(rows["type_seen"].mean()) if len(rows) else 0.0
    return report


def seen_in_training(split: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Return which samples of a split show what the training part shows as well.

    Args:
        split: id, part.
        samples: see :func:`audit`.

    Returns:
        A row for each of ``split`` whose sample is among ``samples``, in its order: id, part, number (of the material,
        see :func:`sgbench.samples.materials.materials`), image (a number), space_group, and whether training has the
        material (material_seen), an equal image (image_seen), or one of the two (seen); where the samples have
        structure types, also type (a number) and type_seen.
    """
    # Numbers, as text is slow to compare.
    about = pd.DataFrame(
        {
            "id": samples["id"].to_numpy(),
            "number": materials(samples),
            "image": pd.factorize(samples["image"])[0],
            "space_group": samples["space_group"].to_numpy(),
        }
    )
    typed = "structure_type" in samples
    if typed:
        about["type"] = pd.factorize(samples["structure_type"])[0]
    table = split.merge(about, on="id")
    train = table[table["part"] == "train"]
    table["material_seen"] = table["number"].isin(train["number"])
    table["image_seen"] = table["image"].isin(train["image"])
    if typed:
        table["type_seen"] = table["type"].isin(train["type"])
    return table.assign(seen=table["material_seen"] | table["image_seen"])
