"""What a run on a laptop takes when nobody names a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from secom_core.dataset import uci
from secom_core.dataset.download import Progress, download
from secom_core.dataset.sources import resolve
from secom_core.errors import SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A source for `load`, and why it is not real if nobody asked for that.

    Parameters
    ----------
    source : str
        What to give to `load`.
    notice : str, optional
        Set when the twin stands in for real data: show it so that nobody can overlook it.
    """

    source: str
    notice: str | None = None


def resolve_default(
    environ: Mapping[str, str],
    cache: Path,
    *,
    progress: Progress | None = None,
    address: str = uci.ADDRESS,
) -> Choice:
    """Choose SECOM_DATA if it is set, else the cache, else UCI, else the synthetic twin.

    Parameters
    ----------
    environ : mapping
        Of which SECOM_DATA is read; empty counts as not set.
    cache : Path
        Folder where a download is kept; afterwards `load` with the same folder needs no network.
    progress : callable, optional
        As for `load`.
    address : str
        Where to download from.

    Raises
    ------
    SourceError
        If SECOM_DATA is set and names nothing: what was asked for is never replaced.
    """
    named = environ.get("SECOM_DATA")
    if named:
        try:
            return Choice(source=resolve(named))
        except SourceError as error:
            message = f"SECOM_DATA={named}: {error} Unset it to have UCI's files downloaded."
            raise SourceError(message) from error
    try:
        download(address, cache, progress=progress)
    except SourceError as error:
        return Choice(source="synthetic", notice=_notice(error))
    return Choice(source=address)


def user_cache(environ: Mapping[str, str]) -> Path:
    """Return the folder for downloads: `secom` in XDG_CACHE_HOME, else in ~/.cache."""
    base = environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "secom"


def _notice(reason: SourceError) -> str:
    return (
        "SYNTHETIC DATA. There is no real data: SECOM_DATA is not set, and UCI's files are neither "
        "in the cache nor to be had from UCI.\n"
        f"{reason}\n"
        "A made-up twin stands in: whatever this run prints or makes says nothing about a real "
        "line, and never replaces a champion trained on real data.\n"
        "For a real run, set SECOM_DATA to a folder or .zip with UCI's files."
    )
