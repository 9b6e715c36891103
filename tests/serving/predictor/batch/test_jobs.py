import json
from dataclasses import replace

import pytest
from pyarrow import parquet

from secom_core.errors import BundleError, ConfigError, FormatError, SourceError


@pytest.fixture
def source(named, tmp_path):
    """A folder with two files of units, and others beside them."""
    folder = tmp_path / "in"
    folder.mkdir()
    parquet.write_table(named[:200], folder / "b.parquet")
    parquet.write_table(named[200:], folder / "a.parquet")
    for name in ("README.md", "secom_labels.data", "_SUCCESS", ".hidden.csv"):
        (folder / name).write_text("no units")
    return folder


def contents(folder):
    """Every file of a job but for its lock."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_folder_is_read_file_by_file(predict, risks, source):
    """Files come in the order of their names; what else lies there is named, and not read."""
    summary = predict(source)

    assert summary.files == ("a.parquet", "b.parquet")
    assert summary.set_aside == (".hidden.csv", "README.md", "_SUCCESS", "secom_labels.data")
    assert risks()["file"].to_pylist() == ["a.parquet"] * 300 + ["b.parquet"] * 200


def test_two_runs_leave_the_same_bytes(predict, source, tmp_path):
    """Neither the clock nor the number of cores is in the results."""
    predict(source, output=tmp_path / "one", n_workers=1)
    predict(source, output=tmp_path / "two", n_workers=3)

    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_finished_job_is_not_done_again(predict, source, tmp_path):
    """The same command again finds every part there, and gives the same summary."""
    first = predict(source)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out/parts").iterdir()}

    again = predict(source)

    assert again == first
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_damaged_part_is_made_anew(predict, source, tmp_path):
    """A part that was cut, by a full disk say, is not taken for one."""
    predict(source)
    whole = contents(tmp_path / "out")
    part = tmp_path / "out/parts/part-00001.parquet"
    part.write_bytes(part.read_bytes()[:100])

    predict(source)

    assert contents(tmp_path / "out") == whole


def test_job_of_another_bundle_is_not_continued(predict, source, served):
    """Risks of two bundles never lie in one output."""
    predict(source)

    with pytest.raises(
        ConfigError, match=f"job of bundle {served.digest[:12]}, and this bundle is 0"
    ):
        predict(source, bundle=replace(served, digest="0" * 64))


CHANGES = {
    "another file": lambda folder, table: parquet.write_table(table, folder / "c.parquet"),
    "a file less": lambda folder, _: (folder / "b.parquet").unlink(),
    "a file written anew": lambda folder, table: parquet.write_table(table, folder / "b.parquet"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_job_on_another_input_is_not_continued(change, predict, source, named):
    """What has come, gone or changed since the job began is named."""
    predict(source)
    change(source, named[:10])

    with pytest.raises(
        ConfigError, match=r"another input: [bc]\.parquet has come, gone or changed"
    ):
        predict(source)


def test_strange_output_is_left_alone(predict, source, tmp_path):
    """A folder with something else in it is refused, and stays as it was."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.tex").write_text("chapter 1")

    with pytest.raises(ConfigError, match=r"out is not empty: it holds thesis\.tex"):
        predict(source)

    assert contents(tmp_path / "out") == {"thesis.tex": b"chapter 1"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: "{",
        lambda text: json.dumps(json.loads(text) | {"format": "secom.job/9"}),
        lambda _: json.dumps({"format": "secom.job/1"}),
        lambda text: json.dumps(json.loads(text) | {"tasks": [{"file": "a"}]}),
    ],
    ids=["cut", "of another version", "fields missing", "half a task"],
)
def test_unreadable_job_is_refused(damage, predict, source, tmp_path):
    """Whoever damaged job.json learns that it is job.json."""
    predict(source)
    path = tmp_path / "out/job.json"
    path.write_text(damage(path.read_text()))

    with pytest.raises(ConfigError, match=r"job\.json in .* is not a job of this version"):
        predict(source)


def test_output_that_cannot_be_written_is_named(predict, source, tmp_path):
    """A file where the folder should be is no place for results."""
    (tmp_path / "out").write_text("a file")

    with pytest.raises(ConfigError, match=r"cannot write or read in .*out: "):
        predict(source)


def test_output_is_one_prefix_of_a_bucket(predict, source):
    """A whole bucket is no output."""
    with pytest.raises(ConfigError, match="s3://bucket/prefix, got 's3://bucket'"):
        predict(source, output="s3://bucket")


def test_two_processes_do_not_do_one_job(predict, source, tmp_path):
    """While one writes, another that wants the same output is sent away."""
    out = tmp_path / "out"
    tries = []

    def again(_done, _total):
        if not tries:
            tries.append("tried")
            with pytest.raises(ConfigError, match="another process is writing to"):
                predict(source, output=out)

    predict(source, output=out, progress=again)

    assert tries


EMPTY = {
    "an empty file": (lambda path, _: path.write_bytes(b""), FormatError, r"in\.csv is empty"),
    "only a header": (
        lambda path, header: path.write_text(header),
        SourceError,
        "holds no units, only the names of columns",
    ),
    "an empty folder": (lambda path, _: path.mkdir(), SourceError, "holds nothing to score"),
    "nothing at all": (lambda _p, _h: None, SourceError, "cannot read .*: No such file"),
}


@pytest.mark.parametrize(("make", "error", "said"), EMPTY.values(), ids=EMPTY)
def test_nothing_to_score_is_an_error(make, error, said, predict, header, tmp_path):
    """A job without units is a mistake somewhere, and no empty success."""
    make(tmp_path / "in.csv", header)

    with pytest.raises(error, match=said):
        predict(tmp_path / "in.csv")

    assert not (tmp_path / "out").exists()


def test_parquet_without_rows_is_an_error(predict, named, tmp_path):
    """Columns alone are no units."""
    parquet.write_table(named[:0], tmp_path / "in.parquet")

    with pytest.raises(SourceError, match="holds no units"):
        predict(tmp_path / "in.parquet")


def test_bundle_that_answers_otherwise_here_scores_nothing(predict, source, served, tmp_path):
    """The golden requests are asked before the first unit."""
    wrong = replace(served.golden, risk=served.golden.risk + 1e-6)

    with pytest.raises(BundleError, match="golden"):
        predict(source, bundle=replace(served, golden=wrong))

    assert not (tmp_path / "out").exists()


def test_unwanted_rejects_are_an_empty_list(predict, source, tmp_path):
    """There is always a rejects file, so that nobody wonders."""
    predict(source)

    assert (tmp_path / "out/rejects.csv").read_text() == "file,line,unit_id,fault,reason\n"


def test_summary_is_written_down(predict, source, served, tmp_path):
    """What the command prints lies in the output too, with who judged."""
    summary = predict(source)

    written = json.loads((tmp_path / "out/summary.json").read_text())
    assert written["bundle_digest"] == served.digest
    assert (written["n_scored"], written["n_flagged"]) == (500, summary.n_flagged)
    assert written["capacity"] == 100
    assert written["inspection_rate"] == summary.n_flagged / 500
    assert f"{summary.n_flagged}" in summary.to_text()
