"""Work done ahead by a pool of threads, handed out in order, so that memory holds a few results and not all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def threads(count: int) -> Iterator[Executor]:
    """Give a pool of threads and wait for them at the end, but not where the program is being ended by a signal.

    A signal may strike the main thread in the midst of an import; a thread that imports something then waits for ever.
    """
    pool = ThreadPoolExecutor(count)
    wait = True
    try:
        yield pool
    except (KeyboardInterrupt, SystemExit):
        wait = False
        raise
    finally:
        pool.shutdown(wait=wait, cancel_futures=True)


def in_order(pool: Executor, work: Callable[[Item], Result], items: Iterable[Item], ahead: int) -> Iterator[Result]:
    """Return an iterator of `work(item)` in the order of the items, of which at most `ahead` are worked on in advance.

    The first ones are worked on from the call on, before anything is asked for.
    """
    rest = iter(items)
    pending = deque(pool.submit(work, item) for item in islice(rest, ahead))
    return _results(pool, work, rest, pending)


def _results(pool: Executor, work: Callable[[Item], Result], rest: Iterator[Item], pending: deque[Future[Result]]) -> Iterator[Result]:
    try:
        while pending:
            result = pending.popleft().result()
            pending.extend(pool.submit(work, item) for item in islice(rest, 1))
            yield result
    finally:
        for future in pending:
            future.cancel()
