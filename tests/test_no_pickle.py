"""Nothing that runs code on being read stands between training and serving."""

import ast
import bz2
import contextlib
import gzip
import io
import json
import lzma
import pickle
import pickletools
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import joblib
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
BANNED = frozenset(
    {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "skops", "torch"}
)
BANNED_CALLS = frozenset({"read_pickle", "to_pickle"})
SOURCES = sorted(
    path
    for package in ("secom_core", "components", "pipelines", "serving")
    for path in (ROOT / package).rglob("*.py")
)

UNPACK: tuple[Callable[[bytes], bytes], ...] = (
    zlib.decompress,
    gzip.decompress,
    bz2.decompress,
    lzma.decompress,
)


def is_pickle(content: bytes) -> bool:
    """Whether `content` is a pickle, plain, compressed or in a zip archive."""
    return bool(content) and (_is_plain_pickle(content) or any(map(is_pickle, _unpacked(content))))


def _is_plain_pickle(content: bytes) -> bool:
    # From protocol 2 on a pickle says so. joblib mixes arrays in, so that the rest may not parse.
    if content[:1] == pickle.PROTO and content[1:2] <= bytes([pickle.HIGHEST_PROTOCOL]):
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in what is no pickle's text
            *_, _last = pickletools.genops(content)
    except ValueError:
        return False
    return True


def _unpacked(content: bytes) -> Iterator[bytes]:
    for unpack in UNPACK:
        with contextlib.suppress(OSError, EOFError, zlib.error, lzma.LZMAError):
            yield unpack(content)
    with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield from (archive.read(name) for name in archive.namelist())


def banned(source: str) -> list[str]:
    """Return what `source` imports or calls that reads or writes pickles."""
    return [name for node in ast.walk(ast.parse(source)) for name in _banned_in(node)]


def _banned_in(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names if _is_banned(alias.name))
        case ast.ImportFrom(module=str(module), names=names):
            yield from (
                f"{module}.{alias.name}"
                for alias in names
                if _is_banned(module) or _is_banned(alias.name)
            )
        case ast.Attribute(attr=name) if name in BANNED_CALLS or _is_banned(name):
            yield name
        case ast.keyword(arg="allow_pickle" as name, value=value):
            if not (isinstance(value, ast.Constant) and value.value is False):
                yield name
        case ast.Call(args=[ast.Constant(value=str(module)), *_]) if _is_banned(module):
            yield module  # import_module("pickle") and its like


def _is_banned(module: str) -> bool:
    return module.partition(".")[0] in BANNED


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_source_neither_imports_nor_calls_pickle(path):
    """No module of the project reads or writes pickles, by whatever library."""
    assert banned(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import os, joblib.memory as memory",
        "from skops.io import load",
        "from sklearn.externals import joblib",
        "def body():\n    import cloudpickle",
        "importlib.import_module('torch')",
        "__import__('pickle')",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=trusted)",
        "pandas.read_pickle(path)",
        "frame.to_pickle(path)",
        "sklearn.utils.joblib.dump(model, path)",
    ],
)
def test_pickle_in_source_is_noticed(source):
    """Each way to a pickle that somebody might take is found."""
    assert banned(source)


def test_honest_source_passes():
    """Reading an array while refusing pickles is no offence, and neither is the word in a text."""
    assert banned("np.load(path, allow_pickle=False)\nmessage = 'a pickle'") == []


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("pack", [bytes, zlib.compress, gzip.compress, bz2.compress, lzma.compress])
def test_pickle_is_recognised(protocol, pack):
    """A pickle is known for what it is in every protocol and under every compression."""
    assert is_pickle(pack(pickle.dumps({"risk": [0.5]}, protocol=protocol)))


@pytest.mark.parametrize("compress", [0, 3])
def test_joblib_file_is_recognised(tmp_path, compress):
    """A file of joblib's is a pickle with arrays in between."""
    joblib.dump({"weights": np.zeros(100)}, tmp_path / "model", compress=compress)

    assert is_pickle((tmp_path / "model").read_bytes())


def test_pickle_in_archive_is_recognised():
    """A zip archive with a pickle in it, as PyTorch and skops write, counts as one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data.pkl", pickle.dumps([0.5]))

    assert is_pickle(buffer.getvalue())


@pytest.mark.parametrize(
    "content",
    [b"", json.dumps({"risk": 0.5}).encode(), b"# Model card\n", b"PAR1", zlib.compress(b"{}")],
)
def test_other_content_is_no_pickle(content):
    """Text, JSON and Parquet are not mistaken for pickles."""
    assert not is_pickle(content)
