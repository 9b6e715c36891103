"""UCI's archive over https: resumed where it broke off, checked against pinned digests, kept."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPMessage
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from secom_core.dataset.files import read_zip
from secom_core.dataset.uci import SHA256
from secom_core.errors import DataError, SourceError

Progress = Callable[[int, int], None]
"""Takes the bytes that are here and the bytes expected in all (0 if the server does not say)."""

_KEPT = "secom.zip"
_MAX_BYTES = 64 * 2**20  # UCI's archive has 2 MB
_CHUNK_BYTES = 2**16
_TIMEOUT_SECONDS = 20


def cached(folder: Path, sha256: Mapping[str, str] = SHA256) -> dict[str, bytes] | None:
    """Return the two files from the cache, or None if it does not hold them unharmed."""
    try:
        return _verified(folder / _KEPT, sha256)
    except DataError:
        return None


def download(
    address: str,
    folder: Path,
    *,
    progress: Progress | None = None,
    sha256: Mapping[str, str] = SHA256,
) -> dict[str, bytes]:
    """Return both of UCI's files by name, from the cache or else from an https address.

    Parameters
    ----------
    address : str
        Of UCI's archive or a mirror of it. Proxy and certificate settings of the environment
        (`https_proxy`, `SSL_CERT_FILE`) are honoured.
    folder : Path
        Cache. What has arrived stays there when the connection breaks, and the rest is fetched
        by this or a later call.
    progress : callable, optional
        Called after each piece.
    sha256 : mapping of str to str
        Expected digest of each file by name.

    Raises
    ------
    SourceError
        If the address cannot be reached, is not https, or serves anything but UCI's two files.
    """
    kept = cached(folder, sha256)
    if kept:
        return kept
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            return cached(folder, sha256) or _download(address, folder, progress, sha256)
    except OSError as error:
        message = f"cannot keep UCI's archive in {folder}: {error}. Make room, or take another one."
        raise SourceError(message) from error


def shown(address: str) -> str:
    """Return `address` without user, password and query, which may be secret."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time write to the cache."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _download(
    address: str, folder: Path, progress: Progress | None, sha256: Mapping[str, str]
) -> dict[str, bytes]:
    part = folder / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.part"
    while True:
        is_resumed = part.exists()
        _complete(address, part, progress)
        try:
            files = _verified(part, sha256)
        except DataError as error:
            part.unlink(missing_ok=True)
            if is_resumed:  # its beginning may be another file's: once more, from the start
                continue
            message = f"{shown(address)} does not serve UCI's SECOM files: {error}"
            raise SourceError(message) from error
        part.replace(folder / _KEPT)
        return files


def _complete(address: str, part: Path, progress: Progress | None) -> None:
    """Go on until all is here; an attempt that brings nothing new is the last."""
    most = _size(part)
    while True:
        try:
            return _fetch_rest(address, part, progress)
        except (OSError, http.client.HTTPException) as error:
            if _size(part) > most:
                most = _size(part)
                continue
            # urllib wraps what went wrong, except an answer such as 404, which says it all itself.
            reason = error.reason if type(error) is urllib.error.URLError else error
            message = (
                f"cannot download {shown(address)}: {reason}. Check the network (https_proxy and "
                "SSL_CERT_FILE are honoured), or name a folder or .zip that holds UCI's files. "
                f"{most} bytes are kept; the next attempt goes on from there."
            )
            raise SourceError(message) from error


def _fetch_rest(address: str, part: Path, progress: Progress | None) -> None:
    n_kept = _size(part)
    headers = {"User-Agent": "secom"} | ({"Range": f"bytes={n_kept}-"} if n_kept else {})
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 - https, says `load`
    try:
        response = urllib.request.build_opener(_HttpsOnly).open(request, timeout=_TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                return  # nothing is left to fetch, or the part is another file's: the digests tell
            raise
    with response:
        is_rest = response.status == http.client.PARTIAL_CONTENT
        with part.open("ab" if is_rest else "wb") as file:
            _receive(response, file, n_kept if is_rest else 0, progress)


def _receive(
    response: http.client.HTTPResponse, file: IO[bytes], n_bytes: int, progress: Progress | None
) -> None:
    length = int(response.headers.get("Content-Length", 0))
    n_expected = n_bytes + length if length else 0
    while piece := response.read1(_CHUNK_BYTES):
        n_bytes += file.write(piece)
        if n_bytes > _MAX_BYTES:
            file.truncate(0)
            message = f"{response.url} sends more than {_MAX_BYTES} bytes: this is not SECOM."
            raise SourceError(message)
        if progress:
            progress(n_bytes, n_expected)
    if n_bytes < n_expected:
        message = f"the connection closed after {n_bytes} of {n_expected} bytes"
        raise ConnectionError(message)


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme != "https":
            message = f"it redirects to {shown(newurl)}, which is not https"
            raise urllib.error.URLError(message)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _verified(path: Path, sha256: Mapping[str, str]) -> dict[str, bytes]:
    files = read_zip(path)
    for name, content in files.items():
        digest = hashlib.sha256(content).hexdigest()
        if digest != sha256[name]:
            message = f"{name} has sha256 {digest}, expected UCI's {sha256[name]}."
            raise SourceError(message)
    return files


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
