"""The inspection list as a page to print and take to the line: one file, opens offline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template

from serving.predictor.batch.listing import Listed, Mover
from serving.predictor.batch.summaries import Summary

_STYLE = Path(__file__).with_name("page.css")

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Units to inspect</title>
<style>
$style</style>
</head>
<body>
$banner<h1>Units to inspect</h1>
<p class="muted">From $files, ranked by their risk of failing final test.</p>
<dl>
<div><dt>units scored</dt><dd>$scored</dd></div>
<div><dt>flagged, $rate of them (risk of at least $threshold)</dt><dd>$flagged</dd></div>
<div><dt>inspection capacity, $share of them</dt><dd>$capacity</dd></div>
<div><dt>rejected, see rejects.csv</dt><dd>$rejects</dd></div>
</dl>
<p>$advice</p>
<p class="muted">A sensor is high or low against its median in the window that the bundle was
fitted on; the number is the change of risk that its reading makes, in percentage points. Sensors
are anonymous: they say where to look, not what is wrong. A process engineer decides.</p>
<div class="scroll"><table>
<thead><tr><th class="n">rank</th><th>done</th><th>unit</th><th class="n">risk</th><th></th>
<th>sensors that moved the risk most</th></tr></thead>
<tbody>
$rows</tbody>
</table></div>
<p class="muted">$rest</p>
<p class="muted">Bundle <code>$digest</code> ($family)$run.</p>
</body>
</html>
""")

_BANNER = """<p class="synthetic"><strong>NOT A REAL LINE.</strong> The bundle was trained on \
the synthetic twin; this list says nothing about real units.</p>
"""

_SHOWN = 80
_TAG = '<span class="tag">flagged</span>'


def inspection_page(listed: Sequence[Listed], summary: Summary) -> str:
    """Return the page.

    Parameters
    ----------
    listed : sequence of Listed
        The riskiest units, the largest risk first.
    summary : Summary
        Of the job.
    """
    hidden = summary.n_scored - len(listed)
    return _PAGE.substitute(
        style=_STYLE.read_text(encoding="utf-8"),
        banner=_BANNER if summary.is_synthetic else "",
        files=_files(summary),
        scored=f"{summary.n_scored:,}",
        flagged=f"{summary.n_flagged:,}",
        rate=f"{summary.inspection_rate:.1%}",
        threshold=f"{summary.threshold:.2%}",
        share=f"{summary.max_inspection_rate:.1%}",
        capacity=f"{summary.capacity:,}",
        rejects=f"{summary.n_rejects:,}",
        advice=_advice(summary, len(listed)),
        rows="".join(_rows(listed, summary)),
        rest=f"{hidden:,} more units of lower risk are not listed here; parts/ has them all."
        if hidden
        else "All units that were scored are listed.",
        digest=summary.bundle_digest,
        family=escape(summary.family),
        run=f", made by run <code>{escape(summary.run_id)}</code>" if summary.run_id else "",
    )


def _files(summary: Summary) -> str:
    first, *more = summary.files
    return escape(first) + (f" and {len(more)} more files" if more else "")


def _advice(summary: Summary, n_listed: int) -> str:
    excess = summary.n_flagged - summary.capacity
    if excess > 0:
        advice = (
            f"More units are flagged than inspection can take, by {excess:,}: begin at the top and "
            "stop at the capacity line."
        )
    else:
        advice = "Inspection can take every flagged unit."
    if summary.capacity > n_listed:
        advice += f" The capacity line comes after {summary.capacity:,} units, below this list."
    return advice


def _rows(listed: Sequence[Listed], summary: Summary) -> Iterator[str]:
    for rank, unit in enumerate(listed, 1):
        yield _row(rank, unit)
        if rank == summary.capacity:
            yield (
                f'<tr class="capacity"><td colspan="6">Inspection capacity ends here: '
                f"{summary.max_inspection_rate:.1%} of {summary.n_scored:,} units</td></tr>\n"
            )


def _row(rank: int, unit: Listed) -> str:
    place = f"{unit.file}, line {unit.line}"
    lines = [unit.unit_id, unit.measured_at, place] if unit.unit_id else [place, unit.measured_at]
    first, *more = (escape(_shortened(line)) for line in lines if line)
    small = "".join(f"<small>{line}</small>" for line in more)
    row, tag = (' class="flagged"', _TAG) if unit.flagged else ("", "")
    return (
        f'<tr{row}><td class="n">{rank}</td><td><span class="box"></span></td>'
        f'<td class="unit">{first}{small}</td><td class="n risk">{unit.risk:.2%}</td>'
        f"<td>{tag}</td><td><ul>{''.join(map(_mover, unit.movers))}</ul></td></tr>\n"
    )


def _mover(mover: Mover) -> str:
    side = "raises" if mover.effect > 0 else "lowers"
    return (
        f'<li class="{side}">{escape(mover.sensor)} {mover.direction} '
        f"<b>{100 * mover.effect:+.2f}</b></li>".replace("<b>-", "<b>−")
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
