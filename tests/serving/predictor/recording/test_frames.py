from hypothesis import given
from hypothesis import strategies as st

from serving.predictor.recording.frames import read_frames, to_frame

PIECES = [b"first", b"", b"the third one", bytes(300)]
WHOLE = b"".join(map(to_frame, PIECES))


def pieces_of(content):
    """Return the pieces as bytes."""
    return [bytes(piece) for piece in read_frames(content).pieces]


def test_pieces_are_read_as_they_were_written():
    """Whatever their size, in their order, with nothing left."""
    found = read_frames(WHOLE)

    assert [bytes(piece) for piece in found.pieces] == PIECES
    assert (found.n_spare, found.is_damaged) == (0, False)


@given(st.integers(0, len(WHOLE) - 1))
def test_what_is_cut_off_costs_the_last_piece_alone(length):
    """Who is killed while writing leaves whole frames and the beginning of one: no damage."""
    found = read_frames(WHOLE[:length])

    assert [bytes(piece) for piece in found.pieces] == PIECES[: len(found.pieces)]
    assert not found.is_damaged
    assert found.n_spare == length - sum(12 + len(piece) for piece in found.pieces)


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_damage_and_never_another_piece(place, bit):
    """What lies before it is read, and what is read is what was written."""
    damaged = bytearray(WHOLE)
    damaged[place] ^= 1 << bit

    found = read_frames(bytes(damaged))

    assert found.is_damaged
    assert [bytes(piece) for piece in found.pieces] == PIECES[: len(found.pieces)]


def test_zeros_behind_the_last_frame_are_damage():
    """So a file looks whose end the disk never got."""
    assert read_frames(WHOLE + bytes(64)).is_damaged
    assert pieces_of(WHOLE + bytes(64)) == PIECES
