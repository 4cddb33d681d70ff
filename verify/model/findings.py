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
        "nothing is wrong with the layer; only its next fault of this kind would go unnoticed",
        "The case allows a finding (allow={...}) that was not found in this run.",
        "An allowance that outlives its reason hides the next fault with the same code.",
        "Take the code out of allow=.",
    ),
    "GP002": Kind(
        "a branch that no run reached",
        False,
        "no input is known that takes the branch, which may be impossible; the search for one found nothing",
        "The code asks a question about its inputs, and every run got the same answer; or it rounds inputs, and not "
        "every whole number was tried. Nothing is claimed for the other inputs.",
        "A mistake in that branch goes unnoticed, however many runs are right.",
        "State the domain that the layer is for, as in x=gradproof.real('N', low=0, high=1), so that the branch is "
        "reached or shown to be impossible; or allow it with the reason: allow={'GP002': 'x is below 50'}.",
    ),
    "GP003": Kind(
        "an added check that raised",
        True,
        "the property that it checks is not known to hold",
        "A check that a module under `extensions` in [tool.gradproof] adds ended with an exception in this case.",
        "The case would pass although the check has not run.",
        "Fix the check at the file and line in the message. For cases that it is not meant for, it returns nothing.",
    ),
    "GP004": Kind(
        "an edge that was not judged",
        False,
        "the gradients are right on both sides; only the gradient exactly on the edge is not known to be right",
        "The code returns a gradient exactly where a branch changes sides, and it was not decided whether that is a "
        "derivative or a subgradient: no float lies there, the value is not known to enough digits, or more regions "
        "meet there than were checked.",
        "A wrong gradient on the edge goes unnoticed. Inputs reach edges more often than one expects: zeros of a "
        "ReLU, padding, clipped values, equal entries.",
        "On the edge, return the gradient of one of the sides: write the condition with >= or <=, without a separate "
        "value for the edge; or allow it with the reason: allow={'GP004': 'no input is exactly 1/49'}.",
    ),
}
_OF_CONTRACTS: dict[str, Kind] = {  # GP1xx
    "GP101": Kind(
        "backward writes into dout",
        True,
        "dout belongs to the caller, who sends the same array along every branch that leads to this output",
        "backward changes the array dout that it was given.",
        "At a residual connection, or wherever an output is used twice, the other branch receives the changed dout, "
        "and its gradients are wrong. A numerical check of this layer alone never shows it.",
        "Copy it first: dx = dout.copy(), then dx[mask] = 0. Or compute a new array: dx = dout * (x > 0).",
    ),
    "GP102": Kind(
        "an input is overwritten",
        True,
        "inputs belong to the caller: the data set, or the cache of another layer",
        "forward or backward writes into an input array.",
        "The next epoch trains on changed data. An earlier layer that keeps the array computes its gradient from the "
        "wrong numbers.",
        "Compute a new array, or copy before writing: x = x.copy(). Note that x.reshape(...), x.T and slices are "
        "views of x, and that x *= 2 writes into x while x = x * 2 does not.",
    ),
    "GP103": Kind(
        "a parameter is overwritten",
        False,
        "backward may update the parameters on purpose; only its author can tell",
        "forward or backward changes a parameter.",
        "The gradient belongs to the old parameters, but a second backward, a gradient check, or another layer with "
        "the same weights sees the new ones.",
        "Return gradients and leave the update to an optimizer; or allow it with the reason.",
    ),
    "GP104": Kind(
        "the output already returned is overwritten",
        True,
        "the output belongs to the caller once it is returned, and the next layer usually keeps it",
        "backward, or a later forward, writes into the array that forward returned.",
        "Stored predictions change: a list of outputs holds the last one many times, and the next layer reads "
        "overwritten numbers.",
        "Return a copy of an internal buffer, and compute slopes into a new array: slope = y * (1 - y).",
    ),
    "GP105": Kind(
        "a returned array is the layer's own memory",
        False,
        "it does harm only where the caller writes into the array, or keeps it across calls",
        "forward returns an array that backward reads later (self.y = y; return y), or backward returns a buffer "
        "that the next call overwrites.",
        "A caller who works in place (y += 1, y[mask] = 0, clipping gradients) silently changes the gradients of "
        "this layer; a gradient that the caller keeps is replaced by a later one.",
        "Return a copy, or keep one: self.y = y.copy().",
    ),
    "GP106": Kind(
        "a gradient shares memory with dout",
        False,
        "it does harm only where somebody adds to the gradient in place, or keeps it while dout is used again",
        "backward returns dout, or a reshape or slice of it, or one array as two gradients.",
        "Gradients are added up where branches meet. If this is done in place (dx += ...), it changes dout, and with "
        "two inputs (return dout, dout) also the gradient of the other input.",
        "Return a copy: dout.copy(), dout.reshape(shape).copy().",
    ),
    "GP107": Kind(
        "a gradient is not linear in dout",
        True,
        "by the chain rule every derivative is linear in dout, so this one is wrong for most values of dout",
        "Doubling dout does not double the gradient.",
        "The gradient may be right for a dout of ones, or for a small dout, and wrong inside a network. Usual "
        "causes: dout is squared or clipped, its sign is taken, or a regulariser is added that dout does not scale.",
        "Multiply by dout exactly once, and do nothing else with it. Clip gradients in the optimizer. Add terms of "
        "the loss in forward.",
    ),
    "GP108": Kind(
        "dout is ignored",
        True,
        "the gradient is right for one value of dout only, which no inner layer gets",
        "The gradient is the same for every dout.",
        "The layer works as the last one of a network, where dout is 1, and gives wrong gradients anywhere else: "
        "with a weighted loss, a sum of losses, or another layer after it.",
        "Multiply by dout. If the layer is always the last one, as a loss is, state upstream=1 in the case.",
    ),
    "GP109": Kind(
        "a second backward gives another gradient",
        True,
        "the same call returns another gradient, without an error",
        "backward was called twice after one forward, with the same dout, and returned two different gradients.",
        "backward uses up or overwrites the cache of forward. Gradient checks, several losses on one forward pass, "
        "and Jacobians call it more than once.",
        "Do not write into the cache of forward; or raise an error in the second call, which is not a finding.",
    ),
    "GP110": Kind(
        "a forward with other inputs leaves stale state behind",
        True,
        "in training every call has other inputs",
        "After a forward with other inputs, forward and backward return different results from a new layer.",
        "A cache that is filled in the first call only, or that grows, gives the gradients of an earlier batch.",
        "In each forward, set everything that backward reads: no `if self.cache is None`, no appending without "
        "clearing. A layer that carries state on purpose says so with an attribute `stateful` or a method "
        "reset_state.",
    ),
    "GP111": Kind(
        "another batch size does not work",
        True,
        "the last batch of an epoch is smaller, and prediction takes one example at a time",
        "After a forward with one batch size, the layer raises an exception or returns wrong results for another "
        "batch size.",
        "The size, or a buffer or mask of that size, is remembered from the first call; broadcasting may even hide it.",
        "Take the size from x.shape in each forward.",
    ),
    "GP112": Kind(
        "gradients accumulate across calls",
        True,
        "in a plain training loop every batch trains on the sum of all earlier gradients",
        "After a second forward and backward, the gradient of a parameter is the sum of both calls (self.dW += ...).",
        "Unless the gradient is set to zero between batches, it is wrong from the second batch on. A check that "
        "makes a new layer each time never shows it.",
        "Assign: self.dW = x.T @ dout. If adding up is intended, declare it by a method zero_grad, or allow it with "
        "the reason.",
    ),
    "GP113": Kind(
        "a gradient has another shape than its input",
        True,
        "an optimizer subtracts the gradient from the parameter: with another shape that fails, or broadcasts and "
        "trains the wrong thing",
        "The gradient of an input must have the shape of that input.",
        "W -= lr * dW fails, or broadcasts: a column of biases turns into a matrix.",
        "Where forward broadcast an array (x + b), sum its gradient over the axes that were added or stretched: "
        "db = dout.sum(axis=0). Use keepdims where the input has that axis.",
    ),
    "GP114": Kind(
        "gradients come in another order than their inputs",
        True,
        "each input is trained with the gradient of another",
        "The gradients of two inputs are swapped.",
        "If the shapes agree, nothing fails, but the network does not learn.",
        "Return the gradients in the order of the arguments of forward, or a dict by name.",
    ),
    "GP115": Kind(
        "a gradient has another precision than its input",
        False,
        "the numbers are right, but cost more or have fewer digits than asked for",
        "With inputs, dout and outputs of one precision, a gradient has another: float64 instead of float32, say.",
        "One float64 array makes everything after it float64: twice the memory, and half the speed. A gradient in "
        "float32 where the inputs are float64 has lost half of its digits.",
        "Give buffers the dtype of the data: np.zeros_like(x), np.zeros(shape, dtype=x.dtype). np.sqrt(2) is a NumPy "
        "float64 and turns float32 arrays into float64; math.sqrt(2) is a Python float and does not.",
    ),
    "GP116": Kind(
        "an evaluation changes the training after it",
        True,
        "after each evaluation the training goes on with a changed layer",
        "Training after an evaluation gives different results from training alone.",
        "Dropout stays off, the statistics of evaluation stay in use, or a mask of another shape is applied.",
        "Use only the flag of this call, and in both modes set everything that backward reads in forward.",
    ),
    "GP117": Kind(
        "backward after an evaluation uses the cache of training",
        False,
        "most training loops do not need gradients in evaluation mode; saliency maps and attacks do",
        "forward in evaluation mode stores nothing, so backward silently returns the gradient of the last training "
        "pass.",
        "The gradient belongs to other inputs, or to a dropout mask that was not applied.",
        "Store in forward what backward needs in both modes, or let backward raise an exception after an evaluation.",
    ),
    "GP118": Kind(
        "two identical runs differ",
        False,
        "it may be random on purpose, from a generator that nobody can seed from outside",
        "Two runs with the same inputs and seeds gave different outputs or gradients.",
        "Results cannot be reproduced, and a proof holds for one of the draws only. Other contracts are not checked "
        "for such a layer.",
        "Draw from np.random, random, or a generator that the layer is given or keeps as an attribute; do not use "
        "the clock, id(), the order of sets, or counters outside of the layer.",
    ),
    "GP119": Kind(
        "forward changes its result between calls",
        True,
        "the same inputs give another output, without an error",
        "Two calls of forward with the same inputs, mode and seeds gave different outputs.",
        "The output depends on something that the layer carries from call to call: parameters scaled in place, a "
        "cache that grows, a counter.",
        "Compute the output from the inputs and the parameters alone. A layer that carries state on purpose says so "
        "with an attribute `stateful` or a method reset_state.",
    ),
    "GP120": Kind(
        "the cache is the caller's array",
        False,
        "it does harm only where the caller writes into the input between forward and backward",
        "forward keeps a reference to its input (self.x = x), so changing the array after forward changes the "
        "gradient.",
        "Batches are often loaded into the same buffer, and activations are overwritten to save memory: then "
        "backward silently uses the numbers of the next batch.",
        "Keep a copy: self.x = x.copy(). Where memory matters more, allow it with the reason.",
    ),
    "GP121": Kind(
        "layers of one class share memory",
        True,
        "a network has several layers of a class, and all of them run forward before any runs backward",
        "Using a second layer of the same class between forward and backward of the first changes the gradient or "
        "the output of the first.",
        "forward stores its cache in the class, in the module or in a default argument, which all layers share: each "
        "layer sees the cache of the last forward. A check of one layer alone never shows it.",
        "Store it in the layer itself: self.x = x in forward, self.cache = {} in __init__. Do not write into default "
        "arguments.",
    ),
    "GP122": Kind(
        "the memory order of an array changes the result",
        True,
        "callers pass transposes, slices and broadcast gradients without knowing it",
        "The same numbers in another memory layout (Fortran order, reversed with gaps, one number for all entries) "
        "give another output or gradient.",
        "The upstream gradient of a transpose is a transposed view, that of a sum is broadcast, and a batch is often "
        "a slice. Then the layer reads entries in the wrong order, or foreign memory, without an error.",
        "Call np.ascontiguousarray(dout) before reading an array in memory order: ravel(order='K'), strides, "
        "as_strided, pointers. ravel() and reshape(...) read in C order, whatever the layout.",
    ),
    "GP123": Kind(
        "an array of another memory order is refused",
        False,
        "the error appears where it happens, and a layer may require contiguous or writeable arrays",
        "The code raises an exception for an array that is not contiguous or not writeable; it accepts a contiguous, "
        "writeable copy.",
        "A caller who passes a transpose, a slice or a broadcast array gets an error inside this layer.",
        "Call np.ascontiguousarray(dout), or np.array(dout) where the layer writes into it; or state the requirement "
        "in the docstring and allow the code.",
    ),
    "GP124": Kind(
        "an input has no gradient",
        True,
        "the case asks for the gradient, and the derivative is not 0; what is left out on purpose can be described so",
        "backward returns None for an input that the case wants differentiated, and the output depends on it.",
        "Optimizers skip a parameter whose gradient is None, so it is never trained, without an error.",
        "Compute the gradient. If it is left out on purpose, describe the input with gradproof.fixed or "
        "gradproof.constant, or allow the code with the reason.",
    ),
    "GP125": Kind(
        "random numbers are drawn in the first call only",
        False,
        "it is right for weights whose shape is taken from the first input, and wrong for a mask",
        "The first forward draws random numbers, and later calls reuse them.",
        "A dropout mask that is drawn once disables the same units for the whole training.",
        "Draw masks and noise in each forward. Make weights in __init__, or allow the code with the reason.",
    ),
    "GP126": Kind(
        "contracts could not be checked",
        False,
        "nothing wrong was found, and nothing was ruled out",
        "Contracts are checked by calling a copy of a layer again. This layer cannot be copied or called again, or "
        "the code does not run on other inputs.",
        "A cache of an earlier batch, or memory shared by layers, goes unnoticed.",
        "Make the layer copyable (copy.deepcopy), create generators and handles in the call that uses them, call "
        "forward and backward of the same object; or allow the code with the reason.",
    ),
    "GP127": Kind(
        "the result may depend on something that no run varies",
        False,
        "the formula is right for the values of these runs; only the author knows whether there are others",
        "The code branches on, or computes with, something that is not an input and that no run varies: the time, "
        "the environment of the process, the address of an object, the class of an array, the text of a number.",
        "The proof holds for the values of these runs. With others the code may take another path, which was not "
        "checked.",
        "Make it an option of the layer, which the case lists: options={'fast': [False, True]}. Compare numbers as "
        "numbers, not as texts. If the value does not change the result, allow the code with that reason.",
    ),
    "GP128": Kind(
        "a parameter that is updated in place leaves stale values behind",
        True,
        "every step of training updates the parameters, and most optimizers do it in place",
        "The numbers of the layer's parameters were changed in their own arrays, as by W -= lr * dW. After that the "
        "layer answers otherwise than a new layer that was made with these numbers.",
        "The first step of training has the right gradients, and all later ones use a value of the first parameters: "
        "a transposed copy, a norm, a matrix in another shape.",
        "Compute what depends on a parameter in each forward, or keep a view of it: self.W.T instead of a copy.",
    ),
}
_OF_FLOATS: dict[str, Kind] = {  # GP2xx
    "GP201": Kind(
        "outside its rounding bound",
        True,
        "rounding errors of these operations cannot give this number, so something else happens on floats; it is a "
        "hazard if the output itself has a lower precision than the inputs, which is then the layer's choice",
        "The formula is right, but the float is further from the exact value than rounding in the layer's own "
        "operations explains.",
        "Digits are lost on the way: by a cast to a lower precision, an approximation in place of a function, a "
        "table, or a constant with few digits.",
        "Look for astype, dtype= and literals on the way to this number. The bound is derived from the computation "
        "itself; there is no tolerance to loosen.",
    ),
    "GP202": Kind(
        "right formula, unstable arithmetic",
        False,
        "the formula is right; only the author knows whether the remaining digits suffice",
        "Rounding may destroy most digits of this gradient or output: numbers nearly cancel, or a small number is "
        "divided by a smaller one.",
        "The result is noise where it matters, such as near convergence or for a confident classifier, and no check "
        "of the formula shows it.",
        "Rewrite the expression that cancels: np.log1p, np.expm1, x - x.max() before exp, (x - mean)**2 in place of "
        "x**2 - mean**2; or compute this step in a higher precision.",
    ),
    "GP203": Kind(
        "overflow where the true value is representable",
        False,
        "it happens at inputs far from the sample, which a network may never see; at the sample itself it fails",
        "At large inputs an intermediate value overflows, and the gradient or output is inf or NaN, although the "
        "exact value is an ordinary float.",
        "One NaN spreads to all weights in a single step, usually hours into training.",
        "Keep exponentials from growing: np.exp(-np.abs(x)) with np.where, x - x.max(axis, keepdims=True), "
        "np.logaddexp; np.where alone is not enough: it computes both sides.",
    ),
    "GP204": Kind(
        "rounding decides a branch",
        False,
        "both branches may return the right gradient; whether they do is not known",
        "A compared value lies so close to the threshold that rounding may move it across: floats may take another "
        "branch than exact numbers.",
        "A formula is proved for the branch that exact numbers take. A sigmoid is never 1, but as a float it is 1 at "
        "40: what the code returns for `y == 1` was not checked.",
        "Compare the input, not a rounded value: x > 36 instead of y == 1.",
    ),
    "GP211": Kind(
        "no number at a kink",
        True,
        "NaN is not a subgradient: a single one spreads to all weights in the next step",
        "At a point where forward is continuous but has no derivative, such as a norm at 0, backward divides by 0 "
        "and returns NaN or infinity. Everywhere else its formula is right.",
        "Zero padding, dead units and equal vectors lead to exactly this point, and training fails there without an "
        "error.",
        "Return one of the subgradients there, such as 0: np.divide(x, n, out=np.zeros_like(x), where=n > 0). If the "
        "point cannot occur, allow the code with that reason.",
    ),
    "GP212": Kind(
        "backward ignores a small constant of forward",
        True,
        "it is the derivative of another function; an author who knows that the difference does not matter may allow "
        "it",
        "forward adds a small constant, as in log(y + 1e-7), or clips at one, as in np.clip(y, 1e-7, 1), and "
        "backward returns the derivative without it.",
        "Where a number is as small as the constant, the gradient is wrong by as much as its own size; where it is 0, "
        "backward may divide by 0, and forward does not.",
        "Differentiate what forward computes, with the constant in it: y + 1e-7 wherever y is divided by for "
        "log(y + 1e-7), ms + eps wherever ms is for x / np.sqrt(ms + eps). If the gradient without it is intended, "
        "allow the code with that reason.",
    ),
    "GP213": Kind(
        "backward raises where forward does not",
        False,
        "an exception is not a wrong number, and only the author knows whether such inputs occur",
        "At a point where forward has a value, backward divides by 0, or inverts a singular matrix, and raises an "
        "exception. Anywhere else its formula is right.",
        "Training stops at inputs that forward accepts: a singular matrix has a determinant, and a product with a "
        "factor of 0 has a derivative.",
        "Write the derivative without the division: cofactors for a determinant, the product of the others for a "
        "product. If the point cannot occur, allow the code with that reason.",
    ),
    "GP214": Kind(
        "a divisor that may be 0",
        False,
        "no input is known at which the gradient is wrong, but none is excluded",
        "backward divides by a quantity, or takes its root or logarithm, and forward does not. The quantity may be 0, "
        "or negative under a root: the search found no such input, and no bound excludes one. Or it is 0 between two "
        "floats, and the search did not reach all such places.",
        "At a zero of the divisor backward returns NaN or infinity where the derivative exists, and a single one "
        "spreads to all weights in the next step. The proof is for inputs at which backward is defined.",
        "Write the derivative without the division, or so that the divisor is seen to be positive (a square plus a "
        "positive number); state the domain, as in x=gradproof.real('N', low=0); or allow the code with the reason "
        "for which the quantity is never 0.",
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
