"""Cases of a function and its gradients, as the tests of whole arrays have them."""

import verify


def case(forward, backward, shapes=None, **options):
    """Make a case of a function and its gradients, which have the output as well."""

    def subject(**inputs):
        y = forward(**inputs)
        dout = yield y
        return backward(dout, y, **inputs)

    return verify.case(shapes or {"x": "6"}, name="case", **options)(subject)
