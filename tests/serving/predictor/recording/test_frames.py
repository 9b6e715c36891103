import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.predictor.recording.frames import read_frames, to_frame

PIECES = [b"first", b"2", b"the third one", bytes(300) + b"last"]
WHOLE = b"".join(map(to_frame, PIECES))


ENDS = np.cumsum([len(to_frame(piece)) for piece in PIECES])


def pieces_of(content):
    """Return the pieces as bytes."""
    return [bytes(piece) for piece in read_frames(content).pieces]


@pytest.mark.parametrize("n_zeros", [0, 1, 5000])
def test_pieces_are_read_as_they_were_written(n_zeros):
    """Whatever their size, in their order; a file may have been made longer than what is in it."""
    found = read_frames(WHOLE + bytes(n_zeros))

    assert [bytes(piece) for piece in found.pieces] == PIECES
    assert (found.n_spare, found.is_damaged) == (0, False)


@given(st.integers(0, len(WHOLE) - 1), st.sampled_from([0, 1, 5000]))
def test_what_is_cut_off_costs_the_last_piece_alone(length, n_zeros):
    """Who is killed while writing leaves whole frames and the beginning of one: no damage."""
    found = read_frames(WHOLE[:length] + bytes(n_zeros))

    n_whole = np.count_nonzero(length >= ENDS - 1)  # without its mark a piece is whole
    assert [bytes(piece) for piece in found.pieces] == PIECES[:n_whole]
    assert not found.is_damaged


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 7), st.sampled_from([0, 5000]))
def test_a_flipped_bit_is_damage_and_never_another_piece(place, bit, n_zeros):
    """What lies before it is read, and what is read is what was written."""
    damaged = bytearray(WHOLE + bytes(n_zeros))
    damaged[place] ^= 1 << bit

    found = read_frames(bytes(damaged))

    is_of_a_mark = place + 1 in ENDS  # which vouches for nothing that the checksum does not
    assert found.is_damaged or is_of_a_mark
    n_before = np.count_nonzero(place >= ENDS) if not is_of_a_mark else len(PIECES)
    assert [bytes(piece) for piece in found.pieces] == PIECES[:n_before]


def test_what_lies_behind_zeros_is_damage():
    """So a file looks of which the disk got the end and not the middle."""
    gap = WHOLE + bytes(64) + to_frame(b"behind")

    assert read_frames(gap).is_damaged
    assert pieces_of(gap) == PIECES
