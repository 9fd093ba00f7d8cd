"""Work spread over processes, results in the order of the input."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from joblib import Parallel, delayed, parallel_config

T = TypeVar("T")
R = TypeVar("R")


def ordered_map(function: Callable[[T], R], items: Sequence[T], workers: int, chunk: int = 32) -> Iterator[R]:
    """Yield ``function(item)`` for each item, computed by ``workers`` processes, in the order of ``items``.

    Args:
        function: a function at module level, or a partial of one, so that other processes find it.
        items: what it is called with.
        workers: number of processes; 1 computes here.
        chunk: items handed to a process at a time.
    """
    if workers == 1:
        yield from map(function, items)
        return
    # Without this, a worker would use as many threads as the environment grants the whole job.
    with parallel_config("loky", inner_max_num_threads=1):
        pool = Parallel(n_jobs=workers, batch_size=chunk, return_as="generator")
        yield from pool(delayed(function)(item) for item in items)
