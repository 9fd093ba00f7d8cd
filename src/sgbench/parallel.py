"""Work spread over processes: results in the order of the input, or beside what this process does."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Self, TypeVar

from joblib import Parallel, delayed, parallel_config
from threadpoolctl import threadpool_limits

from sgbench.errors import SgbenchError

T = TypeVar("T")
R = TypeVar("R")

_NICER = 10
_given: dict[str, Callable[..., Any]] = {}


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


class Workers:
    """Processes that call a function beside what this one does; used in a ``with`` block, with which they end.

    They end with this process as well, however that ends. Signals that ask a job to stop are for this process to
    answer: a scheduler sends them to all. Where there are fewer cores than processes, this one comes first.

    Attributes:
        count: number of processes; 0 calls the function here.
    """

    def __init__(self, function: Callable[..., Any], count: int) -> None:
        """Prepare the processes, which start when there is something to do.

        Args:
            function: what they call, on several arguments, one thread each; it is sent to each of them once.
            count: see :class:`Workers`.
        """
        self.count, self._function = count, function
        # A fork would copy the threads' locks, of PyTorch among them, in whatever state they are.
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(count, context, _begin, (function,)) if count else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def submit(self, calls: Sequence[tuple[Any, ...]]) -> Future:
        """Have a process make several calls; the future gives their results, for :func:`result`.

        Args:
            calls: the arguments of each.
        """
        if self._pool:
            return self._pool.submit(_call, calls)
        done: Future = Future()
        done.set_result([self._function(*arguments) for arguments in calls])
        return done


def result(future: Future) -> list[Any]:
    """Return what :meth:`Workers.submit` promised.

    Raises:
        SgbenchError: the process has ended.
    """
    try:
        return future.result()
    except BrokenProcessPool:
        raise SgbenchError(
            "a worker was killed; where memory ran out, give the rule fewer threads or more mem_mb"
        ) from None


def _begin(function: Callable[..., Any]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    os.nice(_NICER)
    threadpool_limits(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _given["function"] = function


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)


def _call(calls: Sequence[tuple[Any, ...]]) -> list[Any]:
    return [_given["function"](*arguments) for arguments in calls]
