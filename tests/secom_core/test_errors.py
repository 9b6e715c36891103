import inspect
import re

import pytest

from secom_core import errors

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]


def drawn():
    """Name and parent of each error in the tree that heads the module."""
    branch = {}
    for line in errors.__doc__.splitlines():
        if found := re.match(r"    ((?:[│ ]   )*)(?:[├└]── )?(\w+Error)\b", line):
            depth = len(line[4:]) - len(line[4:].lstrip("│ ├└─"))
            branch[depth] = found[2]
            yield found[2], branch.get(depth - 4)


def test_tree_in_the_docstring_is_the_tree_in_the_code():
    """Who reads the head of the module knows every error and its parent."""
    real = {kind.__name__: kind.__bases__[0].__name__ for kind in KINDS}

    assert dict(drawn()) == real | {"SecomError": None}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_is_the_callers_to_mend(kind):
    """One base for all, so that the command line and the server catch one."""
    assert issubclass(kind, errors.SecomError)
