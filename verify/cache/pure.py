"""What code may use whose results are kept: names that compute, and read nothing but their arguments.

The tables list what is allowed. A name that is missing costs time, as its file is checked in every run; a name that
should not be in them would have stale results shown. So nothing that reads or writes files, the environment, the
clock, other processes, entropy or the memory of others is in them, nor what leads to such functions: modules of
modules, frames, the globals of functions, code that is made while it runs.
"""

from __future__ import annotations

from collections.abc import Mapping

_NUMPY = """
False_ True_ abs absolute acos acosh add all allclose amax amin angle any append apply_along_axis
apply_over_axes arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argpartition argsort argwhere
around array array_equal array_equiv array_split asanyarray asarray asarray_chkfinite ascontiguousarray asfortranarray
asin asinh astype atan atan2 atanh atleast_1d atleast_2d atleast_3d average bartlett bincount bitwise_and bitwise_count
bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor blackman block bool bool_
broadcast_arrays broadcast_shapes broadcast_to c_ can_cast cbrt cdouble ceil choose clip column_stack common_type
complex128 complex64 complexfloating compress concat concatenate conj conjugate convolve copy copysign copyto corrcoef
correlate cos cosh count_nonzero cov cross cumprod cumsum cumulative_prod cumulative_sum deg2rad degrees delete diag
diag_indices diag_indices_from diagflat diagonal diff digitize divide divmod dot double dsplit dstack dtype e ediff1d
einsum einsum_path empty empty_like equal errstate euler_gamma exp exp2 expand_dims expm1 extract eye fabs fill_diagonal
finfo fix flatnonzero flip fliplr flipud float16 float32 float64 float_power floating floor floor_divide fmax fmin fmod
frexp fromfunction fromiter frompyfunc full full_like gcd generic geomspace gradient greater greater_equal hamming
hanning heaviside histogram histogram2d histogram_bin_edges histogramdd hsplit hstack hypot i0 identity iinfo imag
index_exp indices inexact inf inner insert int16 int32 int64 int8 int_ integer interp intersect1d invert isclose
iscomplex iscomplexobj isdtype isfinite isin isinf isnan isneginf isposinf isreal isrealobj isscalar issubdtype iterable
ix_ kaiser kron lcm ldexp left_shift less less_equal lexsort linspace log log10 log1p log2 logaddexp logaddexp2
logical_and logical_not logical_or logical_xor logspace matmul matrix_transpose matvec max maximum mean median meshgrid
mgrid min minimum mod modf moveaxis multiply nan nan_to_num nanargmax nanargmin nancumprod nancumsum nanmax nanmean
nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar ndarray ndenumerate ndim ndindex negative
newaxis nextafter nonzero not_equal number ogrid ones ones_like outer pad partition percentile permute_dims pi piecewise
place polyadd polyder polydiv polyfit polyint polymul polysub polyval positive pow power prod product promote_types ptp
put put_along_axis putmask quantile r_ rad2deg radians ravel ravel_multi_index real real_if_close reciprocal remainder
repeat reshape resize result_type right_shift rint roll rollaxis roots rot90 round row_stack s_ searchsorted select
setdiff1d setxor1d shape sign signbit signedinteger sin sinc single sinh size sort sort_complex spacing split sqrt
square squeeze stack std subtract sum swapaxes take take_along_axis tan tanh tensordot tile trace transpose trapezoid
trapz tri tril tril_indices tril_indices_from trim_zeros triu triu_indices triu_indices_from true_divide trunc uint16
uint32 uint64 uint8 union1d unique unravel_index unsignedinteger unstack unwrap vander var vdot vecdot vecmat vectorize
vsplit vstack where zeros zeros_like
"""
_LINEAR = """
matrix_power solve tensorsolve tensorinv inv cholesky eigvals eigvalsh pinv slogdet det svd svdvals eig eigh lstsq norm
qr cond matrix_rank LinAlgError multi_dot trace diagonal cross outer tensordot matmul matrix_transpose matrix_norm
vector_norm vecdot
"""
_FOURIER = """
fft ifft rfft irfft hfft ihfft rfftn irfftn rfft2 irfft2 fft2 ifft2 fftn ifftn fftshift ifftshift fftfreq rfftfreq
"""
_MATH = """
acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2 expm1 fabs
factorial floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm ldexp lgamma log log10 log1p
log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt tan tanh tau trunc ulp
"""
_SPECIAL = """
beta betaln digamma entr erf erfc erfcinv erfcx erfinv exp1 expi expit expm1 gamma gammainc gammaincc gammaln huber i0
i0e i1 i1e iv j0 j1 jv k0 k1 kl_div log1p log_expit log_ndtr log_softmax logit loggamma logsumexp ndtr ndtri polygamma
psi rel_entr rgamma sinc softmax softplus xlog1py xlogy zeta
"""
# Draws from the generators of the program, which each import of a file of cases finds as the one before did.
_DRAWS = """
beta binomial chisquare choice dirichlet exponential f gamma geometric gumbel hypergeometric laplace logistic lognormal
multinomial multivariate_normal normal pareto permutation poisson power rand randint randn random random_sample ranf
rayleigh sample seed shuffle standard_cauchy standard_exponential standard_gamma standard_normal standard_t triangular
uniform vonmises wald weibull zipf
"""
_DRAWS_OF_PYTHON = """
betavariate choice choices expovariate gammavariate gauss getrandbits lognormvariate normalvariate paretovariate randint
random randrange sample seed shuffle triangular uniform vonmisesvariate weibullvariate
"""
_TYPES = """
Any Callable ClassVar Dict Final Generator Generic Iterable Iterator List Literal Mapping NamedTuple Optional Protocol
Self Sequence Set Tuple Type TypeAlias TypeVar TYPE_CHECKING Union overload
"""
_OURS = "Case case complex constant derivative fixed integer layer loss pair real"
_BUILTINS = """
ArithmeticError AssertionError AttributeError Ellipsis Exception False FloatingPointError IndexError KeyError
LookupError None NotImplemented NotImplementedError OverflowError RuntimeError StopIteration True TypeError ValueError
ZeroDivisionError __name__ abs all any bool bytes callable classmethod complex dict divmod enumerate filter float int
isinstance issubclass iter len list map max min next object pow print property range reversed round slice
sorted staticmethod str sum super tuple type zip
"""
_ATTRIBUTES = """
T __add__ __call__ __class__ __div__ __getitem__ __init__ __len__ __matmul__ __mul__ __name__ __neg__ __pow__ __radd__
__rmul__ __setitem__ __sub__ __truediv__ accumulate all any append appendleft argmax argmin argpartition argsort
as_integer_ratio astype at binomial choice clear clip close conj conjugate copy count cumprod cumsum default_factory
denominator diagonal difference dot dtype endswith eps extend fill find flat flatten fromkeys get imag index insert
integers intersection is_integer isdigit item items itemsize join keys kind lower lstrip max mean min most_common name
nbytes ndim nonzero normal numerator outer partition permutation pop popitem popleft prod ptp rand randint randn
random ravel real reduce reduceat remove repeat replace reshape resize reverse rotate round rstrip searchsorted send
setdefault setter shape shuffle size sort split squeeze standard_normal startswith std strides strip sum swapaxes take
throw tiny title tolist trace transpose uniform union update upper value values var
"""
_OF_PROGRAMS = "args label labels number op result steps"
_LEADING = """
ag_code ag_frame bit_generator co_consts co_names cr_code cr_frame ctypes dump dumps f_back f_builtins f_code
f_globals f_locals format format_map gi_code gi_frame gi_yieldfrom mro seed spawn tb_frame tb_next tofile
with_traceback
"""
# What may be imported of each module, and asked of it by name; a module within it is one of this table.
LIBRARIES: Mapping[str, frozenset[str]] = {
    name: frozenset(names.split())
    for name, names in {
        "numpy": _NUMPY,
        "numpy.linalg": _LINEAR,
        "numpy.fft": _FOURIER,
        "numpy.random": f"default_rng RandomState {_DRAWS}",
        "numpy.typing": "ArrayLike NDArray DTypeLike",
        "numpy.lib": "",
        "numpy.lib.stride_tricks": "sliding_window_view",
        "math": _MATH,
        "scipy": "",
        "scipy.special": _SPECIAL,
        "gradproof": _OURS,
        "verify": _OURS,
        "__future__": "annotations",
        "abc": "ABC abstractmethod",
        "collections": "Counter OrderedDict defaultdict deque namedtuple",
        "collections.abc": "Callable Generator Iterable Iterator Mapping Sequence",
        "copy": "copy deepcopy",
        "dataclasses": "dataclass field replace",
        "enum": "Enum IntEnum auto",
        "functools": "cache cached_property lru_cache partial reduce wraps",
        "itertools": "accumulate chain combinations count cycle islice pairwise permutations product repeat starmap "
        "takewhile zip_longest",
        "numbers": "Complex Integral Number Rational Real",
        "operator": "add eq ge getitem gt itemgetter le lt matmul mod mul ne neg pow sub truediv",
        "random": _DRAWS_OF_PYTHON,
        "types": "SimpleNamespace",
        "typing": _TYPES,
    }.items()
}
SEEDED = frozenset({"default_rng", "RandomState", "seed"})  # are called at once, with a number
BUILTINS = frozenset(_BUILTINS.split())
BY_NAME = frozenset({"getattr", "hasattr", "setattr", "delattr"})  # are called at once, with a name that is written
# Attributes of values: numbers, texts, lists, dicts, arrays, generators of random numbers with a seed; of the programs
# that expressions are read as.
ATTRIBUTES = frozenset(f"{_ATTRIBUTES} {_OF_PROGRAMS}".split())
# Attributes that lead out of a value, whatever else has them: not even the user's own may have these names.
LEADING = frozenset(_LEADING.split())
