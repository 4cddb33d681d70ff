"""Complex inputs and outputs: gradients in the stated convention are proved, the others are refuted and named."""

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict
from verify.model.errors import InputError


def rows(case):
    return {row.name: row for row in verify.check(case, quick=True).comparisons}


def verdicts(case):
    return {name: row.verdict for name, row in rows(case).items()}


def intensity(z):
    return np.abs(z) ** 2


def field_intensity(z, phase):
    """Return what a detector sees of a field behind a lens."""
    return np.abs(np.fft.fft(z * np.exp(1j * phase), norm="ortho")) ** 2


def field_intensity_back(d, z, phase, *, conjugate=np.conj, norm="ortho"):
    mask = np.exp(1j * phase)
    far = np.fft.fft(z * mask, norm="ortho")
    inner = np.fft.ifft(2 * d * far, norm=norm)
    return inner * conjugate(mask), np.imag(np.conj(z * mask) * inner)


def dense(z, w):
    return z @ w


def mobius(z):
    return (z - 1) / (z + 1j)


def cardioid(z):
    """Return an activation of complex networks, which keeps the phase."""
    return (1 + np.cos(np.angle(z))) * z / 2


def residual(z, y):
    """Return the loss of phase retrieval."""
    return np.sum((np.abs(np.fft.fft(z)) ** 2 - y) ** 2) / 4


def residual_back(d, z, y, n=1):
    spectrum = np.fft.fft(z)
    rest = np.abs(spectrum) ** 2 - y
    return d * np.fft.ifft(rest * spectrum) * (len(z) if n else 1), -d * rest / 2


Z = verify.complex("3")
# Forward, its gradient as in PyTorch, as in JAX, wrong ones, and the inputs.
TWINS = {
    "intensity": (
        intensity,
        lambda d, z: 2 * d * z,
        lambda d, z: 2 * d * np.conj(z),
        [lambda d, z: d * z, lambda d, z: 2 * d * z.real],
        {"z": Z},
    ),
    "exponential": (
        np.exp,
        lambda d, z: d * np.conj(np.exp(z)),
        lambda d, z: d * np.exp(z),
        [lambda d, z: d * np.exp(z) * 1j],
        {"z": Z},
    ),
    "conjugate": (np.conj, lambda d, z: np.conj(d), lambda d, z: np.conj(d), [lambda d, z: d], {"z": Z}),
    "square": (
        lambda z: z * z,
        lambda d, z: 2 * d * np.conj(z),
        lambda d, z: 2 * d * z,
        [lambda d, z: 2 * np.conj(d) * z],
        {"z": Z},
    ),
    "mobius": (
        mobius,
        lambda d, z: d * np.conj((1 + 1j) / (z + 1j) ** 2),
        lambda d, z: d * (1 + 1j) / (z + 1j) ** 2,
        [lambda d, z: d * np.conj((1 - 1j) / (z + 1j) ** 2)],
        {"z": Z},
    ),
    "dense": (
        dense,
        lambda d, z, w: (np.conj(w) @ d, np.outer(np.conj(z), d)),
        lambda d, z, w: (w @ d, np.outer(z, d)),
        [lambda d, z, w: (w.T.conj()[:, :2] @ d[:2], np.outer(np.conj(z), d))],
        {"z": Z, "w": verify.complex("3 3")},
    ),
    "real part": (
        lambda z: z.real * 2 - z.imag,
        lambda d, z: d * (2 - 1j),
        lambda d, z: d * (2 + 1j),
        [lambda d, z: d * 2],
        {"z": Z},
    ),
    "inverse": (
        np.linalg.inv,
        lambda d, z: -np.conj(np.linalg.inv(z)).T @ d @ np.conj(np.linalg.inv(z)).T,
        lambda d, z: -np.linalg.inv(z).T @ d @ np.linalg.inv(z).T,
        [lambda d, z: -np.conj(np.linalg.inv(z)) @ d @ np.conj(np.linalg.inv(z)).T],
        {"z": verify.complex("2 2")},
    ),
    "scalar": (
        lambda z: z * z.conjugate() * 1j,
        lambda d, z: -1j * d * z + (1j * np.conj(d) * z),
        lambda d, z: 1j * d * np.conj(z) - 1j * np.conj(d) * np.conj(z),
        [lambda d, z: 2j * d * z],
        {"z": verify.complex()},
    ),
}


@pytest.mark.parametrize("name", some(TWINS, 12))
def test_conventions(name):
    """Each convention proves its own gradients, refutes those of the other and names it, and refutes wrong ones."""
    forward, torch, jax, mistakes, inputs = TWINS[name]
    halves = {f"{key}.{half}" for key in inputs for half in ("real", "imag")}
    for convention, right, other in (("torch", torch, jax), ("jax", jax, torch)):
        assert verdicts(verify.pair(forward, right, convention=convention, **inputs)) == dict.fromkeys(
            halves, Verdict.PROVED
        )
        if name == "conjugate":
            continue
        wrong = rows(verify.pair(forward, other, convention=convention, **inputs))
        refuted = [row for row in wrong.values() if row.verdict is Verdict.REFUTED]
        assert refuted
        expected = f"(convention={convention!r})"
        assert all(expected in row.diagnosis for row in refuted)
    for mistake in mistakes:
        assert Verdict.REFUTED in verdicts(verify.pair(forward, mistake, **inputs)).values()


def test_the_default_is_that_of_torch():
    """Without a convention gradients are dL/da + i dL/db."""
    assert set(verdicts(verify.pair(intensity, lambda d, z: 2 * d * z, z=Z)).values()) == {Verdict.PROVED}


def test_the_negative_is_no_conjugate():
    """A gradient with the wrong sign is told as that."""
    wrong = rows(verify.pair(intensity, lambda d, z: -2 * d * z, z=Z))
    assert {row.diagnosis for row in wrong.values()} == {"the sign is wrong"}


@pytest.mark.parametrize(
    ("backward", "is_right"),
    some(
        [
            (field_intensity_back, True),
            (lambda d, z, phase: field_intensity_back(d, z, phase, conjugate=lambda m: m), False),
            (lambda d, z, phase: field_intensity_back(d, z, phase, norm=None), False),
        ],
        4,
    ),
)
def test_field_behind_a_lens(backward, is_right):
    """A complex field and real phases: proved, and refuted without the conjugate of the mask or with another norm."""
    found = set(verdicts(verify.pair(field_intensity, backward, z=Z, phase="3")).values())
    assert found == {Verdict.PROVED} if is_right else Verdict.REFUTED in found


@pytest.mark.parametrize("n", [1, 0])
def test_phase_retrieval(n):
    """The gradient of the intensity loss is an inverse transform times the length, and wrong without it."""
    case = verify.pair(residual, lambda d, z, y: residual_back(d, z, y, n), z=Z, y="3")
    assert verdicts(case)["z.real"] is (Verdict.PROVED if n else Verdict.REFUTED)


@verify.case(z="3", w=verify.complex("3"))
def generator(z, w):
    dout = yield z * w, z + 1
    return {"z": (dout[0] * np.conj(w)).real + dout[1], "w": dout[0] * z}


class Layer:
    def __init__(self, w):
        self.w = w

    def forward(self, z):
        self.z = z
        return self.w * z

    def backward(self, dout):
        self.dw = np.conj(self.z) * dout
        return np.conj(self.w) * dout


@pytest.mark.parametrize(
    "case",
    [
        generator,
        verify.layer(Layer, inputs={"z": Z}, params={"w": Z}),
        verify.loss(lambda z: (np.sum(np.abs(z) ** 2), 2 * z), z=Z),
        verify.pair(lambda x: np.fft.fft(x), lambda d, x: (len(x) * np.fft.ifft(d)).real, x="5"),
        verify.pair(lambda x: np.fft.fft(x), lambda d, x: np.fft.fft(d).real, x="5", convention="jax"),
    ],
    ids=["generator", "layer", "loss", "complex output", "complex output, conjugate"],
)
def test_protocols(case):
    """Every way to make a case takes complex inputs and outputs."""
    assert set(verdicts(case).values()) == {Verdict.PROVED}


def test_complex_gradient_of_a_real_input():
    """A gradient that is complex is none of a real input, also where its imaginary part is 0."""
    row = rows(verify.pair(np.fft.fft, lambda d, x: 4 * np.fft.ifft(d), x="4"))["x"]
    assert row.verdict is Verdict.ERROR
    assert "is complex" in row.evidence.detail


def test_complex_loss():
    """A loss that is complex has no gradient."""
    row = rows(verify.loss(lambda z: (np.sum(z), z), z=Z))["the whole case"]
    assert row.verdict is Verdict.ERROR
    assert "a loss must be real" in row.evidence.detail


def test_wrong_number_of_gradients():
    """Complex inputs are counted as the code has them."""

    @verify.case(z=Z, w=Z)
    def case(z, w):
        yield z * w
        return (z,)

    assert "expected 2 gradients (z, w), got 1" in rows(case)["the whole case"].evidence.detail


def test_what_is_no_convention():
    """Another word than the two is refused when the case is made."""
    with pytest.raises(InputError, match="'torch'"):
        verify.pair(intensity, lambda d, z: 2 * d * z, z=Z, convention="wirtinger")


def test_domain_of_complex_inputs():
    """Bounds are those of both parts."""
    case = verify.pair(np.log, lambda d, z: d / np.conj(z), z=verify.complex("2", low=1, high=2))
    assert set(verdicts(case).values()) == {Verdict.PROVED}


def test_everything_on():
    """Contracts, regions and floats judge the real halves, and find nothing of a right layer."""
    result = verify.check(verify.layer(Layer, inputs={"z": Z}, params={"w": Z}))
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert not [finding for finding in result.findings if finding.fails]


@pytest.mark.parametrize("convention", ["torch", "jax"])
def test_the_convention_is_told(convention):
    """The report says which convention complex inputs and outputs are judged by, and nothing of it for real ones."""
    for case, is_complex in (
        (verify.pair(intensity, lambda d, z: d * z, z=Z, convention=convention), True),
        (verify.pair(np.fft.fft, lambda d, x: np.fft.fft(d).real, x="3", convention=convention), True),
        (verify.pair(np.square, lambda d, x: 2 * d * x, x="3", convention=convention), False),
    ):
        notes = [note for note in verify.check(case, quick=True).notes if "convention" in note]
        assert [f"convention={convention!r}" in note for note in notes] == [True] * is_complex


def test_the_name_of_a_real_input_makes_it_no_half():
    """A real input called `z.imag` is real: nothing is said of conventions, and it is no conjugate of anything."""

    @verify.case({"z.real": "2", "z.imag": "2"})
    def case(**parts):
        dout = yield parts["z.real"] * parts["z.imag"]
        return dout * parts["z.imag"], -dout * parts["z.real"]

    result = verify.check(case)
    assert not [note for note in result.notes if "convention" in note]
    assert {row.name: row.diagnosis for row in result.comparisons} == {"z.real": "", "z.imag": "the sign is wrong"}


def test_a_half_that_is_declared_beside_its_whole():
    """A complex input takes the names of its two halves, and another input by one of them is refused."""
    with pytest.raises(InputError, match=r"'z.real' is declared twice"):
        verify.case({"z.real": "2", "z": Z})(lambda **parts: None)
