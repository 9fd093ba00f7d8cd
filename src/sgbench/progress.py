"""What a job says while it runs: a log file, progress with rate and time left, and errors in one line."""

import logging
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
T = TypeVar("T")


@contextmanager
def job(log: str | Path) -> Iterator[None]:
    """Send this process's messages to the file ``log``; end it with status 1 and a plain line on bad input."""
    handler = logging.FileHandler(log, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").addHandler(handler)
    try:
        yield
    except SgbenchError as error:
        logger.error("%s", error)
        sys.exit(f"sgbench: error: {error}")
    except Exception:
        logger.exception("this is a fault of sgbench itself, not of its input")
        raise
    finally:
        logger.removeHandler(handler)
        logging.getLogger("py.warnings").removeHandler(handler)
        handler.close()


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
