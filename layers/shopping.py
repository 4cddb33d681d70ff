"""The shopping graphs, wired by hand layer by layer: forward in order, backward in the reverse order."""

from __future__ import annotations

from collections.abc import Generator

import verify
from layers.arithmetic import AddLayer, MulLayer, Number

Shopping = Generator[dict[str, Number], Number, dict[str, Number]]

APPLES = """
apple_price = apple * apple_cnt
price = apple_price * tax
"""

APPLES_AND_ORANGES = """
apple_price = apple * apple_cnt
orange_price = orange * orange_cnt
total_price = apple_price + orange_price
price = total_price * tax
"""


@verify.case(APPLES, at={"apple": 100, "apple_cnt": 2, "tax": "1.1"}, name="apples, wired by hand")
def buy_apples(apple: Number, apple_cnt: Number, tax: Number) -> Shopping:
    """Buy some apples, and pay tax."""
    mul_apple, mul_tax = MulLayer(), MulLayer()

    apple_price = mul_apple.forward(apple, apple_cnt)
    price = mul_tax.forward(apple_price, tax)

    dprice = yield {"apple_price": apple_price, "price": price}

    dapple_price, dtax = mul_tax.backward(dprice)
    dapple, dapple_cnt = mul_apple.backward(dapple_price)
    return {"apple": dapple, "apple_cnt": dapple_cnt, "apple_price": dapple_price, "tax": dtax, "price": dprice}


@verify.case(
    APPLES_AND_ORANGES,
    at={"apple": 100, "apple_cnt": 2, "orange": 150, "orange_cnt": 3, "tax": "1.1"},
    name="apples and oranges, wired by hand",
)
def buy_apples_and_oranges(
    apple: Number, apple_cnt: Number, orange: Number, orange_cnt: Number, tax: Number
) -> Shopping:
    """Buy apples and oranges, and pay tax on both."""
    mul_apple, mul_orange, add_fruit, mul_tax = MulLayer(), MulLayer(), AddLayer(), MulLayer()

    apple_price = mul_apple.forward(apple, apple_cnt)
    orange_price = mul_orange.forward(orange, orange_cnt)
    total_price = add_fruit.forward(apple_price, orange_price)
    price = mul_tax.forward(total_price, tax)

    dprice = yield {
        "apple_price": apple_price,
        "orange_price": orange_price,
        "total_price": total_price,
        "price": price,
    }

    dtotal_price, dtax = mul_tax.backward(dprice)
    dapple_price, dorange_price = add_fruit.backward(dtotal_price)
    dorange, dorange_cnt = mul_orange.backward(dorange_price)
    dapple, dapple_cnt = mul_apple.backward(dapple_price)
    return {
        "apple": dapple,
        "apple_cnt": dapple_cnt,
        "apple_price": dapple_price,
        "orange": dorange,
        "orange_cnt": dorange_cnt,
        "orange_price": dorange_price,
        "total_price": dtotal_price,
        "tax": dtax,
        "price": dprice,
    }


def basket(n: int) -> verify.Case:
    """Return the case of a basket with n kinds of fruit and one tax: 2 n + 1 inputs."""
    fruits = tuple((f"fruit_{i}", f"fruit_cnt_{i}") for i in range(1, n + 1))
    at: dict[str, object] = {"tax": "1.1"}
    for i, (fruit, cnt) in enumerate(fruits, 1):
        at[fruit], at[cnt] = 50 + 10 * (i % 7), 1 + i % 5

    @verify.case(_basket_text(n), at=at, name=f"a basket of {n}")
    def buy(tax: Number, **amounts: Number) -> Shopping:
        muls, adds, mul_tax = [], [], MulLayer()

        total = 0
        for fruit, cnt in fruits:
            muls.append(MulLayer())
            price = muls[-1].forward(amounts[fruit], amounts[cnt])
            if len(muls) == 1:
                total = price
                continue
            adds.append(AddLayer())
            total = adds[-1].forward(total, price)

        dprice = yield {"price": mul_tax.forward(total, tax)}

        dtotal, dtax = mul_tax.backward(dprice)
        gradients = {"tax": dtax}
        for fruit, cnt in reversed(fruits):
            dtotal, dfruit_price = adds.pop().backward(dtotal) if adds else (None, dtotal)
            gradients[fruit], gradients[cnt] = muls.pop().backward(dfruit_price)
        return gradients

    return buy


def _basket_text(n: int) -> str:
    """Write the basket's expression, a running total on lines of its own."""
    lines = ["total_1 = fruit_1 * fruit_cnt_1"]
    lines += [f"total_{i} = total_{i - 1} + fruit_{i} * fruit_cnt_{i}" for i in range(2, n + 1)]
    return "\n".join([*lines, f"price = total_{n} * tax"])
