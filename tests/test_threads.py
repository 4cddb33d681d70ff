"""Layers that work in threads, whose symbols are those of the run."""

import _thread
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from effort import slow
from idioms import BOTH, collector, name, verdicts

import verify
from verify.model.errors import ThreadError
from verify.model.reasons import Reason
from verify.model.result import Verdict
from verify.tape.tape import Tape
from verify.tracing.arrays import arrays
from verify.tracing.stand_ins import threads
from verify.tracing.symbols.trace import Trace

WAYS, way = collector()
POOL = ThreadPoolExecutor(2)


@way()
def pool(x):
    with ThreadPoolExecutor(2) as executor:
        return np.concatenate(list(executor.map(lambda i: x[i : i + 1] ** 2, range(3))))


@way()
def pool_from_before(x):
    return np.stack([future.result() for future in [POOL.submit(np.square, v) for v in x]])


@way()
def started(x):
    y = np.zeros(3)

    def work(i):
        part = np.zeros(1)
        part[:] = np.maximum(x[i], -100) ** 2
        y[i] = part[0]

    workers = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return y


@way()
def nested(x):
    def rows(i):
        with ThreadPoolExecutor(1) as executor:
            return executor.submit(lambda: x[i] * x[i]).result()

    return np.stack(list(POOL.map(rows, range(3))))


def overlapping(x):
    """Hand work to a pool that hands it on to another while the first is starting its thread."""
    handed_on = threading.Event()

    class Outer(ThreadPoolExecutor):
        def _adjust_thread_count(self):
            super()._adjust_thread_count()
            handed_on.wait()

    class Inner(ThreadPoolExecutor):
        def submit(self, *work):
            handed_on.set()
            return super().submit(*work)

    def work():
        with Inner(1) as pool:
            return pool.submit(np.square, x).result()

    with Outer(1) as pool:
        return pool.submit(work).result()


@pytest.mark.parametrize(("square", "x"), WAYS, ids=name)
def test_threads_are_followed(square, x):
    """The right gradient is proved, a wrong one refuted."""
    assert verdicts(square, x) == BOTH


@slow
def test_the_whole_check():
    """The run on floats, where threads are threads, agrees."""
    assert verdicts(pool, quick=False) == BOTH


def test_pools_that_start_their_threads_at_once():
    """A thread is known for a pool's own by who starts it, in whatever order the threads take turns."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(60)  # each thread goes on until it waits for the other
    try:
        assert verdicts(overlapping) == BOTH
    finally:
        sys.setswitchinterval(before)


def test_what_a_thread_raises_is_the_codes_own():
    """A pool hands it over where the result is asked for, and nothing is proved."""

    def fails(x):
        return POOL.submit(lambda: x.absent).result()

    (row,) = verify.check(verify.pair(fails, lambda dout, x: dout, x="3"), quick=True).comparisons
    assert row.verdict is Verdict.ERROR
    assert "absent" in row.evidence.detail


def test_a_thread_of_unknown_origin_is_refused():
    """Two threads at work on one graph could give one number to two nodes."""

    def races(x):
        done, parts = _thread.allocate_lock(), []
        done.acquire()

        def work():
            try:
                parts.append(x * x)
            except ThreadError:  # which is on record
                pass
            finally:
                done.release()

        _thread.start_new_thread(work, ())
        done.acquire()
        return parts[0] if parts else x * x

    (row,) = verify.check(verify.pair(races, lambda dout, x: 2 * dout * x, x="3"), quick=True).comparisons
    assert row.verdict is not Verdict.PROVED


def test_a_thread_that_waits_ends_nothing(monkeypatch):
    """A thread that waits for what starts it is told, after a while."""
    monkeypatch.setattr(threads, "_PATIENCE", 0.1)
    go_on = threading.Event()

    def waits(x):
        worker = threading.Thread(target=go_on.wait, args=(60,), daemon=True)
        worker.start()
        return x * x

    (row,) = verify.check(verify.pair(waits, lambda dout, x: 2 * dout * x, x="3"), quick=True).comparisons
    go_on.set()
    assert row.verdict is Verdict.UNDECIDED
    assert "a thread still runs" in row.evidence.detail
    assert row.evidence.reason is Reason.THREADS


def test_no_other_thread_makes_nodes():
    """A trace and a tape know the thread that they were handed to, which makes nodes alone or many at once."""
    trace, tape, raised = Trace(), Tape(), []
    a, b = trace.variable("a"), trace.variable("b")
    ways = [
        lambda: trace.variable("x"),
        lambda: trace.total([a, b]),
        lambda: trace.multiplied_each([a], [b]),
        lambda: tape.variables([1]),
    ]

    def work():
        for make in ways:
            try:
                make()
            except ThreadError as problem:
                raised.append(problem)

    with arrays.running(trace):
        worker = threading.Thread(target=work)
        worker.start()
        worker.join()
    assert len(raised) == len(ways)
    assert len(trace) == 2
    assert trace.variable("x") >= 0
