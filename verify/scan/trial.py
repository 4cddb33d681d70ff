"""A recipe tried on floats: does forward run, do the gradients have the shapes of their inputs, and do they look right?

Looks decide only which of several readings of the same code is taken: what is decided of it is the prover's to say.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from verify.cases.case import TracedCase
from verify.cases.conversation import converse, named_gradients
from verify.cases.inputs import Constant, Input, Integer, Real
from verify.cases.shapes import concrete
from verify.cases.sizes import bindings
from verify.model.errors import GradproofError
from verify.model.where import raised_at
from verify.scan.looks import Looks
from verify.scan.recipe import Recipe

_LONGEST = 400  # characters of what an exception says: no sentence of ours is as long
_REORDERED = 5  # gradients of which all orders are tried


class Tried(NamedTuple):
    """What came of a trial: how far it went, and what stopped it there."""

    score: int
    problem: str = ""
    order: tuple[str, ...] = ()  # in which the gradients look right, where they do not as they are returned
    lacking: tuple[str, ...] = ()  # inputs whose gradient is None, where others fit
    any_right: bool = False  # not all gradients look right, but one that is not 0 does
    where: str = ""  # the line at which backward raised
    exceeds: bool = False  # a gradient has more entries than its input

    @property
    def fits(self) -> bool:
        """Return whether the code runs and what it returns has the shapes of the inputs."""
        return self.score >= PARTLY


# How far a trial goes: the case is not made; forward raises; its output is not finite; backward raises; gradients have
# other shapes than inputs; some fit and others are None; the case fits; its gradients look right, or like multiples of
# those that do: a forgotten factor is more likely than targets of another kind; and they look right.
NOT_MADE, IN_FORWARD, NOT_FINITE, IN_BACKWARD, OTHER_SHAPES, PARTLY, FITS, SCALED, RIGHT = range(9)


_UNDEFINED = Tried(NOT_FINITE, "the output is not finite")
_ASSUMED = "no function computes its cost, and it is neither half the sum of squares nor the cross entropy"
_OVERWRITTEN = "forward replaces the weights that were stored before it: {}"
_OFTEN = 20  # draws of three numbers, each of which is in a branch in five
_FEW, _DRAWS = 4, 5  # numbers of a case, which is tried at so many


class _Run(NamedTuple):
    value: float
    gradients: Mapping[str, Any]


class BackwardError(Exception):
    """What `backward` raised."""


def always_right(recipe: Recipe, module: Mapping[str, Any]) -> bool:
    """Tell whether gradients look right at all of many inputs: at one of few numbers no branch may be wrong."""
    return all(tried_recipe(recipe, module, seed).score in (RIGHT, NOT_FINITE) for seed in range(_OFTEN))


def tried_recipe(recipe: Recipe, module: Mapping[str, Any], seed: int = 0) -> Tried:
    """Make the case of a recipe, and run it with the first value of each option."""
    try:
        case = recipe.case(module)
    except Exception as problem:  # noqa: BLE001 - shapes that are none
        return Tried(NOT_MADE, f"{problem}")
    options = {key: values[0] for key, values in case.options.items()}
    outcome = tried(case, options, recipe.output, recipe.stores, seed)
    unlike = recipe.assumed and outcome.fits and outcome.score != RIGHT and not outcome.any_right
    return Tried(IN_FORWARD, _ASSUMED) if unlike else outcome


def tried(
    case: TracedCase, options: Mapping[str, Any], output: str = "", stores: Sequence[str] = (), seed: int = 0
) -> Tried:
    """Run a case on random floats; `output` is what its shape has to be, as that of a recipe, and so are `stores`."""
    rng = np.random.default_rng(seed)
    sizes = bindings(case.inputs.values(), case.sizes)[0]
    values = {name: _drawn(rng, description, sizes) for name, description in case.inputs.items()}
    try:
        with _quiet():
            outcome = _judged(case, values, options, rng, output)
            if outcome.fits and stores and _overwrites(case, values, options, stores):
                return Tried(IN_FORWARD, _OVERWRITTEN.format(", ".join(stores)))
            return outcome if not outcome.fits or _is_defined(case, sizes, options) else _UNDEFINED
    except BackwardError as problem:
        return Tried(IN_BACKWARD, str(problem), where=f"{raised_at(problem.__cause__ or problem)}")
    except Exception as problem:  # noqa: BLE001 - whatever the user's code raises is why it does not fit
        outside = isinstance(problem, ValueError) and not any(map(np.ndim, values.values()))  # as math.log raises it
        return Tried(NOT_FINITE if outside else IN_FORWARD, _text(problem))


def _overwrites(case: TracedCase, values: Mapping[str, Any], options: Mapping[str, Any], stores: Sequence[str]) -> bool:
    """Tell whether the output is the same whatever weights were stored: then forward makes its own anew."""
    moved = {name: values[name] + 1 for name in stores}
    return _outputs(case, {**values, **options}) == _outputs(case, {**values, **moved, **options})


def _is_defined(case: TracedCase, sizes: Mapping[str, int], options: Mapping[str, Any]) -> bool:
    """Tell whether outputs of few numbers are finite elsewhere too: one number may happen to be in a domain."""
    drawn = [_all_drawn(case, sizes, seed) for seed in range(1, _DRAWS)]
    few = sum(np.size(value) for value in drawn[0].values()) <= _FEW
    return not few or all(np.isfinite(_flat(_outputs(case, {**each, **options}))).all() for each in drawn)


def _flat(outputs: list[Any]) -> Any:
    return np.concatenate([np.ravel(np.asarray(output, float)) for output in outputs] or [np.array([np.nan])])


def takes_one(recipe: Recipe, module: Mapping[str, Any]) -> bool:
    """Tell whether the code takes 1 for the first dimension, as far as it is to take it.

    It is not where forward raises, or computes a constant (`x[1:] - x[:-1]` has no entry there) and backward raises;
    a backward that raises where forward computes something is at fault.
    """
    case = recipe.case(module)
    options = {key: values[0] for key, values in case.options.items()}
    return all(_takes(case, sizes, options) for sizes in bindings(case.inputs.values(), case.sizes)[1:])


def _takes(case: TracedCase, sizes: Mapping[str, int], options: Mapping[str, Any]) -> bool:
    first, second = (_all_drawn(case, sizes, seed) for seed in (0, 1))
    try:
        with _quiet():
            _run(case, first, options, [], np.random.default_rng(0))
    except BackwardError:
        with _quiet():
            return _outputs(case, {**first, **options}) != _outputs(case, {**second, **options})
    except Exception:  # noqa: BLE001 - whatever the user's code raises tells that it takes no such size
        return False
    return True


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Run the user's code without its output and warnings, and leave NumPy's random numbers as they were."""
    state = np.random.get_state()
    try:
        with np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        np.random.set_state(state)


def _all_drawn(case: TracedCase, sizes: Mapping[str, int], seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {name: _drawn(rng, description, sizes) for name, description in case.inputs.items()}


class _ForwardOnlyError(Exception):
    """Ends a run where forward is done."""


def draws(recipe: Recipe, module: Mapping[str, Any]) -> bool:
    """Tell whether the output depends on random numbers: a second call of the code has others."""
    case = recipe.case(module)
    arguments = _all_drawn(case, bindings(case.inputs.values(), case.sizes)[0], 0)
    arguments |= {key: values[0] for key, values in case.options.items()}
    with _quiet(), contextlib.suppress(Exception):
        return _outputs(case, arguments) != _outputs(case, arguments, seed=1)
    return False


def _outputs(case: TracedCase, arguments: Mapping[str, Any], seed: int = 0) -> list[Any]:
    """Run a case forward, and return its outputs as lists of numbers."""
    computed: list[Any] = []

    def upstream(output: Any) -> Any:
        computed.extend(
            np.asarray(value, float).tolist() for value in (output if isinstance(output, tuple) else [output])
        )
        raise _ForwardOnlyError

    np.random.seed(seed)
    with contextlib.suppress(_ForwardOnlyError):
        converse(case.subject, arguments, upstream)
    return computed


def _text(problem: BaseException) -> str:
    name = "" if isinstance(problem, GradproofError) else f"{type(problem).__name__}: "  # ours are sentences
    return textwrap.shorten(f"{name}{problem}".splitlines()[0], _LONGEST, placeholder=" …")


def _drawn(rng: np.random.Generator, description: Input, sizes: Mapping[str, int]) -> Any:
    if isinstance(description, Constant):
        return description.value
    shape = concrete(description.shape, sizes)
    if isinstance(description, Integer):
        below = concrete(description.below, sizes)[0]
        labels = rng.integers(0, below, shape)
        if (
            labels.size > 1 and (labels == labels.flat[0]).all()
        ):  # what is right for one label only is not to look right
            labels = np.resize(np.arange(below), shape)
        return labels if shape else int(labels)
    return _between(rng, description, shape)


def _between(rng: np.random.Generator, real: Real, shape: tuple[int, ...]) -> Any:
    if real.low is None and real.high is None:
        return rng.normal(size=shape) if shape else float(rng.normal())
    low = float(real.low if real.low is not None else real.high - 2)  # type: ignore[operator]
    high = float(real.high if real.high is not None else low + 2)
    drawn = rng.uniform(low + 0.05 * (high - low), high - 0.05 * (high - low), shape)
    return drawn if shape else float(drawn)


def _judged(
    case: TracedCase, values: Mapping[str, Any], options: Mapping[str, Any], rng: np.random.Generator, output: str
) -> Tried:
    weights: list[Any] = []
    run = _run(case, values, options, weights, rng)
    shapes = {"alike": np.shape(next(iter(values.values()))), "scalar": ()}
    if output in shapes and (len(weights) != 1 or np.shape(weights[0]) != shapes[output]):
        return Tried(IN_FORWARD, f"the output has the shape {np.shape(weights[0])}, not {shapes[output]}")
    if not math.isfinite(run.value):
        return _UNDEFINED
    lacking = tuple(name for name in case.real if run.gradients.get(name) is None)
    if len(lacking) == len(case.real):
        return Tried(OTHER_SHAPES, "backward returns None")
    for name in [name for name in case.real if name not in lacking]:
        gradient = np.asarray(run.gradients[name])
        if gradient.shape != np.shape(values[name]) or gradient.dtype.kind not in "fiu":
            problem = f"the gradient of {name} has the shape {gradient.shape}, not {np.shape(values[name])}"
            return Tried(OTHER_SHAPES, problem, exceeds=gradient.size > np.size(values[name]))
    if lacking:
        return Tried(PARTLY, lacking=lacking)
    looks = Looks(
        lambda inputs: _run(case, inputs, options, weights, rng).value,
        values,
        run.gradients,
        rng,
    )
    alike = {name: looks.alike(name) for name in case.real}
    flat = not any(np.any(run.gradients[name]) for name in case.real)  # where nothing moves, all gradients look right
    wrong = [name for name, others in alike.items() if name not in others]
    any_right = any(name not in wrong and np.any(run.gradients[name]) for name in alike)
    if not wrong and not flat:
        return Tried(RIGHT)
    score = SCALED if not flat and all(map(looks.is_multiple, wrong)) else FITS
    return Tried(score, order=_other_order(alike), any_right=any_right)


def _other_order(looks: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return whose gradients come in which order, if each looks right for another input than that of its place."""
    for order in itertools.permutations(looks) if 1 < len(looks) <= _REORDERED else ():
        if all(place in looks[name] for place, name in zip(looks, order, strict=True)):
            return order
    return ()


def _run(
    case: TracedCase,
    values: Mapping[str, Any],
    options: Mapping[str, Any],
    weights: list[Any],
    rng: np.random.Generator,
) -> _Run:
    """Run the case; `weights` has the upstreams, which are drawn in the first run."""
    total: list[float] = []

    def upstream(output: Any) -> Any:
        outputs = list(output) if isinstance(output, (tuple, list)) else [output]
        if not weights:
            weights.extend(_upstream(case, value, rng) for value in outputs)
        pairs = zip(outputs, weights, strict=True)
        total.append(float(sum(np.sum(np.asarray(value, float) * weight) for value, weight in pairs)))
        sent = [np.copy(weight)[()] for weight in weights]
        return tuple(sent) if isinstance(output, (tuple, list)) else sent[0]

    np.random.seed(0)
    inputs = {name: np.copy(value) if isinstance(value, np.ndarray) else value for name, value in values.items()}
    try:
        _, returned = converse(case.subject, {**inputs, **options}, upstream)
        return _Run(total[0], named_gradients(list(case.real), returned, lambda _: None))
    except Exception as problem:
        if total and not isinstance(problem, AssertionError):
            raise BackwardError(_text(problem)) from problem
        raise


def _upstream(case: TracedCase, value: Any, rng: np.random.Generator) -> Any:
    shape = np.shape(value)
    if np.asarray(value).dtype.kind not in "fiu":
        raise GradproofError(f"the output is a {type(value).__name__}: expected an array of real numbers")
    return np.full(shape, float(case.upstream)) if case.upstream is not None else rng.uniform(0.5, 2, shape)
