"""The line that every test of the export starts from."""

import pytest

from tests.secom_core.export import forms


@pytest.fixture(scope="session")
def line() -> forms.Line:
    """A small line that has every difficulty of SECOM's readings."""
    return forms.small_line()
