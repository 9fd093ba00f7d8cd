"""What a job says while it runs: a log file, progress with rate and time left, and errors in one line."""

import errno
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from sgbench.errors import SgbenchError

logger = logging.getLogger("sgbench")
_LOG_EVERY_S = 10.0
# What a disk, or whoever manages it, has against a job.
_REFUSED = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
T = TypeVar("T")


@contextmanager
def job(log: str | Path) -> Iterator[None]:
    """Send this process's messages to the file ``log``; end it with status 1 and a plain line on bad input.

    A disk that is full, or does not let the job write or read, counts as bad input.
    """
    try:
        with _logged(log):
            yield
    except SgbenchError as error:
        sys.exit(f"sgbench: error: {error}")
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        sys.exit(f"sgbench: error: {_refusal(error)}")


@contextmanager
def _logged(log: str | Path) -> Iterator[None]:
    handler = logging.FileHandler(log, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    # On a full disk messages are lost; the job ends with a line of its own.
    handler.handleError = lambda record: None  # type: ignore[method-assign]
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").addHandler(handler)
    try:
        yield
    except SgbenchError as error:
        logger.error("%s", error)
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _REFUSED:
            logger.error("%s", _refusal(error))
        else:
            logger.exception("this is a fault of sgbench itself, not of its input")
        raise
    finally:
        logger.removeHandler(handler)
        logging.getLogger("py.warnings").removeHandler(handler)
        handler.close()


def _refusal(error: OSError) -> str:
    why = os.strerror(error.errno or 0)
    return f"{error.filename}: {why}" if error.filename else f"{why}, while a file was written"


def track(
    items: Iterable[T], total: int, what: str, unit: str, done: int = 0, size: Callable[[T], int] = lambda item: 1
) -> Iterator[T]:
    """Yield ``items`` while a terminal shows a bar and the log gets a line every ten seconds and at the end.

    Args:
        items: what is worked on.
        total: how many there are.
        what: the work, e.g. ``simulate powder``.
        unit: the plural of an item, e.g. ``crystals``.
        done: how many were done before, by a run that this one resumes.
        size: how many units an item counts.
    """
    start = last = time.monotonic()
    count = done
    with tqdm(
        total=total, initial=done, desc=what, unit=f" {unit}", leave=False, disable=not sys.stderr.isatty()
    ) as bar:
        for item in items:
            yield item
            count += size(item)
            bar.update(size(item))
            now = time.monotonic()
            if now - last >= _LOG_EVERY_S and count < total:
                last = now
                rate = (count - done) / (now - start)
                left = (total - count) / rate
                logger.info("%s: %d of %d %s, %.1f/s, %.0f s left", what, count, total, unit, rate, left)
    elapsed = max(time.monotonic() - start, 1e-9)
    logger.info("%s: %d %s in %.1f s, %.1f/s", what, count, unit, elapsed, (count - done) / elapsed)
