"""A gradient that is an approximation as a whole: a function of the pivot, which other inputs multiply or add to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import starmap

import flint

from verify.checks.approximation.crossing import Other
from verify.checks.approximation.enclosure import Ends, Largest, Pair, error_at, terms_at
from verify.checks.approximation.models import BeyondError, LimitError
from verify.checks.approximation.pivots import Threshold, interval, is_around_zero, nearest, place_at
from verify.checks.approximation.telling import OF_OUTPUT, Judged, Telling
from verify.checks.approximation.univariate import beyond, largest, misprinted
from verify.checks.approximation.yardstick import magnitude
from verify.checks.claims.claims import Exact
from verify.checks.rounding.formats import SINGLE, Format
from verify.proof.decision import Decision


@dataclass(frozen=True, slots=True)
class Gradient:
    """An entry of a gradient: what `backward` returns, the derivative that is meant, and that of `forward` itself."""

    name: str
    entry: int
    actual: int
    meant: int
    own: int


class Whole:
    """The formulas of a run against those beyond one threshold, as functions of its pivot."""

    def __init__(
        self, exact: Exact, other: Other, threshold: Threshold, thresholds: Sequence[Threshold], numbers: Format
    ) -> None:
        self.exact, self.other, self.threshold, self.numbers = exact, other, threshold, numbers
        self.graph, self.pivot = other.run.seen.trace, threshold.pivot
        self.limits: set[str] = set()  # that were reached, in the words of the report
        self.ends: Ends = interval(exact.region, self.pivot, thresholds)

    def decision(self, gradient: Gradient) -> Decision | None:
        """Judge a gradient; None where nothing is proved of it."""
        try:
            return self._of_jump() if self._jumps() else self._decision(gradient)
        except LimitError as problem:
            self.limits.add(str(problem))
        except BeyondError:
            pass
        return None

    def _of_jump(self) -> Decision | None:
        """Blame the one wrong coefficient for which an output jumps, if that is the reason."""
        forward = self._forward()
        return forward if isinstance(forward, Decision) else None

    def _decision(self, gradient: Gradient) -> Decision | None:
        pair = gradient.actual, gradient.meant
        limit = self.other.yardstick.of_gradient(gradient.name, gradient.entry, pair[1], self._size(pair[1]))
        telling, excused = self._telling(limit), self.other.yardstick.excused(limit)
        if wrong := beyond(self.graph, pair, self.pivot, nearest(self.ends, self.threshold), excused):
            return telling.refuted(wrong)  # at the threshold, where most are worst: no bound is asked for
        error = largest(self.graph, pair, self.pivot, self.ends)
        if error.reached > excused:
            return telling.refuted(error)
        if not error.error <= limit:
            return None
        if error.error > self.numbers.unit and (text := self._misprint(pair)):
            return telling.misprinted(error, text)
        forward = self._forward()
        if isinstance(forward, Decision):
            return forward
        outputs = [output for output, _ in forward]
        if any(starmap(self._is_rough, forward)) or (forward and not self._single(gradient)):
            return telling.of_forward((error, limit), forward)
        return telling.agrees(error, outputs)

    def _is_rough(self, error: Largest, limit: flint.arb) -> bool:
        """Tell whether an output is worse than its formula and not excused: thresholds of limits are often for float32.

        A softplus is x from 20 on, in every format. A series near 0 is for the format that the code computes in.
        """
        is_series = is_around_zero(self.ends, self.threshold)
        is_short = is_series and self.other.yardstick.is_short(error.reached, limit)
        return is_short or bool(error.error > flint.arb(SINGLE.unit))

    def _size(self, node: int) -> flint.arb:
        """Return the sum of the magnitudes of the terms of a node just beyond the threshold."""
        point = self.other.yardstick.point
        terms = terms_at(self.graph, node, self.pivot, place_at(self.graph, self.pivot, point))
        return magnitude(self.graph, terms, self.pivot, point)

    def _forward(self) -> list[Judged] | Decision:
        """Return how far the outputs are from what `forward` computes on the other side, where that is too far.

        Beside each is what the formula there is good to.
        """
        moved: list[Judged] = []
        for place, pair in self._outputs():
            limit = self.other.yardstick.of_output(place, pair[1], self._size(pair[1]))
            error = largest(self.graph, pair, self.pivot, self.ends)
            if error.error > self.numbers.unit and (
                text := misprinted(self.graph, pair, self.pivot, self.numbers.unit)
            ):
                return self._telling(limit).misprinted(error, text, OF_OUTPUT)
            moved += [(error, limit)] if error.error > limit else []
        return moved

    def _misprint(self, pair: Pair) -> str:
        return misprinted(self.graph, pair, self.pivot, self.numbers.unit)

    def _outputs(self) -> Iterator[tuple[int, Pair]]:
        """Yield the outputs of both sides that differ and depend on the pivot, with their places."""
        for place, pair in enumerate(self.other.outputs(self.exact)):
            if pair[0] != pair[1] and set(self.graph.reach(pair)).issuperset(self.pivot.variables):
                yield place, pair

    def _jumps(self) -> bool:
        """Tell whether an output jumps at a threshold: it is no approximation then of what is on the other side."""
        least, place = max(SINGLE.unit, self.numbers.unit**0.5), nearest(self.ends, self.threshold)
        errors = [error_at(self.graph, pair, self.pivot, place) for _, pair in self._outputs()]
        return any(error is not None and error > flint.arb(least) for error in errors)

    def _single(self, gradient: Gradient) -> bool:
        """Tell whether a gradient is that of `forward` itself as far as single precision tells numbers apart."""
        with suppress(BeyondError):
            error = largest(self.graph, (gradient.actual, gradient.own), self.pivot, self.ends)
            return bool(error.error <= flint.arb(SINGLE.unit))
        return False

    def _telling(self, limit: flint.arb) -> Telling:
        return Telling(self.graph, self.threshold, self.numbers, self.ends, limit, self.other.yardstick.bounded)
