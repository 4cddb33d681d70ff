"""The gradients of one run of a traced case against the exact ones, decided entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, NamedTuple

from verify.cases.accounts import Account
from verify.cases.case import TracedCase
from verify.cases.shapes import entry_names
from verify.cases.wirtinger import Half
from verify.checks.claims.advice import advice
from verify.checks.claims.lines import line_of
from verify.checks.claims.suspect import Suspect
from verify.checks.claims.upstreams import edges, mixes, never_equal
from verify.graph import balls
from verify.graph.adjoints import Shares, adjoints, totals
from verify.graph.functions import FUNCTIONS
from verify.graph.wholes import wholes
from verify.model.comparison import NEGLIGIBLE, SAME_FORMULA, VANISHING
from verify.model.errors import UnclaimedError
from verify.model.identity import NOWHERE, Place
from verify.model.reasons import Reason
from verify.model.result import Verdict
from verify.proof.agreement import agree
from verify.proof.decide import decide, sharpened
from verify.proof.decision import Decision, Pair
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, Quantity, observe
from verify.tracing.region import Region, one_sided, pinned
from verify.tracing.symbols.trace import SAMPLE_BITS, Trace

_INCONSISTENT = "SymPy's derivative of the whole computation and the chain rule could not be proved equal"
_UNSET = "the output contains memory from np.empty that was never written"
_UNDEFINED = "the output is {what}{at}: to declare the inputs that the layer takes, write {how}"
_OUTSIDE = "not defined at the sample, where {} is outside its domain"
_BEYOND = "too large to compute at the sample, in {}"
_GROWING = ("exp", "sinh", "cosh")  # the values of such functions are beyond all balls first

_Change = Callable[[Fraction], Fraction]


def _to_zero(value: Fraction) -> Fraction:
    return Fraction(0)


# Where the other sides of branches on the upstream lie, if they are of any use: for its sample, other upstreams.
_UPSTREAMS: tuple[_Change, ...] = (
    lambda value: -value,
    lambda value: 1000 * value,
    lambda value: -1000 * value,
    lambda value: value / 1000,
    lambda value: -value / 1000,
    abs,
    lambda value: -abs(value),
    lambda value: Fraction(1),
    _to_zero,
)


class Exact:
    """The exact side of a run: the derivative with respect to each entry of each input, and its terms.

    With `twice`, SymPy's derivative of the whole is taken too, where that is small. Nothing is derived before it is
    asked for: of a run that is `proved` on whole arrays, with exact gradients as floats, that is less. Raises
    SubjectError where the output of any other run is not defined.
    """

    followed = True  # whether there are formulas

    def __init__(
        self, case: TracedCase, seen: Observation, *, twice: bool = True, proved: Mapping[str, Any] | None = None
    ) -> None:
        if proved is None and not seen.composed:
            _check_outputs(seen, case)
        self.seen = seen
        self.convention = case.convention
        self.region = Region.of(case, seen)
        self.accepted: dict[str, list[int]] = {}
        self.vanishing: list[str] = []  # gradients that are 0 but for what no float shows
        self.all_signs = True  # of the upstream were tried, where the code asks for them
        self.unequal = NOWHERE  # where it asks whether the upstream equals something that it was not in any run
        self.account: Account | None = None  # of what the code computed on floats, where its variant is to be compared
        self._twice, self._proved = twice, proved
        self.floats: Mapping[str, Any] = proved or {}  # exact gradients at the sample that are known already

    @property
    def size(self) -> int:
        """Return how many nodes the graph of the run has."""
        return len(self.seen.trace)

    @property
    def _outputs(self) -> list[tuple[int, int]]:
        """Return each entry of the outputs with its upstream."""
        return [
            pair
            for output, upstream in zip(self.seen.outputs, self.seen.upstreams, strict=True)
            for pair in zip(output.nodes, upstream.nodes, strict=True)
        ]

    @property
    def _entries(self) -> list[int]:
        return [node for quantity in self.seen.inputs.values() for node in quantity.nodes]

    @cached_property
    def shares(self) -> Shares:
        """Return the terms of the derivative with respect to each entry of each input."""
        return adjoints(self.seen.trace, self._outputs, self._entries)

    @cached_property
    def derivatives(self) -> dict[int, int]:
        """Return the derivative with respect to each entry of each input."""
        return totals(self.seen.trace, self.shares)

    @cached_property
    def wholes(self) -> dict[int, int]:
        """Return SymPy's derivatives of the whole, where it is small and they are taken."""
        return wholes(self.seen.trace, self._outputs, self._entries) if self._twice else {}

    @property
    def constant(self) -> bool:
        """Tell whether the output depends on no input: then every derivative is 0, and 0 = 0 checks nothing."""
        return self._proved is None and set(self._entries).isdisjoint(
            self.seen.trace.reach([o for o, _ in self._outputs])
        )

    def gradient(self, name: str) -> list[int]:
        """Return the exact gradient of an input as nodes."""
        return [self.derivatives[node] for node in self.seen.inputs[name].nodes]

    def reference(self, name: str) -> list[int]:
        """Return the exact gradient of an input, or the one that was `accepted` as an approximation of it."""
        return self.accepted.get(name) or self.gradient(name)

    def suspect(self, name: str, actual: Quantity) -> Suspect:
        """Return what it takes to find the mistake in a wrong gradient."""
        inputs = self.seen.inputs
        return Suspect(
            graph=self.seen.trace,
            region=self.region,
            shape=inputs[name].shape,
            actual=actual,
            expected=self.gradient(name),
            shares=[self.shares[node] for node in inputs[name].nodes],
            others={other: (inputs[other].shape, self.gradient(other)) for other in inputs if other != name},
            output=next((output.nodes for output in self.seen.outputs if output.shape == inputs[name].shape), []),
            upstream=[node for upstream in self.seen.upstreams for node in upstream.nodes],
            sizes=self.seen.variant.sizes,
            part=inputs[name].part,
            turned=[n for u in self.seen.upstreams if u.part and u.part.half is Half.IMAGINARY for n in u.nodes],
            convention=self.convention,
            inputs={other: (quantity.shape, quantity.nodes) for other, quantity in inputs.items()},
            outputs=[output for output, _ in self._outputs],
            beside=self._beside(name),
            name=name,
            returned={
                other: gradient.nodes
                for other, gradient in self.seen.gradients.items()
                if other != name and other not in self.seen.malformed
            },
            named=self.outputs(),
        )

    def _beside(self, name: str) -> tuple[Sequence[int], Sequence[int]]:
        """Return what came as the real part beside an imaginary part, and what is exact there."""
        part = self.seen.inputs[name].part
        if part is None or part.half is Half.REAL:
            return (), ()
        real = part._replace(half=Half.REAL).name
        if real not in self.seen.gradients or real in self.seen.malformed:
            return (), ()
        return self.seen.gradients[real].nodes, self.gradient(real)

    def outputs(self) -> dict[int, str]:
        """Return the names of the nodes that `forward` returned: out[0,1]."""
        named: dict[int, str] = {}
        for number, output in enumerate(self.seen.outputs, 1):
            name = f"out{number}" if self.seen.several else "out"
            named.update(zip(output.nodes, entry_names(name, output.shape), strict=True))
        return named


def has_values(seen: Observation) -> bool:
    """Tell whether the outputs of a run are defined at its sample by their formulas."""
    try:
        _check_outputs(seen)
    except SubjectError:
        return False
    return True


def _check_outputs(seen: Observation, case: TracedCase | None = None) -> None:
    """Raise SubjectError for outputs that are undefined at the sample, of a `case` with the line, or never computed."""
    trace = seen.trace
    outputs = [node for output in seen.outputs for node in output.nodes]
    if trace.unset and not trace.unset.isdisjoint(trace.reach(outputs)):
        raise SubjectError(_UNSET, reason=Reason.UNWRITTEN_MEMORY, broken=True)
    doubtful = [node for node, ball in zip(outputs, trace.at_samples(outputs), strict=True) if not ball.is_finite()]
    enclosures = balls.enclose(trace, doubtful, trace.sample, lambda ball: bool(ball.is_finite()))
    if not all(ball.is_finite() for ball in enclosures.values()):
        raise _undefined(seen, outputs, case)


def _undefined(seen: Observation, outputs: Sequence[int], case: TracedCase | None) -> SubjectError:
    """Return which function is not defined at the sample, where in the code that is, and where it is defined."""
    node, cause = _outside(seen.trace, outputs)
    place = NOWHERE if case is None else line_of(case, seen, node)
    how = "" if case is None else advice(case, seen, outputs, node)
    text = _UNDEFINED.format(what=cause, how=how, at=f", at {place}" if place else "")
    return SubjectError(text, place, reason=Reason.UNDEFINED_OUTPUT)


def _outside(trace: Trace, outputs: Sequence[int]) -> tuple[int, str]:
    """Return the node that has no value first, and what is to be said of it."""
    values = balls.at(trace, outputs, trace.sample)
    for node in trace.reach(outputs):
        line = FUNCTIONS.get(trace.ops[node])
        if line is not None and any(end is not None for end in line.within) and not values[node].is_finite():
            ends = {word: end for word, end in zip(("low", "high"), line.within, strict=True) if end is not None}
            bounds = ", ".join(f"{word}={end}" for word, end in ends.items())
            return node, f"{_OUTSIDE.format(trace.ops[node])} ({bounds})"
    first = next((node for node, value in values.items() if not value.is_finite()), -1)
    if first >= 0 and trace.ops[first] in _GROWING:  # of a number that has a value
        return first, _BEYOND.format(trace.ops[first])
    return first, _OUTSIDE.format("a logarithm, root or quotient")


@dataclass(frozen=True, slots=True)
class Claim:
    """One gradient in one run: what came, and the decision on each entry."""

    name: str
    exact: Exact
    actual: Quantity
    decisions: Sequence[Decision]

    @property
    def worst(self) -> int:
        """Return the place of the entry that is told of: one with the worst verdict and the weakest evidence.

        Most entries share their decision with others: the first of each is looked at.
        """
        places = {id(decision): i for i, decision in reversed([*enumerate(self.decisions)])}
        return max(sorted(places.values()), key=lambda i: _weakness(self.decisions[i]))

    @property
    def decision(self) -> Decision:
        """Return the decision on the worst entry."""
        return self.decisions[self.worst]


def _weakness(decision: Decision) -> tuple[int, bool]:
    return decision.verdict.rank, decision.evidence.kind != SAME_FORMULA


def upstream_branch(seen: Observation) -> Place:
    """Return where a run branches on the upstream by order, or nothing."""
    return _one_sided([seen])


def _one_sided(runs: Sequence[Observation]) -> Place:
    return one_sided([(seen.trace, seen.conditions, seen.upstream_nodes) for seen in runs])


def claims(exact: Exact, seed: int, *, sharpen: bool = True) -> dict[str, Claim]:
    """Decide all gradients of a run that have the shape of their input; refute them where it shows, if to `sharpen`."""
    seen = exact.seen
    wanted = {name: actual for name, actual in seen.gradients.items() if name not in seen.malformed}
    pairs = [pair for name in wanted for pair in zip(exact.gradient(name), wanted[name].nodes, strict=True)]
    twice = [(exact.derivatives[node], whole) for node, whole in exact.wholes.items()]
    decisions = _decided(exact, [*pairs, *twice], seed, sharpen=sharpen)
    if not all(decision.verdict.good for decision in decisions[len(pairs) :]):
        raise SubjectError(_INCONSISTENT, reason=Reason.INCONSISTENT)
    decided = iter(decisions)
    return {
        name: Claim(name, exact, actual, _in_sight(exact, name, [next(decided) for _ in actual.nodes]))
        for name, actual in wanted.items()
    }


def _in_sight(exact: Exact, name: str, decisions: list[Decision]) -> list[Decision]:
    """Notice a gradient that vanishes; entries that do so beside others are negligible."""
    vanishes = [decision.evidence.kind == VANISHING for decision in decisions]
    if not any(vanishes):
        return decisions
    graph, nodes = exact.seen.trace, exact.gradient(name)
    if all(gone or graph.value(node) == 0 for gone, node in zip(vanishes, nodes, strict=True)):
        exact.vanishing.append(name)
        return decisions
    negligible = cache(lambda d: d._replace(evidence=replace(d.evidence, kind=NEGLIGIBLE)))
    return [negligible(d) if gone else d for d, gone in zip(decisions, vanishes, strict=True)]


def _decided(exact: Exact, pairs: Sequence[Pair], seed: int, *, sharpen: bool) -> list[Decision]:
    """Decide pairs of nodes; what is proved everywhere was so in other regions, whose runs are on this graph.

    A proof in a field without roots holds wherever both sides are defined. That they are in this region, and agree,
    is seen at its sample.
    """
    trace, proofs = exact.seen.trace, exact.seen.trace.memory("proofs")
    again = [pair for pair in dict.fromkeys(pairs) if pair in proofs]
    balls = iter(trace.at_samples([node for pair in again for node in pair]))
    proved = {pair: proofs[pair] for pair in again if agree(next(balls), next(balls), SAMPLE_BITS)}
    still = [pair for pair in dict.fromkeys(pairs) if pair not in proved]
    fresh = _fresh(exact, still, seed, sharpen=sharpen) if still else []
    decisions = {**proved, **dict(zip(still, fresh, strict=True))}
    proofs.update({pair: decision for pair, decision in decisions.items() if decision.everywhere})
    return [decisions[pair] for pair in pairs]


def _fresh(exact: Exact, pairs: Sequence[Pair], seed: int, *, sharpen: bool) -> list[Decision]:
    region = exact.region
    points = lambda: region.points(seed)  # noqa: E731
    trace = exact.seen.trace
    return decide(
        trace, pairs, points, seed, region.holds, sharpen=sharpen, domain=region.bounds, upstream=region.upstream
    )


def sharpened_claims(exact: Exact, decided: Mapping[str, Claim], seed: int) -> dict[str, Claim]:
    """Return claims that refute where it shows, as far as that is found; what is unseen everywhere is left open."""
    points = lambda: exact.region.points(seed)  # noqa: E731
    trace, region = exact.seen.trace, exact.region
    pairs = {name: list(zip(exact.gradient(name), claim.actual.nodes, strict=True)) for name, claim in decided.items()}
    open_ones = {
        pair: decision
        for name, claim in decided.items()
        for pair, decision in zip(pairs[name], claim.decisions, strict=True)
        if not decision.verdict.good
    }
    sharp = sharpened(trace, open_ones, points, seed, region.holds, region.bounds)
    return {
        name: replace(claim, decisions=[sharp.get(p, d) for p, d in zip(pairs[name], claim.decisions, strict=True)])
        for name, claim in decided.items()
    }


class OtherSides(NamedTuple):
    """The claims on the other sides of branches on the upstream, and what is not known of them.

    `open_branch` is the place of one whose other side was not found, or none; `complete` tells whether all combinations
    of signs were tried, and `unequal` is the place of a question whether the upstream equals what it never did.
    """

    claims: list[dict[str, Claim]]
    open_branch: Place
    complete: bool
    unequal: Place = NOWHERE


def other_sides(case: TracedCase, seen: Observation, seed: int) -> OtherSides:
    """Run the case on the other sides of branches on the upstream: a linear function has none.

    A run that lies on a tie (an upstream of ones, for code that asks for that) may refute, and proves nothing.
    """
    runs: list[Observation] = [seen]
    sides: list[dict[str, Claim]] = []
    if not on_upstream(seen):
        return OtherSides([], NOWHERE, complete=True)
    mixed = mixes(seen)
    upstreams: list[tuple[_Change, Mapping[str, Fraction]]] = [(change, seen.at) for change in _UPSTREAMS]
    upstreams += [(Fraction, {**seen.at, **point}) for point in (*edges(seen), *mixed.points)]
    for upstream, at in upstreams:
        if upstream is Fraction and any(
            claim.decision.verdict is Verdict.REFUTED for side in sides for claim in side.values()
        ):
            break  # and what would be found is known
        runs.append(seen.again(Trace()))
        if not _claims_something(case, runs[-1], seed, upstream, at):
            continue
        decided = claims(Exact(case, runs[-1]), seed)
        tied = pinned(runs[-1].conditions)
        sides.append({name: claim for name, claim in decided.items() if not tied or claim.decision.point is not None})
    return OtherSides(sides, _one_sided(runs), mixed.complete, never_equal(runs))


def _claims_something(
    case: TracedCase, run: Observation, seed: int, upstream: _Change, at: Mapping[str, Fraction]
) -> bool:
    """Run a case on another upstream, and tell whether it returns gradients there.

    It need not for an upstream of zeros, whose gradients are all 0: None says nothing wrong of these. Raises
    SubjectError, also where the code returns None for any other upstream.
    """
    try:
        observe(case, run.variant, seed, upstream, run, at=at)
    except SubjectError as problem:
        if not isinstance(problem.__cause__, UnclaimedError):
            raise
        if any(run.trace.sample[run.trace.payloads[node]] for node in run.upstream_nodes):
            text = f"for another upstream, {problem}"
            raise SubjectError(text, problem.place, reason=problem.reason, broken=True) from problem
        run.conditions = list(run.trace.conditions.values())
        return False
    return True


def on_upstream(seen: Observation) -> bool:
    """Tell whether any branch of a run depends on the upstream."""
    upstream = set(seen.upstream_nodes)
    return not upstream.isdisjoint(seen.trace.reach([condition.node for condition in seen.conditions]))
