"""What walks are worth, and what has to be paid from it."""

import math

import numpy as np

from verify.tape.security import MOST_WALKS, SECURITY, bits, price, walks_for


def test_a_walk_is_worth_less_for_a_larger_degree():
    """2**31 points are few for a degree of 2**20, and nothing for one beyond; no bound is worth nothing."""
    worth = bits(np.array([1.0, 2.0**20, 2.0**40, math.inf, math.nan]), np.zeros(5))
    assert worth.tolist() == [31, 11, 0, 0, 0]
    assert bits(np.array([1.0]), np.array([math.inf])).tolist() == [0]


def test_a_walk_is_worth_less_for_larger_coefficients():
    """As soon as one prime may divide them."""
    small, large = bits(np.array([1.0, 1.0]), np.array([29.0, 31.0]))
    assert small == 31
    assert large < 22
    small, large = bits(np.array([1.0, 1.0]), np.array([30.0, 31.0]), chained=False)
    assert small == 31
    assert 25 < large < 26


def test_walks_that_do_not_count_are_paid_for():
    """The more sets of walks there are that may have counted."""
    prices = price(10, np.array([10, 9, 5]))
    assert prices[0] < prices[1] < prices[2]
    assert prices[2] > math.log2(math.comb(10, 5))


def test_enough_walks_are_taken():
    """For all but those for which the most are not enough."""
    worth = np.array([31.0, 20.0, 3.0, 0.0])
    walks = walks_for(worth)
    assert walks <= MOST_WALKS
    assert walks * 20 - price(walks, np.array([walks]))[0] >= SECURITY
    assert walks_for(np.array([3.0, 0.0])) == 0
    assert walks_for(np.array([])) == 0
