"""By which names code has its gradients, and what the names of arguments tell of them: tables, most usual first."""

from __future__ import annotations

import re
from collections.abc import Iterable

from verify.cases.names import NAMES, spelled

FORWARD, BACKWARD = NAMES["forward"], NAMES["backward"]
INHERITED = (("forward", "backward"), ("forward_pass", "backward_pass"), ("fprop", "bprop"), ("fwd", "bwd"))
# Methods that return the derivative at each entry, or that of a loss, instead of taking an upstream gradient.
VALUE = (
    "forward",
    "__call__",
    "call",
    "function",
    "f",
    "fn",
    "func",
    "activation",
    "activate",
    "value",
    "evaluate",
    "loss",
    "compute_loss",
    "calculate",
    "calc",
    "compute",
    "apply",
    "forward_pass",
    "cost",
    "error",
    "energy",
    "potential",
    "potential_energy",
    "objective",
)
FORCES = ("force", "forces")  # which are the negative gradient of an energy
ENERGIES = ("energy", "energies", "potential", "pot", "epot")
SLOPE = (
    "gradient",
    "grad",
    "derivative",
    "deriv",
    "prime",
    "f_prime",
    "d",
    "df",
    "dfn",
    "backward",
    "compute_gradient",
    "delta",
    "derive",
    "dloss",
    "loss_prime",
    "gradients",
    "compute_gradients",
    "derivatives",
    "dx",
    *FORCES,
)
LIKELIHOOD = ("loglike", "log_like", "log_likelihood", "loglikelihood")  # whose derivative is the score
# Methods of models that are fitted: the curve, and its derivatives by the parameters.
CURVE, FITTED = ("evaluate",), ("fit_deriv",)
# Words in the name of a function in place of which its twin has the other.
TWINS = (
    ("forward", "backward"),
    ("fwd", "bwd"),
    ("fprop", "bprop"),
    ("feedforward", "backprop"),
    ("feed_forward", "back_prop"),
    ("forward_prop", "back_prop"),
    ("forward_pass", "back_pass"),
)
# What the derivative of a function `{}` is called.
DERIVATIVES = (
    "{}_prime",
    "{}_derivative",
    "{}_deriv",
    "{}_gradient",
    "{}_grad",
    "d_{}",
    "d{}",
    "grad_{}",
    "gradient_{}",
    "derivative_{}",
    "deriv_{}",
    "{}_der",
    "{}_dx",
    "{}prime",
    "{}_d",
    "{}_diff",
    "{}_backward",
    "{}_back",
    "backward_{}",
    "{}_bwd",
    "{}_jac",
    "{}_jacobian",
    "jac_{}",
)
_BEFORE = tuple(form.removesuffix("{}") for form in DERIVATIVES if form.endswith("{}"))
_BEHIND = tuple(form.removeprefix("{}") for form in DERIVATIVES if form.startswith("{}"))
# Words of a function's name, and what stands there in that of its gradient: compute_cost and compute_gradient.
_GRADIENTS = ("gradient", "gradients", "grad", "grads", "derivative", "jac", "jacobian")
_COSTS = (
    "cost",
    "loss",
    "objective",
    "error",
    "likelihood",
    "function",
    "func",
    "fun",
    "f",
    "value",
    "energy",
    "potential",
)
COSTS = (
    *((cost, gradient) for cost in _COSTS for gradient in _GRADIENTS),
    *((energy, force) for energy in ("potential_energy", "energy", "potential") for force in FORCES),
)
_COSTLY, _SLOPED = frozenset(_COSTS), frozenset((*_GRADIENTS, *FORCES))
PLAIN_BASES = frozenset({"object", "ABC", "Generic", "Protocol", "Exception"})  # which have no forward
# Autodiff engines: where they keep a value, and their operators.
DATA = frozenset({"data", "value", "val"})
OPERATORS = {"__add__": "+", "__sub__": "-", "__mul__": "*", "__truediv__": "/", "__matmul__": "@"}
FLAGS = (
    "derivative",
    "deriv",
    "prime",
    "grad",
    "gradient",
    "derive",
    "diff",
    "derivate",
    "backward",
    "return_grad",
    "return_gradient",
    "deriv_flag",
    "der",
)
GRADIENT = re.compile(
    r"^(d[A-Z]\w*|d_\w+|d(out|scores|logits|theta|beta|weights?|bias)|g|grads?|gradients?|jac|.*_grads?|grad_.*|grad[A-Z]\w*|delta.*)$"
)
# Functions that take an upstream gradient, by the names of what is returned beside a value.
PULLBACK = re.compile(r"vjp|pull_?back|back(ward|prop)?\b|bwd|grad", re.IGNORECASE)
# Functions that are losses by their names, and words that say that a function returns a gradient.
LOSS = re.compile(
    r"loss|cost|objective|energy|criterion|entropy|likelihood|divergence|(^|_)(mse|mae|bce|nll|kl|sse)(_|$)",
    re.IGNORECASE,
)
STATED = re.compile(r"grad|derivative|slope", re.IGNORECASE)
# Texts that say that forces are returned, and that these are negative gradients: F = -dE/dx.
FORCEFUL = re.compile(r"\bforces\b", re.IGNORECASE)
NEGATIVE = re.compile(
    r"=\s*[-−]\s*(d\w*\s*/\s*d|grad|∂|∇|\\nabla)|(negative|minus)\s+(the\s+)?(grad|deriv)", re.IGNORECASE
)
# Arguments of constructors that are sizes, and those that are arrays of weights.
SIZE = re.compile(
    r"^(n|m|d|k|h|c|v|t)$|^(n|num|nb)_\w+$|_(size|shape|dim|dims|features|units|channels|width|len|length|num|filters|in|out)$"
    r"|^(size|dim|dims|features|units|channels|width|units|filters|input|output|hidden|vocab|classes)$|^in_|^out_"
    r"|^d_(model|k|q|v|ff|in|out|inner|hidden|key|value|head)$|^[DHMNKCV]$|^(input|output|hidden)\d*$",
    re.IGNORECASE,
)
SIZES = re.compile(  # of networks: the widths of all layers
    r"^(layers|sizes|dims|architecture|topology|structure|nodes|(layers?|hidden|network)_(sizes|dims|layers))$"
)
WEIGHT = re.compile(
    r"^(W\w{0,3}|b\w?|w\d?|B|U|V|weights?\w*|bias(es)?\w*|gamma|beta|kernels?|params?|theta|filters?|scale|shift"
    r"|w_\w+|b_\w+|W_\w+)$"
)
LABELS = re.compile(
    r"^(y|t|labels?|targets?|y_true|ytrue|idx|index|indices|ids|classes|truth|ground_truth|Y|T|y_?hat_true"
    r"|token_ids?|tokens|word_ids?|true|actual|expected|desired|gt|(\w+_)?one_?hot(_\w+)?)$"
)
MASK = re.compile(r"(^|_)(masks?|masked|keep|kept|valid|drop|dropped)(_|$)", re.IGNORECASE)  # zeros and ones
CONTEXT = re.compile(r"^_?(ctx|context|fctx)$")  # which forward saves in, and backward reads
OPTIMIZER = re.compile(r"^optim\w*$|^opt$")
STEPPED = re.compile(r"moment|veloc|decay|clip|reg(_|$)|regul|lambda|^l[12]|_l[12]|penalt", re.IGNORECASE)
STEPPING = re.compile(r"^(lr|learn(ing)?_?rate|eta)$")  # of constructors, where alpha and rate are other things
INITIAL = ("initialize", "initialise", "init", "setup", "set_up", "build", "compile", "set_optimizer")
RATE = re.compile(r"^(lr|learn(ing)?_?rate|eta|alpha|step(_size)?|rate)$")
OUTPUTS = ("out", "output", "outputs", "result", "y")
# Arguments of a gradient: the upstream one, and the output that forward has returned.
UPSTREAM = re.compile(
    r"^(d|g|dout\w*|d_?outputs?|dy|dz|da|dh|dL\w*|dl\w*|grad|grad_?(out\w*|outputs?|y|z|in)|gout|gy|delta|upstream\w*|up"
    r"|dvalues?|error|err|ct|cotangent)$"
)
OUTPUT = re.compile(r"^(y|out\w*|result|a|act\w*|s|sig\w*|soft\w*|p|probs?|h|value)$|_(out|output)$")
TRIVIAL = frozenset({"self", "cls"})


def spellings(name: str) -> list[str]:
    """Return a name, and with underscores one of several words: `hiddenSize`; K and k stay two names."""
    words = spelled(name)
    return [name] if words == name.lower() else [name, words]


PREDICTED_BESIDE_TARGET = re.compile(r"[yY]$")


def is_label(name: str) -> bool:
    """Tell whether an argument is a target or a label by its name, however it is spelled: `yTrue`."""
    return any(map(LABELS.match, spellings(name)))


def is_rate(name: str) -> bool:
    """Tell whether a method is passed a learning rate by that name, however it is spelled: `learningRate`."""
    return any(map(RATE.match, spellings(name)))


def is_stepping(name: str) -> bool:
    """Tell whether an argument of a constructor is a learning rate by its name, however it is spelled."""
    return any(map(STEPPING.match, spellings(name)))


def is_derivative(name: str) -> bool:
    """Tell whether a function returns a derivative by its name: `compute_loss_gradient`."""
    return not {*spelled(name).split("_")}.isdisjoint({*_SLOPED, "backward", "prime", "delta", "derivatives"})


def is_force(name: str) -> bool:
    """Tell whether a function returns a force by its name: the negative gradient of an energy."""
    return not {*spelled(name).split("_")}.isdisjoint(FORCES)


def is_energy(name: str) -> bool:
    """Tell whether a name is that of an energy: `potential_energy`."""
    return not {*spelled(name).split("_")}.isdisjoint(ENERGIES)


class Spellings:
    """Names by their words: `reluBackward` is found as relu_backward, unless another one is spelled so."""

    def __init__(self, names: Iterable[str]) -> None:
        by_words = {spelled(name): name for name in names}
        self._names = {**by_words, **{name: name for name in names}}
        self._has_gradients = any(not _SLOPED.isdisjoint(words.split("_")) for words in by_words)

    def find(self, *words: str) -> str:
        """Return the name of the first words that has one, or ""."""
        return next((self._names[name] for name in words if name in self._names), "")

    @property
    def has_twins(self) -> bool:
        """Return whether a function has a derivative here; this takes less time than to look for that of each."""
        there = self._names
        before = (
            word[len(part) :]
            for word in there
            if word.startswith(_BEFORE)
            for part in _BEFORE
            if word[: len(part)] == part
        )
        behind = (
            word[: -len(part)]
            for word in there
            if word.endswith(_BEHIND)
            for part in _BEHIND
            if word[-len(part) :] == part
        )
        private = (word[1 + len(part) :] for word in there for part in _BEFORE if word.startswith(f"_{part}"))
        return any(word in there for word in (*before, *behind, *(f"_{word}" for word in private)))

    def twin(self, name: str) -> str:
        """Return the name of the derivative of a function, or ""."""
        forms = [form.format(each) for each in {name: None, spelled(name): None} for form in DERIVATIVES]
        private = [f"_{form.format(name.lstrip('_'))}" for form in DERIVATIVES] if name.startswith("_") else []
        return self.find(*forms, *private)

    def gradient(self, name: str) -> str:
        """Return the name of the gradient of a cost: compute_gradient of compute_cost, gradient of cost_function."""
        words = f"_{spelled(name)}_"
        if _COSTLY.isdisjoint(words.split("_")) or not self._has_gradients:
            return ""
        forms = [words.replace(f"_{cost}_", f"_{twin}_").strip("_") for cost, twin in COSTS if f"_{cost}_" in words]
        alone = [twin for cost, twin in COSTS if words in (f"_{cost}_", f"_{cost}_function_")]
        return self.find(*forms, *alone)
