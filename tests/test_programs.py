import pytest

from tests.programs import program


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A folder that is the whole PATH, on a developer's machine."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    return tmp_path


def test_program_is_found(machine):
    """A program on the PATH is used from where it is."""
    chromium = machine / "chromium"
    chromium.touch(mode=0o755)

    assert program("chromium") == chromium


@pytest.mark.usefixtures("machine")
def test_without_program_test_is_not_run():
    """A developer who lacks a program is told which check was not run."""
    with pytest.raises(pytest.skip.Exception, match="not run: chromium is not on the PATH"):
        program("chromium")


@pytest.mark.usefixtures("machine")
def test_without_program_ci_fails(monkeypatch):
    """Continuous integration never passes for lack of a program."""
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="not run: chromium is not on the PATH"):
        program("chromium")
