"""What is found beside wrong formulas: every code, whether it fails the gate and why, what it means and how to fix it.

Imports the standard library and the result only: `gradproof explain` (`explanations.py`) is to cost nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any, NamedTuple

from verify.model.errors import InputError
from verify.model.identity import Place
from verify.model.result import Finding


class Subject(Enum):
    """What a kind of finding is about, and so which checks look for it."""

    CASE = "the case itself"
    CONTRACT = "contracts of a layer, checked on the real code with real arrays"
    FLOATS = "floats, where the formula is right"
    ADDED = "what an added check looks for"


class Kind(NamedTuple):
    """A kind of finding. One that `fails` gives wrong results in ordinary use, `because` says why it does or not."""

    title: str
    fails: bool
    because: str
    meaning: str
    harm: str
    mend: str
    about: Subject = Subject.ADDED


_OF_CASES: dict[str, Kind] = {
    "GP001": Kind(
        "an allowance that no longer applies",
        False,
        "nothing is wrong with the layer; only its next fault of this kind would pass unseen",
        "The case allows a finding (allow={...}) that was not found in this run.",
        "An allowance that outlives its reason hides the next fault with the same code.",
        "Take the code out of allow=.",
    ),
    "GP002": Kind(
        "a branch that no run reached",
        False,
        "no input is known that takes the branch: it may be impossible, and what is wrong in it was looked for in vain",
        "The code asks a question about its inputs, and every run got the same answer; or it rounds inputs, and not "
        "every whole number was tried. Nothing is claimed for the inputs beyond.",
        "A mistake in that branch stays unseen, however many runs are right.",
        "State the domain that the layer is for, as in x=gradproof.real('N', low=0, high=1), so that the branch is "
        "reached or shown to be impossible; or allow it with the reason: allow={'GP002': 'x is below 50'}.",
    ),
    "GP003": Kind(
        "an added check that raised",
        True,
        "what the check is for was not looked at",
        "A check that a module under `extensions` in [tool.gradproof] adds ended with an exception in this case.",
        "The case would pass although nobody knows what the check would have found.",
        "Mend the check at the file and line that are named; let it return nothing for cases that it is not meant for.",
    ),
    "GP004": Kind(
        "an edge that was not judged",
        False,
        "the gradients are right on both sides; only what is returned exactly on the edge is not known to be right",
        "The code returns a gradient exactly where a branch changes sides, and it was not decided whether that is a "
        "derivative or a subgradient: no float lies there, the value is not known to enough digits, or more regions "
        "meet there than were checked.",
        "A wrong gradient on the edge stays unseen. Inputs reach edges more often than one expects: zeros of a ReLU, "
        "padding, clipped values, equal entries.",
        "Return on the edge what one of the sides returns: write the condition with >= or <=, without a value of its "
        "own for the edge; or allow it with the reason: allow={'GP004': 'no input is exactly 1/49'}.",
    ),
}
_OF_CONTRACTS: dict[str, Kind] = {  # GP1xx
    "GP101": Kind(
        "backward writes into dout",
        True,
        "dout belongs to the caller, who sends the same array along every branch that leads to this output",
        "The array that backward was given holds other numbers when it returns.",
        "At a residual connection, or wherever an output is used twice, the other branch receives what this layer has "
        "left of dout, and its gradients are wrong. A numerical check of this layer alone never shows it.",
        "Copy it first: dx = dout.copy(), then dx[mask] = 0. Or compute a new array: dx = dout * (x > 0).",
    ),
    "GP102": Kind(
        "an input is overwritten",
        True,
        "inputs belong to the caller: the data set, or what another layer has kept",
        "forward or backward writes into an array that it was given as an input.",
        "The next epoch trains on changed data, and a layer before this one that has kept the array computes its "
        "gradient from the wrong numbers.",
        "Compute a new array, or copy before writing: x = x.copy(). Mind that x.reshape(...), x.T and slices are views "
        "of x, and that x *= 2 writes where x = x * 2 does not.",
    ),
    "GP103": Kind(
        "a parameter is overwritten",
        False,
        "a backward that takes the step of the optimizer itself does so on purpose, and only its author can tell",
        "After forward or backward a parameter holds other numbers than before.",
        "The gradient is that at the old parameters; a second backward, a gradient check, or another layer with the "
        "same weights sees the new ones.",
        "Return gradients, and leave the step to an optimizer; or allow it with the reason.",
    ),
    "GP104": Kind(
        "the output already returned is overwritten",
        True,
        "the output belongs to the caller from the moment it is returned, and the next layer has usually kept it",
        "backward, or a later forward, writes into the array that forward returned before.",
        "Predictions that were kept turn into something else: a list of outputs holds the last one many times, and the "
        "loss of the next layer is taken from overwritten numbers.",
        "Return a copy of an internal buffer, and compute slopes into a new array: slope = y * (1 - y).",
    ),
    "GP105": Kind(
        "a returned array is the layer's own memory",
        False,
        "it does harm only where the caller writes into the array, or keeps it across calls",
        "What forward returned is what backward reads later (self.y = y; return y), or the gradient that backward "
        "returned is a buffer that the next call overwrites.",
        "A caller who works in place (y += 1, y[mask] = 0, clipping gradients) silently changes the gradients of this "
        "layer; one who keeps a gradient finds another in its place.",
        "Return a copy, or keep one: self.y = y.copy().",
    ),
    "GP106": Kind(
        "a gradient shares memory with dout",
        False,
        "it does harm only where somebody adds to the gradient in place, or keeps it while dout is used again",
        "backward returns dout, or a reshape or slice of it, or one array as two gradients.",
        "Gradients are added up where branches meet. Done in place (dx += ...), that changes dout, and with two inputs "
        "(return dout, dout) the gradient of the other one as well.",
        "Return a copy: dout.copy(), dout.reshape(shape).copy().",
    ),
    "GP107": Kind(
        "a gradient is not linear in dout",
        True,
        "every derivative is linear in dout by the chain rule: this one is wrong for most of them",
        "With dout twice as large, the gradient is not twice as large.",
        "It may be right for a dout of ones, or for small ones, and wrong inside of a network: dout squared, clipped, "
        "its sign taken, or a regulariser added that dout does not scale.",
        "Multiply by dout just once, and do nothing else with it. Clip gradients in the optimizer; a term of the loss "
        "belongs to the forward value.",
    ),
    "GP108": Kind(
        "dout is ignored",
        True,
        "the gradient is right for one value of dout only, which no inner layer gets",
        "The gradient is the same whatever dout is.",
        "The layer works as the last one of a network, where dout is 1, and gives wrong gradients anywhere else: with "
        "a weighted loss, a sum of losses, a layer behind it.",
        "Multiply by dout. For a loss that is always the last, say so in the case: upstream=1.",
    ),
    "GP109": Kind(
        "a second backward gives something else",
        True,
        "the same question gets another answer, without an error",
        "backward was called twice after one forward, with the same dout, and gave two gradients.",
        "backward uses up or overwrites what forward has kept. Gradient checks, several losses on one forward pass, "
        "and Jacobians call it more than once.",
        "Do not write into what forward has kept; or raise an error in the second call, which is no finding.",
    ),
    "GP110": Kind(
        "a forward with other inputs leaves stale state behind",
        True,
        "training is nothing but calls with other inputs",
        "After a forward with other inputs, forward and backward give something else than they do on a layer without "
        "that history.",
        "A cache that is filled in the first call only, or that grows, gives the gradients of an earlier batch.",
        "Set everything that backward reads anew in each forward: no `if self.cache is None`, no appending without "
        "clearing. A layer that carries state on purpose says so with an attribute `stateful` or a method reset_state.",
    ),
    "GP111": Kind(
        "another batch size does not work",
        True,
        "the last batch of an epoch is smaller, and prediction takes one example at a time",
        "After a forward with one batch size, the layer raises or gives something else for another one.",
        "The size, or a buffer or mask of that size, is remembered from the first call; broadcasting may even hide it.",
        "Take the size from x.shape in each forward.",
    ),
    "GP112": Kind(
        "gradients accumulate across calls",
        True,
        "in a plain training loop every batch trains on the sum of all earlier gradients",
        "A second forward and backward returns a parameter's gradient added to that of the first (self.dW += ...).",
        "Unless somebody sets it to zero between the batches, the gradient is wrong from the second batch on. A check "
        "that makes a new layer each time never shows it.",
        "Assign: self.dW = x.T @ dout. Where adding up is meant, give the layer a method zero_grad, which declares it, "
        "or allow it with the reason.",
    ),
    "GP113": Kind(
        "a gradient has another shape than its input",
        True,
        "what cannot be subtracted from a parameter is no gradient, and what broadcasts trains the wrong thing",
        "The gradient of an input has to have the shape of that input.",
        "W -= lr * dW fails, or broadcasts: a column of biases turns into a matrix.",
        "Where forward broadcast an array (x + b), sum its gradient over the axes that were added or stretched: "
        "db = dout.sum(axis=0). Use keepdims where the input has that axis.",
    ),
    "GP114": Kind(
        "gradients come in another order than their inputs",
        True,
        "each input is trained with the gradient of another",
        "The gradient that is returned for one input is that of another one, and the other way round.",
        "Where the shapes agree, nothing fails: the network just does not learn.",
        "Return the gradients in the order of the arguments of forward, or a dict by name.",
    ),
    "GP115": Kind(
        "a gradient has another precision than its input",
        False,
        "the numbers are right, but cost more, or hold fewer digits, than was asked for",
        "With inputs, dout and outputs of one precision, a gradient comes back in another: float64 from float32, say.",
        "One float64 array makes everything behind it float64: twice the memory, and half the speed. A gradient in "
        "float32 where the inputs are float64 has lost half of its digits.",
        "Make buffers like the data: np.zeros_like(x), np.zeros(shape, dtype=x.dtype). np.sqrt(2) is a NumPy float64 "
        "and wins over float32 arrays; math.sqrt(2) is a plain number and does not.",
    ),
    "GP116": Kind(
        "evaluation leaves traces in training",
        True,
        "every epoch that ends with an evaluation goes on training in a layer that is not what it was",
        "Training, evaluation, and training again gives something else than training alone.",
        "Dropout stays off, the statistics of evaluation stay in use, or a mask of another shape is applied.",
        "Decide by the flag of this call alone, and set in forward, in both modes, everything that backward reads.",
    ),
    "GP117": Kind(
        "backward after an evaluation uses what training has kept",
        False,
        "most training loops never ask for gradients in evaluation mode; saliency maps and attacks do",
        "forward in evaluation mode keeps nothing, so that backward silently answers for the last training pass.",
        "The gradient belongs to other inputs, or to a dropout mask that was not applied.",
        "Keep in forward what backward needs in both modes, or let backward raise after an evaluation.",
    ),
    "GP118": Kind(
        "two identical runs differ",
        False,
        "it may be random on purpose, from a generator that nobody can seed from outside",
        "The same inputs, with the same seeds, gave other outputs or gradients.",
        "Results cannot be reproduced, and what was proved was proved for one of the draws. Other contracts are not "
        "checked for such a layer.",
        "Draw from np.random, random, or a generator that the layer is given or keeps as an attribute; do not use the "
        "clock, id(), the order of sets, or counters that outlive the layer.",
    ),
    "GP119": Kind(
        "forward changes its result between calls",
        True,
        "the same inputs get another answer, without an error",
        "forward was called again with the same inputs, mode and seeds, and gave another output.",
        "The layer carries something from call to call that enters the output: parameters scaled in place, a cache "
        "that grows, a counter. What the network computes depends on how often it was asked.",
        "Compute the output from the inputs and the parameters alone. A layer that carries state on purpose says so "
        "with an attribute `stateful` or a method reset_state.",
    ),
    "GP120": Kind(
        "the cache is the caller's array",
        False,
        "it does harm only where the caller writes into the input between forward and backward",
        "forward keeps its input by reference (self.x = x), so that changing the array after forward changes the "
        "gradient.",
        "Batches are often loaded into the same buffer, and activations overwritten in place to save memory: then "
        "backward silently uses the next batch's numbers.",
        "Keep a copy: self.x = x.copy(). Where memory matters more, allow it with the reason.",
    ),
    "GP121": Kind(
        "layers of one class share memory",
        True,
        "a network has several layers of a kind, all of which go forward before any of them goes backward",
        "Between forward and backward of one layer another one of the same class was used, and the gradient, or the "
        "output that was returned, became another.",
        "What forward keeps belongs to the class, to the module, or to a default argument, and so to all layers at "
        "once: the last forward counts for each of them. A check of one layer alone never shows it.",
        "Keep it on the layer itself: self.x = x in forward, self.cache = {} in __init__, and no "
        "default argument that is written to.",
    ),
    "GP122": Kind(
        "the memory order of an array changes the result",
        True,
        "an array is its numbers, and callers hand over transposes, slices and broadcast gradients without knowing it",
        "The same numbers in another memory layout (Fortran order, reversed with gaps, one number for all entries) "
        "give another output or gradient.",
        "The gradient that a transpose sends back is a transposed view, that of a sum is broadcast, and a batch is "
        "often a slice: the layer reads entries in the wrong order, or memory of others, without an error.",
        "Call np.ascontiguousarray(dout) before reading memory in its order: ravel(order='K'), strides, as_strided, "
        "pointers. ravel() and reshape(...) read in C order, whatever the layout.",
    ),
    "GP123": Kind(
        "an array of another memory order is refused",
        False,
        "the error is seen where it happens, and a layer may ask for contiguous or writeable arrays",
        "The code raises for numbers that it accepts in a contiguous, writeable array.",
        "A caller that transposes, slices or broadcasts gets an error inside this layer.",
        "Call np.ascontiguousarray(dout), or np.array(dout) where the layer writes into it; state the requirement in "
        "the docstring and allow the code where it is meant.",
    ),
    "GP124": Kind(
        "an input has no gradient",
        False,
        "the author may leave a gradient out on purpose; only the author can tell",
        "The case lists the input as one to differentiate, and backward returns None for it.",
        "Optimizers skip a parameter whose gradient is None: it is never trained, without an error.",
        "Compute the gradient. Where the input is not trained, describe it with gradproof.constant, or allow the code "
        "with the reason.",
    ),
    "GP125": Kind(
        "random numbers are drawn in the first call only",
        False,
        "that is right for weights that are made when the first input shows their shape, and wrong for a mask",
        "The first forward draws random numbers, which later ones use again.",
        "A dropout mask that is drawn once switches the same units off for the whole training.",
        "Draw masks and noise anew in each forward. Make weights in __init__, or allow the code with the reason.",
    ),
    "GP126": Kind(
        "contracts could not be checked",
        False,
        "nothing wrong was found, and nothing was ruled out",
        "Contracts are checked by calling a copy of a layer again. This layer cannot be copied or called again, or the "
        "code does not run on other numbers.",
        "A cache that belongs to an earlier batch, or memory that layers share, passes unseen.",
        "Make the layer copyable (copy.deepcopy), create generators and handles in the call that uses them, call "
        "forward and backward of the same object; or allow the code with the reason.",
    ),
    "GP127": Kind(
        "what no run varies may change the result",
        False,
        "for the answers that were given the formula is right; whether there are others is for the author to say",
        "The code decides, or computes, by something that is no input and that no run varies: the time, the "
        "environment of the process, where an object lies in memory, the class of an array, the text of a number.",
        "What was proved holds for the answers of these runs. With others the code may take another path, which nobody "
        "has looked at.",
        "Make it an option of the layer, which the case lists: options={'fast': [False, True]}. Compare numbers as "
        "numbers, and not as texts. Where the answer changes no result, allow the code with that reason.",
    ),
}
_OF_FLOATS: dict[str, Kind] = {  # GP2xx
    "GP201": Kind(
        "outside its rounding bound",
        True,
        "no order of rounding errors in these operations can give this number: something else happens on floats; it is "
        "a hazard where the output itself is of a lower precision than the inputs, which the layer has chosen then",
        "The formula is right, but the float that came is further from the exact value than rounding in the layer's "
        "own operations can take it.",
        "Digits are lost that the computation had: a cast to a lower precision, an approximation in place of a "
        "function, a table, a constant with few digits.",
        "Look for astype, dtype= and literals on the way to this number. The bound is derived from the computation "
        "itself; there is no tolerance to loosen.",
    ),
    "GP202": Kind(
        "right formula, unstable arithmetic",
        False,
        "the result is what these operations give; whether the digits that are left suffice is for the author to say",
        "Rounding alone may take most of the digits of this gradient or output: numbers nearly cancel, or a small one "
        "is divided by a smaller one.",
        "It is noise where it matters, as near convergence, or for a confident classifier, and no check of "
        "the formula shows it.",
        "Rewrite the expression that cancels: np.log1p, np.expm1, x - x.max() before exp, (x - mean)**2 in place of "
        "x**2 - mean**2; or compute this step in a higher precision.",
    ),
    "GP203": Kind(
        "overflow where the true value is representable",
        False,
        "it happens at inputs far from the sample, which a network may never see; at the sample itself it fails",
        "At large inputs an intermediate value overflows, and the gradient or output is inf or NaN, though the exact "
        "one is a float like any other.",
        "One NaN spreads to all weights in a single step, usually hours into training.",
        "Keep exponentials from growing: np.exp(-np.abs(x)) with np.where, x - x.max(axis, keepdims=True), "
        "np.logaddexp; np.where alone computes both sides.",
    ),
    "GP204": Kind(
        "rounding decides a branch",
        False,
        "it may well be that both branches return what they should: that is what is not known there",
        "What the code asks lies closer to the threshold than rounding may have moved it, so that floats may take "
        "another branch than exact numbers do.",
        "A formula is proved for the branch that exact numbers take. A sigmoid is never 1, but as a float it is at 40: "
        "what code returns that asks `y == 1` has been judged nowhere.",
        "Ask for the input, and not for what was rounded on the way: x > 36 in place of y == 1.",
    ),
    "GP211": Kind(
        "no number at a kink",
        True,
        "NaN is no subgradient: a single one spreads to all weights in the next step",
        "At a point where forward is continuous but has no derivative, as a norm has none at 0, backward divides by 0 "
        "and returns NaN or infinity. Anywhere else its formula is right.",
        "Zero padding, dead units and equal vectors lead to exactly this point, where training is lost without an "
        "error.",
        "Return one of the subgradients there, such as 0: np.divide(x, n, out=np.zeros_like(x), where=n > 0). Where "
        "the point cannot occur, allow the code with that reason.",
    ),
    "GP212": Kind(
        "backward ignores a small constant of forward",
        True,
        "it is the derivative of another function; whether the difference matters is for the author to say, who may "
        "allow it",
        "forward adds a small constant, as in log(y + 1e-7), or cuts numbers off at one, as np.clip(y, 1e-7, 1) does, "
        "and backward returns the derivative without it.",
        "Where numbers are as small as the constant, the gradient is wrong by as much as itself: the loss is flat "
        "there, and the gradient is not.",
        "Differentiate what is computed: dy = -t / (y + 1e-7). Where the constant only keeps log from 0, and the "
        "gradient without it is meant, allow the code with that reason.",
    ),
    "GP213": Kind(
        "backward raises where forward does not",
        False,
        "an exception is no wrong number, and whether such inputs occur is for the author to say",
        "At a point where forward has a value, backward divides by 0, or inverts a singular matrix, and raises an "
        "exception. Anywhere else its formula is right.",
        "Training stops at inputs that the loss accepts: a singular matrix has a determinant, and a product with a "
        "factor of 0 has a derivative.",
        "Write the derivative without the division: cofactors for a determinant, the product of the others for a "
        "product. Where the point cannot occur, allow the code with that reason.",
    ),
}
_BY_SUBJECT = {Subject.CASE: _OF_CASES, Subject.CONTRACT: _OF_CONTRACTS, Subject.FLOATS: _OF_FLOATS}
FINDINGS: dict[str, Kind] = {
    code: kind._replace(about=about) for about, kinds in _BY_SUBJECT.items() for code, kind in kinds.items()
}


def finding(code: str, detail: str, **fields: Any) -> Finding:
    """Return a finding, with the severity of its code."""
    return Finding(code, detail, FINDINGS[code].fails, **fields)


def allowances(allow: Mapping[str, str] | None) -> dict[str, str]:
    """Return what the author of a case lets pass, by code; raises InputError for unknown codes and empty reasons."""
    if not isinstance(allow, (Mapping, type(None))):
        raise InputError(f"allow={allow!r}: expected a dict of codes and reasons")
    for code, reason in (allow or {}).items():
        _existing_code(code)
        if not isinstance(reason, str) or not reason.strip() or not reason.isprintable():
            raise InputError(f"allow={{{code!r}: ...}} needs a reason, one line of text, which the report shows")
    return {code: reason.strip() for code, reason in (allow or {}).items()}


def allowed(findings: Iterable[Finding], allow: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return findings with the reasons for which they pass."""
    return tuple(replace(entry, allowed=allow.get(entry.code, "")) for entry in findings)


def judged(
    findings: Iterable[Finding], allow: Mapping[str, str], where: Place, unchecked: Collection[Subject] = ()
) -> tuple[Finding, ...]:
    """Return findings with the reasons for which they pass, and one for each allowance that was of no use.

    Nothing is said of codes whose subject is `unchecked`: their checks were not run, or not to the end.
    """
    passed = allowed(findings, allow)
    codes = {entry.code for entry in passed}
    stale = [
        finding("GP001", f"{code} is allowed ({reason}), but was not found", name=code, where=where)
        for code, reason in allow.items()
        if code not in codes and FINDINGS[code].about not in unchecked
    ]
    return (*passed, *stale)


def _existing_code(code: str) -> str:
    if code not in FINDINGS:
        close = difflib.get_close_matches(str(code), FINDINGS, n=3, cutoff=0.6)
        hint = f"; nearest are {', '.join(sorted(close))}" if close else "; `gradproof explain` lists all of them"
        raise InputError(f"there is no finding {code!r}{hint}")
    return code
