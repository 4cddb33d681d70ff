"""Markup that escapes everything: what SVG and MathML are written with."""

from __future__ import annotations

import html
import re
from typing import NewType

Markup = NewType("Markup", str)  # text that may stand in a page as it is: made here only

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML, not even escaped


def tag(name: str, *children: Markup, **attributes: object) -> Markup:
    """Return an element; an underscore in the name of an attribute is a hyphen, or at its end nothing."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(_number(value))}"'
        for key, value in attributes.items()
        if value not in ("", None)
    )
    return Markup(f"<{name}{written}>{''.join(children)}</{name}>" if children else f"<{name}{written}/>")


def text(content: object) -> Markup:
    """Return a text as markup."""
    plain = str(content)
    return Markup(html.escape(plain if plain.isprintable() else _FORBIDDEN.sub("\ufffd", plain)))


def breakable(path: str) -> Markup:
    """Return a path as markup that may go on in the next line after each slash."""
    return Markup(text(path).replace("/", "/<wbr>"))


def joined(*parts: Markup) -> Markup:
    """Return markup after markup."""
    return Markup("".join(parts))


def _number(value: object) -> object:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value
