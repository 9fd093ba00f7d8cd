"""What a CIF block says of its space group, and the ways to read that: operations, Hall symbol, Hermann-Mauguin symbol.

The settings and their symbols are those of gemmi's table, after International Tables B 1.4 (S. R. Hall & R. W.
Grosse-Kunstleve) and A.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import gemmi
import numpy as np
import spglib

from sgbench.crystals.blocks import Block
from sgbench.crystals.symmetry import symbol
from sgbench.errors import SgbenchError

OPERATIONS = (
    "_space_group_symop_operation_xyz",
    "_space_group_symop.operation_xyz",
    "_symmetry_equiv_pos_as_xyz",
    "_symmetry_equiv.pos_as_xyz",
)
HERMANN_MAUGUIN = (
    "_space_group_name_H-M_alt",
    "_space_group.name_H-M_alt",
    "_space_group_name_H-M_full",
    "_symmetry_space_group_name_H-M",
    "_symmetry.space_group_name_H-M",
)
HALL = (
    "_space_group_name_Hall",
    "_space_group.name_Hall",
    "_symmetry_space_group_name_Hall",
    "_symmetry.space_group_name_Hall",
)
NUMBER = (
    "_space_group_IT_number",
    "_space_group.IT_number",
    "_symmetry_Int_Tables_number",
    "_symmetry.Int_Tables_number",
)
_QUALIFIER = re.compile(r":?\(?([12hrsz])\)?$")
# S and Z are those of the Inorganic Crystal Structure Database: Z has the origin at a centre of symmetry (Zentrum).
_EXTENSIONS = {"1": "1", "2": "2", "s": "1", "z": "2", "h": "H", "r": "R"}
_ANGLE = 0.02


@dataclass(frozen=True)
class Setting:
    """Symmetry operations x' = W x + w of a space group on certain axes, K of them with those of the centring.

    Attributes:
        source: what they are from, e.g. ``H-M symbol F d -3 m:2``.
        number: of the space group, 1 to 230.
        triplets: the operations as x,y,z, which tell one setting from another.
        rotations: W, shape (K, 3, 3).
        translations: w, shape (K, 3).
    """

    source: str
    number: int
    triplets: frozenset[str]
    rotations: np.ndarray = field(repr=False)
    translations: np.ndarray = field(repr=False)

    @property
    def is_primitive(self) -> bool:
        """Whether no operation is a mere translation."""
        return int((self.rotations == np.eye(3)).all(axis=(1, 2)).sum()) == 1

    def fits(self, metric: np.ndarray) -> bool:
        """Say whether the operations leave a metric tensor (3, 3) as it is, but for one part in fifty."""
        images = self.rotations.transpose(0, 2, 1) @ metric @ self.rotations
        scale = np.sqrt(np.outer(np.diag(metric), np.diag(metric)))
        return bool((np.abs(images - metric) <= _ANGLE * scale).all())


@dataclass(frozen=True)
class Declaration:
    """What a block says of its space group.

    Attributes:
        number: of the space group; 0 where the block says nothing.
        settings: how the sites may be expanded, equally good; at least one.
        rival: another statement of the block that names one setting too; None where all agree.
    """

    number: int
    settings: Sequence[Setting]
    rival: Setting | None


def declaration(block: Block, metric: np.ndarray) -> Declaration:
    """Read what a block says of its space group.

    Args:
        block: the block.
        metric: tensor of its cell, Å², shape (3, 3), which tells the axes where the symbol leaves them open.

    Raises:
        SgbenchError: it contradicts itself, or cannot be understood.
    """
    listed = _same("lists of operations", [_listed(block.column(tag)) for tag in OPERATIONS])
    halls = {text: _of_hall(text) for text in block.values(*HALL)}
    hall = _same("Hall symbols", halls.values())
    names = {text: _of_name(text) for text in block.values(*HERMANN_MAUGUIN)}
    stated = {f"number {text}": _number(text) for text in block.values(*NUMBER)}
    stated |= {f"Hall symbol {text}": setting.number for text, setting in halls.items() if setting}
    stated |= {f"H-M symbol {text}": tiers[0][0].number for text, tiers in names.items() if tiers}
    if len(set(stated.values())) > 1:
        both = ", but ".join(f"{symbol(group)} ({group}) by its {source}" for source, group in stated.items())
        raise SgbenchError(f"declares {both}")
    number = next(iter(stated.values()), 0)
    declared = number or (listed.number if listed else 0)
    name, tiers = next((item for item in names.items() if item[1]), (next(iter(names), None), ()))
    named = _first_fitting(tiers, metric)
    for other, others in names.items():
        if named and others and not {s.triplets for s in named} & {s.triplets for s in _first_fitting(others, metric)}:
            raise SgbenchError(f"declares both {name} and {other}")
    alone = named[0] if len(named) == 1 else None
    if listed:
        return Declaration(declared, [listed], _rival(listed, hall or alone))
    if hall:
        return Declaration(declared, [hall], _rival(hall, alone))
    if name and not number:
        raise SgbenchError(f"the H-M symbol {name} is not known, and there are no operations")
    named = named or ([] if tiers or not number else _fitting(_settings_of(number), metric))
    if named:
        return Declaration(declared, named, None)
    if declared:
        raise SgbenchError(f"the cell does not fit the space group {name or number}")
    return Declaration(0, [_tabled(gemmi.find_spacegroup_by_name("P 1"))], None)


def _same(what: str, settings: Iterable[Setting | None]) -> Setting | None:
    """Return the one setting that all are which are one, or None.

    Raises:
        SgbenchError: they differ.
    """
    known = [setting for setting in settings if setting]
    if len({setting.triplets for setting in known}) > 1:
        raise SgbenchError(f"has several {what}, which differ")
    return known[0] if known else None


def _rival(first: Setting, second: Setting | None) -> Setting | None:
    return second if second and second.triplets != first.triplets else None


def _number(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 230):
        raise SgbenchError(f"the space group number {text} is not between 1 and 230")
    return int(text)


def _listed(texts: list[str | None]) -> Setting | None:
    triplets = [text for text in texts if text]
    if not triplets:
        return None
    try:
        operations = [gemmi.Op(triplet.replace("*", "")).wrap() for triplet in triplets]
    except (ValueError, RuntimeError) as error:
        raise SgbenchError(f"a symmetry operation cannot be read: {error}") from None
    # One that is listed twice is still one.
    group = gemmi.GroupOps(list({operation.triplet(): operation for operation in operations}.values()))
    setting = _classified("operations", group)
    if setting is None:
        raise SgbenchError("the symmetry operations are no space group: are some missing?")
    return setting


def _classified(source: str, group: gemmi.GroupOps) -> Setting | None:
    """Return operations with the number of their space group, or None where they are no group."""
    if tabled := gemmi.find_spacegroup_by_ops(group):
        return _setting(source, group, tabled.number)
    setting = _setting(source, group, 0)
    if not _is_group(setting):
        return None
    try:
        found = spglib.get_spacegroup_type_from_symmetry(setting.rotations, setting.translations, symprec=1e-3)
    except spglib.error.SpglibError:
        return None
    return replace(setting, number=found.number) if found else None


def _is_group(setting: Setting) -> bool:
    rotations, translations = setting.rotations, setting.translations
    products = np.einsum("aij,bjk->abik", rotations, rotations).reshape(-1, 9)
    shifts = (np.einsum("aij,bj->abi", rotations, translations) + translations[:, None]).reshape(-1, 3)

    def codes(turns: np.ndarray, moves: np.ndarray) -> np.ndarray:
        parts = np.hstack([turns + 1, np.rint(moves * gemmi.Op.DEN).astype(int) % gemmi.Op.DEN])
        return parts @ np.array([*(3.0 ** np.arange(9)), *(3.0**9 * 24.0 ** np.arange(3))])

    return bool(np.isin(codes(products, shifts), codes(rotations.reshape(-1, 9), translations)).all())


def _of_hall(text: str) -> Setting | None:
    try:
        group = gemmi.symops_from_hall(text)
    except (ValueError, RuntimeError):
        return None
    return _classified(f"Hall symbol {text}", group)


def _of_name(text: str) -> Sequence[list[gemmi.SpaceGroup]]:
    """Return the groups that a symbol may mean, in lists to be tried one after the other; none where it is unknown."""
    # P 3 2 is a part of P 3 2 1, but without its blanks it would be P 32.
    if re.fullmatch(r"[A-Za-z]\s+[346]\s+[1-5]", text):
        return ()
    key = re.sub(r"\(no\.?\s*\d+\)|[\s_~'\"]|\((?=\d)|(?<=\d)\)(?=\D|$)", "", text.lower())
    key = re.sub(r":[abc]\d?$", "", key)
    if key in _symbols():
        return _symbols()[key]
    found = _QUALIFIER.search(key)
    if found and key[: found.start()] in _symbols():
        extension = _EXTENSIONS[found[1]]
        tiers = _symbols()[key[: found.start()]]
        chosen = [[group for group in tier if group.ext == extension] for tier in tiers]
        return [tier for tier in chosen if tier]
    # gemmi knows symbols of other editions of the tables: F m 3 m, C m c e.
    other = gemmi.find_spacegroup_by_name(re.sub(r"[_~]", "", text))
    return _symbols()[other.hm.replace(" ", "").lower()] if other else ()


def _first_fitting(tiers: Iterable[Sequence[gemmi.SpaceGroup]], metric: np.ndarray) -> list[Setting]:
    return next((fitting for tier in tiers if (fitting := _fitting(tier, metric))), [])


def _fitting(groups: Sequence[gemmi.SpaceGroup], metric: np.ndarray) -> list[Setting]:
    return [setting for setting in map(_tabled, groups) if setting.fits(metric)]


@cache
def _settings_of(number: int) -> list[gemmi.SpaceGroup]:
    return [group for group in gemmi.spacegroup_table() if group.number == number]


@cache
def _symbols() -> dict[str, tuple[list[gemmi.SpaceGroup], ...]]:
    """Return the groups of each symbol without blanks; several lists are to be tried one after the other.

    A short monoclinic symbol means the unique axis b where the cell allows it (International Tables A, 1.4.1).
    """
    full: dict[str, list[gemmi.SpaceGroup]] = defaultdict(list)
    short: dict[str, dict[str, list[gemmi.SpaceGroup]]] = defaultdict(lambda: {axis: [] for axis in "bca"})
    for group in gemmi.spacegroup_table():
        full[group.hm.replace(" ", "").lower()].append(group)
        if group.crystal_system_str() == "monoclinic":
            key = "".join(part for part in group.hm.split() if part != "1").lower()
            short[key][group.monoclinic_unique_axis()].append(group)
    tiers = {key: tuple(filter(None, by_axis.values())) for key, by_axis in short.items()}
    return {**{key: (groups,) for key, groups in full.items()}, **tiers}


@cache
def _tabled_of(xhm: str, hall: str, number: int) -> Setting:
    return _setting(f"H-M symbol {xhm}", gemmi.symops_from_hall(hall), number)


def _tabled(group: gemmi.SpaceGroup) -> Setting:
    return _tabled_of(group.xhm(), group.hall, group.number)


def _setting(source: str, group: gemmi.GroupOps, number: int) -> Setting:
    operations = [operation.wrap() for operation in group]
    return Setting(
        source,
        number,
        frozenset(operation.triplet() for operation in operations),
        np.array([operation.rot for operation in operations]) // gemmi.Op.DEN,
        np.array([operation.tran for operation in operations]) / gemmi.Op.DEN,
    )
