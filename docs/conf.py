"""How the documents are built: `make docs`, without network; every warning is an error."""

import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent), str(DOCS / "_extensions")]

import verify  # noqa: E402 - the checkout that these documents are of, not a version that is installed

project = "gradproof"
author = "The gradproof authors"
version = release = verify.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "command_options", "pictures"]
exclude_patterns = ["_extensions"]

nitpicky = True  # a link to nothing is a warning
nitpick_ignore_regex = [
    (r"py:.*", r"(collections|typing|types|fractions|numbers)\..*"),  # the standard library's documents are elsewhere
    (r"py:.*", r"(verify|fractions)\.(?!\w+$).*"),  # types of internal modules: named in signatures, not documented
]
default_role = "code"  # `name` in a docstring is code, as it is in Markdown
myst_heading_anchors = 4
myst_enable_extensions = ["deflist"]

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True  # defaults as they are written
maximum_signature_line_length = 88

html_theme = "furo"
html_title = "gradproof"
html_static_path = ["_static"]
html_css_files = ["gradproof.css"]
html_copy_source = False
html_show_copyright = False
smartquotes = False  # texts of codes and reasons have code in them, which can be copied as it is
