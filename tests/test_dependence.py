"""What a wrong gradient depends on, beside what the exact one does, is told; so are entries that must be 0."""

import numpy as np
from effort import slow

import verify


def diagnoses(subject):
    return [row.diagnosis for row in verify.check(subject).comparisons if not row.good]


def gained(keep):
    @verify.case(x="2 3", weight="3")
    def subject(x, weight):
        dout = yield np.tanh(x * weight) * np.exp(x)
        slope = (1 - np.tanh(x * weight) ** 2) * np.exp(x)
        right = weight * slope + np.tanh(x * weight) * np.exp(x)
        return dout * (right if keep else 3 * np.exp(x) + x), (dout * slope * x).sum(axis=0)

    return diagnoses(subject)


@slow
def test_an_input_that_does_not_matter():
    """A gradient without the weight that the exact one has is told apart from a right one."""
    assert gained(keep=False) == ["it does not depend on weight, but the exact gradient does"]
    assert gained(keep=True) == []


def masked(mask_of_backward):
    mask = np.array([1, 0, 1])

    @verify.case(x="3")
    def subject(x):
        dout = yield np.sin(x) * mask
        return dout * np.cos(x) * mask_of_backward

    return diagnoses(subject)


def test_a_mask_that_backward_lacks():
    """Entries that must be 0 and are not are told of only where all others are right."""
    assert masked(1) == ["only entries that must be 0 are wrong: does backward lack a mask or a clip of forward?"]
    assert masked(np.array([1, 0, 1])) == []
    assert not any("must be 0" in text for text in masked(np.array([2, 1, 1])))


def running(sums):
    @verify.case(x="3")
    def subject(x):
        dout = yield np.cumsum(np.sin(x))
        return np.cos(x) * sums(dout)

    return diagnoses(subject)


def test_what_it_depends_on_too_much():
    """The backward of a running sum that adds all of the upstream depends on more."""
    assert running(lambda d: np.cumsum(d[::-1])[::-1]) == []
    (text,) = running(np.sum)
    assert text == "entry [1] depends on dout[0], but the exact gradient does not"


def test_an_input_of_a_linear_function():
    """A gradient that depends on the input of a linear function says so."""

    @verify.case(x="3")
    def subject(x):
        dout = yield x * 2
        return dout * np.sin(x)

    assert diagnoses(subject) == ["entry [0] depends on x[0], but the exact gradient does not"]


def of_two_outputs(backward):
    case = verify.pair(lambda x: (x**2, np.sin(x), x.copy()), backward, x="3")
    return diagnoses(case)


UNUSED = "{} is not used: the part of the gradient that comes from that output is missing"


def test_the_upstream_of_an_output_is_never_read():
    """The likely mistake names it, where all else is right."""
    assert of_two_outputs(lambda da, db, x: 2 * x * da) == [UNUSED.format("db")]
    assert of_two_outputs(lambda da, db, x: np.cos(x) * db) == [UNUSED.format("da")]
    assert of_two_outputs(lambda da, db, x: 2 * x * da + np.cos(x) * db) == []


def test_an_upstream_that_is_never_read_beside_another_mistake():
    """That it is not read is told of what else is wrong, too; one that is read in part is not called unread."""
    assert of_two_outputs(lambda da, db, x: 3 * x**2 * da) == ["it does not depend on db, but the exact gradient does"]
    (text,) = of_two_outputs(lambda da, db, x: 2 * x * da + np.cos(x) * db * np.array([1, 0, 1]))
    assert "not used" not in text
    assert "depend on" not in text
