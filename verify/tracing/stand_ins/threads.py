"""Threads of user code, one at a time: what starts one waits until it ends, and its symbols are those of the run.

A graph is built by one thread. So a thread, or a call that is handed to a pool, is done at once while the others wait:
one of the orders in which they may run. A trace knows the thread that it was handed to (`Trace.thread`); what any other
makes of its symbols is refused where nodes are made, so that threads that this module does not know of (those of
`multiprocessing.pool`, or of compiled code) can spoil no graph.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from verify.model.errors import TraceError
from verify.model.reasons import Reason
from verify.model.where import asked_at
from verify.tracing.arrays.arrays import active

_PATIENCE = 5.0  # seconds, after which a thread counts as waiting for what waits for it


class _Doing(threading.local):
    """What one thread is doing: a thread of one pool may hand work to another while the first still starts its own."""

    starts_pool = False  # whether a pool is starting its threads, which end with the pool


_doing = _Doing()


def _handed(trace: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that is called in a thread to which a trace is handed meanwhile."""

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        before, trace.thread = trace.thread, threading.get_ident()
        try:
            return function(*args, **options)
        finally:
            trace.thread = before

    return call


def _starting(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces `Thread.start`."""

    @functools.wraps(original)
    def start(self: threading.Thread) -> None:
        trace = active()
        if trace is None or _doing.starts_pool:
            original(self)
            return
        self.run = _handed(trace, self.run)  # type: ignore[method-assign]
        original(self)
        self.join(_PATIENCE)
        _end(trace, ended=not self.is_alive())

    return start


def _submitting(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces `ThreadPoolExecutor.submit`."""

    @functools.wraps(original)
    def submit(self: Any, function: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
        trace = active()
        if trace is None:
            return original(self, function, *args, **options)
        before, _doing.starts_pool = _doing.starts_pool, True
        try:
            done = threading.Event()
            future = original(self, _handed(trace, function), *args, **options)
            future.add_done_callback(lambda _: done.set())
        finally:
            _doing.starts_pool = before
        _end(trace, ended=done.wait(_PATIENCE))
        return future

    return submit


def _end(trace: Any, *, ended: bool) -> None:
    if not ended:
        trace.thread = threading.get_ident()
        raise TraceError(
            "a thread still runs after the code that started it stopped waiting", asked_at(), reason=Reason.THREADS
        )


def replaced() -> list[tuple[Any, str, Any, Any]]:
    """Return the methods that are replaced: their class, name, original and replacement."""
    return [
        (threading.Thread, "start", threading.Thread.start, _starting(threading.Thread.start)),
        (ThreadPoolExecutor, "submit", ThreadPoolExecutor.submit, _submitting(ThreadPoolExecutor.submit)),
    ]
