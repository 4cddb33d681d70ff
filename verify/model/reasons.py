"""Why a row is UNDECIDED or ERROR: a key for each reason, set where it arises and never read from a sentence.

The value is the key that users read and that JSON has; what each one means is in `entries/reasons.toml`.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Reason(Enum):
    """Why nothing is known of a row, or why it could not be compared."""

    # The process that runs the user's code.
    TIMEOUT = "timeout"
    MEMORY = "memory"
    PROCESS_DIED = "process-died"
    INTERNAL_ERROR = "internal-error"
    REPLACED_LIBRARY = "replaced-library"
    # Where cases are made.
    NO_TARGET = "no-target"
    NOT_PYTHON = "not-python"
    IMPORT_FAILED = "import-failed"
    UNSTABLE_IMPORT = "unstable-import"
    NOT_SET_UP = "not-set-up"
    LOST_CASE = "lost-case"
    ADAPTER_FAILED = "adapter-failed"
    NO_FOLDER = "no-folder"
    # The code, and what it returns.
    CODE_RAISED = "code-raised"
    NOT_REPEATABLE = "not-repeatable"
    WRONG_ARGUMENTS = "wrong-arguments"
    WRONG_YIELD = "wrong-yield"
    NOT_A_LOSS = "not-a-loss"
    MISSING_METHOD = "missing-method"
    MISSING_OUTPUT = "missing-output"
    MISSING_GRADIENT = "missing-gradient"
    WRONG_COUNT = "wrong-count"
    WRONG_SHAPE = "wrong-shape"
    UNKNOWN_NAME = "unknown-name"
    DOUBLE_NAME = "double-name"
    NOTHING_CLAIMED = "nothing-claimed"
    NOT_NUMBERS = "not-numbers"
    NOT_FINITE = "not-finite"
    COMPLEX_VALUE = "complex-value"
    UNWRITTEN_MEMORY = "unwritten-memory"
    UNDEFINED_OUTPUT = "undefined-output"
    # What cannot be followed on symbols.
    UNKNOWN_FUNCTION = "unknown-function"
    UNKNOWN_TYPE = "unknown-type"
    NOT_TRACED = "not-traced"
    CAUGHT_EXCEPTION = "caught-exception"
    PLAIN_NUMBER = "plain-number"
    SYMBOL_AS_KEY = "symbol-as-key"
    KEPT_SYMBOL = "kept-symbol"
    RAW_MEMORY = "raw-memory"
    COMPILED_CODE = "compiled-code"
    THREADS = "threads"
    NAN_CONSTANT = "nan-constant"
    ZERO_DIVISION = "zero-division"
    BRANCH_CUT = "branch-cut"
    LARGE_MATRIX = "large-matrix"
    DEFICIENT_MATRIX = "deficient-matrix"
    # What no derivative or no claim can be based on.
    TIE = "tie"
    UPSTREAM_BRANCH = "upstream-branch"
    EIGENVECTOR_SIGN = "eigenvector-sign"
    CONSTANT_OUTPUT = "constant-output"
    CLOSED_BOUND = "closed-bound"
    ROUNDED_EDGE = "rounded-edge"
    # What could not be proved, nor refuted.
    FLOATS_DIFFER = "floats-differ"
    DOUBTFUL_FLOATS = "doubtful-floats"
    TOO_FEW_DIGITS = "too-few-digits"
    NO_COUNTEREXAMPLE = "no-counterexample"
    HIDDEN_TERM = "hidden-term"
    ROUNDED_CONSTANTS = "rounded-constants"
    COMPUTED_CONSTANTS = "computed-constants"
    UNSTABLE = "unstable"
    APPROXIMATION = "approximation"
    ACCURACY = "accuracy"
    ITERATION = "iteration"
    POINTS_UNCLEAR = "points-unclear"
    INCONSISTENT = "inconsistent"
    LOST_GRADIENT = "lost-gradient"


class Cause(NamedTuple):
    """What stands in the way of one gradient, in a sentence, and its key."""

    detail: str
    reason: Reason
