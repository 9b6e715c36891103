import pytest

from serving.predictor.batch.places import Folder


@pytest.fixture
def folder(tmp_path):
    """A place with one file."""
    folder = Folder(tmp_path / "out")
    folder.write("parts/a", [b"first"])
    return folder


def test_file_is_read_as_it_was_written(folder):
    """A file lies under its name, in a folder that was made for it."""
    assert folder.read("parts/a") == b"first"
    assert folder.names() == {"parts/a"}


def test_whoever_reads_sees_one_file(folder):
    """A file that is written again is another file: nobody reads half of each."""
    with (folder.path / "parts/a").open("rb") as reader:
        folder.write("parts/a", [b"second"])

        assert reader.read() == b"first"
    assert folder.read("parts/a") == b"second"


def test_half_a_file_is_none(folder):
    """What could not be written to its end is not there, and what was there before is."""

    def chunks():
        yield b"sec"
        message = "the part before was damaged"
        raise LookupError(message)

    with pytest.raises(LookupError):
        folder.write("parts/a", chunks())
    with pytest.raises(LookupError):
        folder.write("parts/b", chunks())

    assert folder.names() == {"parts/a"}
    assert folder.read("parts/a") == b"first"
