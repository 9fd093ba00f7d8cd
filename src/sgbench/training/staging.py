"""Stores copied to a disk of the compute node, where many readers at once do not slow each other down."""

import fcntl
import logging
import os
import shutil
import time
from pathlib import Path

from sgbench.errors import SgbenchError
from sgbench.files import atomic
from sgbench.seeds import derive

logger = logging.getLogger(__name__)


def stage(store: Path, folder: Path) -> Path:
    """Copy a store to a folder of this node and return the copy; the first process of the node copies for all.

    Args:
        store: the store's path on the shared disk.
        folder: a folder on the node's own disk; made if missing, and emptied by whoever owns it, not by us.

    Raises:
        SgbenchError: the folder cannot be written to, or is too small, or is named by a variable that is not set.
    """
    if "$" in str(folder):
        raise SgbenchError(f"stage: {folder} is not set on this node")
    known = store.stat()
    # Another store of the same path and size, or the same one written anew, gets a name of its own.
    copy = folder / f"{derive(known.st_mtime_ns, str(store.resolve()), known.st_size):x}.{store.name}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f".{copy.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not copy.exists():
                started = time.monotonic()
                with atomic(copy) as partial:
                    shutil.copyfile(store, partial)
                logger.info(
                    "copied %s (%.0f MB) to %s in %.1f s", store, known.st_size / 1e6, copy, time.monotonic() - started
                )
    except OSError as error:
        raise SgbenchError(f"{folder}: {store} cannot be copied there ({os.strerror(error.errno or 0)})") from None
    return copy
