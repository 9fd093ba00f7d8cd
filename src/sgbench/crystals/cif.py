"""Crystals from CIF files: each block a crystal that is what the block declares, or the reason why it is none."""

from collections.abc import Iterator
from pathlib import Path

from sgbench.crystals.blocks import Block, Damaged, blocks_of
from sgbench.crystals.crystal import Crystal, Rejected
from sgbench.crystals.structure import crystal_of
from sgbench.errors import SgbenchError
from sgbench.progress import logger, track
from sgbench.study.sources import cif_files, folder_of


def read(path: str) -> Iterator[Crystal | Rejected]:
    """Read the file at ``path``, or the files of the folder there.

    Yields:
        each block in the order of the files' names, or why it cannot be used.

    Raises:
        SgbenchError: there is no CIF file.
    """
    folder = Path(path)
    files = cif_files(folder)
    if not files:
        raise SgbenchError(f"{folder}: no *.cif file in this folder")
    source = folder_of(path).name
    found = accepted = rejected = 0
    for file in track(files, len(files), f"read {folder.name}", "files"):
        blocks = _blocks(file)
        found += len(blocks)
        for position, block in enumerate(blocks, start=1):
            name = file.stem if len(blocks) == 1 else f"{file.stem}-{position}"
            record = _record(block, name, source, file.name)
            accepted += isinstance(record, Crystal)
            rejected += isinstance(record, Rejected)
            yield record
    if accepted + rejected != found:
        raise RuntimeError(f"{folder}: {found} blocks found, but {accepted} crystals and {rejected} rejected")
    logger.info("%s: %d blocks found = %d crystals + %d rejected", folder, found, accepted, rejected)


def _blocks(path: Path) -> list[Block | Damaged]:
    try:
        return list(blocks_of(path.read_bytes()))
    except SgbenchError as error:
        return [Damaged("", str(error))]
    except OSError as error:
        return [Damaged("", f"cannot be opened ({error.strerror})")]


def _record(block: Block | Damaged, name: str, source: str, file: str) -> Crystal | Rejected:
    where = f"{file}, block {block.name}, " if block.name else f"{file}, "
    if isinstance(block, Damaged):
        return Rejected(source, name, where + block.reason)
    try:
        return crystal_of(block, name, source)
    except SgbenchError as error:
        return Rejected(source, name, where + str(error))
