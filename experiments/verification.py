"""Verification: every row of `experiments.docking` put to the model, and the report on it.

The report is one folder: the table as CSV, as Markdown and as a page that needs nothing else, and
the figures that show four of the laws.
"""

import base64
import html
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from experiments import provenance, results
from experiments.docking import SECTIONS, Row, all_rows, run_rows
from experiments.docking.limits import SWITCHES
from experiments.docking.play import shipped
from experiments.docking.row import KINDS
from sim.errors import InputError

DEFAULT_FOLDER = Path("results") / "verify"
TITLE = "Winset held against theory"
FIGURES = {
    "kappa-law": "Breakdown follows the kappa-law of public commitment (rows E5).",
    "iida": "Who knows the legislature decides where talks break down (rows D3).",
    "schelling": "Hands tied at home: a better price, until there is none (rows D2).",
    "deadline": "Deals gather at the deadline if both sides concede slowly (rows F4).",
}


def chosen_rows(prefix: str = "") -> list[Row]:
    """The rows whose ID starts so.

    Raises
    ------
    InputError
        Where there are none.
    """
    rows = [row for row in all_rows() if row.id.startswith(prefix)]
    if not rows:
        raise InputError(f"--rows is {prefix!r}; no row's ID starts so (E5, D6.quorum, ...)")
    return rows


def verify(
    folder: Path, *, fast: bool = False, prefix: str = "",
    progress: Callable[[int], object] | None = None, threads: int | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Run the rows and write the report; the figures only where no prefix narrows it.

    Returns the table of the report, one line a row. Raises as `chosen_rows` and `require_writable`
    do, before any row is played.
    """
    rows = chosen_rows(prefix)
    require_writable(folder)
    table = run_rows(rows, fast, progress, threads=threads or os.cpu_count() or 1)
    manifest = make_manifest(fast, prefix)
    write_report(folder, table, manifest, [])  # what took minutes is safe before anything is drawn
    if not prefix:
        pictures = draw(folder, manifest, 4000 if fast else 20_000)
        results.write_text(folder / "report.html", as_page(table, manifest, pictures))
    return table


def require_writable(folder: Path) -> None:
    """Refuse a folder that cannot be written to before minutes are spent on rows.

    Raises
    ------
    results.ResultsError
        Where it cannot.
    """
    trial = folder / ".report"
    results.write_text(trial, "")
    trial.unlink()


def make_manifest(fast: bool, prefix: str) -> dict[str, Any]:
    """The provenance of a report."""
    return {
        "study": "verification", "case": shipped().name, "case_digest": shipped().digest,
        "seed": "one a row", "fast": fast, "rows": prefix, "model": provenance.model_fingerprint(),
        "commit": provenance.commit(), "versions": provenance.versions(),
    }  # fmt: skip


def draw(folder: Path, manifest: dict[str, Any], n: int) -> list[Path]:
    """The figures, as PNG and SVG; returns the PNGs."""
    from experiments import figures, figures_theory

    made = {
        "kappa-law": figures_theory.kappa_figure, "iida": figures_theory.iida_figure,
        "schelling": figures_theory.schelling_figure, "deadline": figures_theory.deadline_figure,
    }  # fmt: skip
    pictures = []
    for name, figure in made.items():
        about = manifest | {"figure": name, "replicates": n, "seed": figures_theory.SEED}
        stem = folder / "figures" / name
        pictures.append(figures.save(figure(n, about), stem, about, ("png", "svg"))[0])
    return pictures


def counts(table: pd.DataFrame) -> dict[str, int]:
    """How many rows passed, failed and were skipped."""
    return {name: table["verdict"].tolist().count(name) for name in ("pass", "fail", "skipped")}


def summary(table: pd.DataFrame) -> str:
    """The counts in a sentence."""
    found = counts(table)
    return (
        f"{len(table)} rows: {found['pass']} hold, {found['fail']} fail, {found['skipped']} skipped"
    )


def write_report(
    folder: Path, table: pd.DataFrame, manifest: dict[str, Any], pictures: Sequence[Path]
) -> None:
    """Write report.csv, report.md and report.html, each whole or not at all."""
    exact = table.assign(
        expected=table["expected"].map(plain_value), got=table["got"].map(plain_value)
    )
    results.write_table(folder / "report.csv", exact)
    results.write_text(folder / "report.md", as_markdown(table, manifest))
    results.write_text(folder / "report.html", as_page(table, manifest, pictures))
    results.write_json(folder / "manifest.json", manifest | counts(table))


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The lines of a table, by the names of its columns."""
    names = [str(name) for name in table.columns]
    return [dict(zip(names, line, strict=True)) for line in table.itertuples(index=False)]


def plain_value(value: Any) -> str:
    """A number, or several, as text that reads back to ten digits."""
    numbers = value if isinstance(value, tuple) else (value,)
    return " ".join(f"{number:.10g}" for number in numbers)


def shown(value: Any) -> str:
    """A number, or several, as a reader wants it: six digits."""
    numbers = value if isinstance(value, tuple) else (value,)
    words = ["-" if math.isnan(number) else f"{number + 0.0:.6g}" for number in numbers]
    return ", ".join(words[:8]) + (", ..." if len(words) > 8 else "")


def _got(line: Any) -> str:
    """What came out, and what the row adds to it; a row that does not hold says that elsewhere."""
    more = f" ({line['reason']})" if line["reason"] and line["verdict"] == "pass" else ""
    return shown(line["got"]) + more


def criterion(line: Any) -> str:
    """By what a row was judged."""
    value = float(line["tolerance or p-value"])
    if line["verdict"] == "skipped" or math.isnan(value):
        return "-"
    if line["kind"] == "S":
        return "> 0"
    if line["kind"] == "P":
        exact = not isinstance(line["expected"], tuple) and line["expected"] in (0.0, 1.0)
        return "no exception" if exact else f"p = {value:.2g}"
    return f"{'at most + ' if line['kind'] == 'R' else '± '}{value:g}" if value else "exact"


def _lines(table: pd.DataFrame) -> list[tuple[str, list[list[str]]]]:
    """The report's lines by section."""
    parts = []
    for letter, title in SECTIONS.items():
        lines = [
            [
                line["ID"], line["statement"], line["source"], line["limit"], line["engine"],
                "> 0" if line["kind"] == "S" else shown(line["expected"]), _got(line),
                f"{line['n']:,}" if line["n"] else "-", criterion(line),
                line["verdict"] + (f": {line['reason']}" if line["verdict"] != "pass" else ""),
            ]
            for line in _records(table)
            if line["ID"].startswith(letter)
        ]  # fmt: skip
        if lines:
            parts.append((f"{letter}. {title}", lines))
    return parts


WIDTHS = {  # of a line, per cent
    "ID": 10, "statement": 15, "source": 11, "limit": 27, "engine": 6, "expected": 7, "got": 9,
    "n": 5, "criterion": 5, "verdict": 5,
}  # fmt: skip
HEADINGS = tuple(WIDTHS)
NUMBERS = ("expected", "got", "n")


def _provenance(manifest: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    length = "fast run: at most 60,000 negotiations a row" if manifest["fast"] else "full run"
    return f"{provenance.one_line(manifest)} · model {manifest['model']} · {length} · {versions}"


def as_markdown(table: pd.DataFrame, manifest: dict[str, Any]) -> str:
    """The report as Markdown."""
    out = [f"# {TITLE}", "", f"{summary(table)}.", "", _provenance(manifest), ""]
    for title, lines in _lines(table):
        out += [f"## {title}", "", f"| {' | '.join(HEADINGS)} |", "|---" * len(HEADINGS) + "|"]
        out += [f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines]
        out.append("")
    out += ["## The Limit", ""]
    out += [f"- {name} = {value:g}: {words}" for name, value, words in SWITCHES]
    return "\n".join(out) + "\n"


STYLE = """
body { font: 15px/1.45 Georgia, serif; max-width: 78rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
h1 { font-size: 1.7rem } h2 { font-size: 1.2rem; margin-top: 2.2rem }
table { border-collapse: collapse; table-layout: fixed; width: 100%; font: 11px/1.35 system-ui, sans-serif }
th, td { text-align: left; vertical-align: top; padding: .25rem .4rem; border-bottom: 1px solid #ddd;
  overflow-wrap: anywhere }
th { border-bottom: 2px solid #444; position: sticky; top: 0; background: #fff }
td.number { font-variant-numeric: tabular-nums }
tr.fail td { background: #fbe3e4; font-weight: bold } tr.skipped td { color: #777 }
.counts { font: 1.05rem system-ui, sans-serif } .provenance { font: 11px system-ui, sans-serif; color: #555 }
.figures { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem }
figure { margin: 0; break-inside: avoid } figure img { width: 100% }
figcaption { font: 13px system-ui, sans-serif; color: #333 }
@media print { @page { size: A4 landscape; margin: 12mm } body { margin: 0; max-width: none }
  table { font-size: 8px } tr { break-inside: avoid } th { position: static } thead { display: table-header-group } }
"""  # noqa: E501


def as_page(table: pd.DataFrame, manifest: dict[str, Any], pictures: Sequence[Path]) -> str:
    """The report as a page that needs nothing else, on screen and on paper."""
    body = [
        f"<h1>{TITLE}</h1>", f"<p class=counts><b>{html.escape(summary(table))}.</b></p>",
        f"<p class=provenance>{html.escape(_provenance(manifest))}</p>", _legend(table),
    ]  # fmt: skip
    body.append("<div class=figures>")
    for picture in pictures:
        image = base64.b64encode(picture.read_bytes()).decode()
        words = html.escape(FIGURES[picture.stem])
        body.append(
            f'<figure><img alt="{words}" src="data:image/png;base64,{image}">'
            f"<figcaption>{words}</figcaption></figure>"
        )
    body.append("</div>")
    body += [_section(title, lines) for title, lines in _lines(table)]
    switches = "".join(
        f"<li><code>{html.escape(name)} = {value:g}</code>: {html.escape(words)}</li>"
        for name, value, words in SWITCHES
    )
    body.append(f"<h2>The Limit</h2><ul>{switches}</ul>")
    head = f'<meta charset="utf-8"><title>{TITLE}</title><style>{STYLE}</style>'
    return (
        f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>\n'
    )


def _legend(table: pd.DataFrame) -> str:
    kinds = [f"{words}: {table['kind'].tolist().count(kind)}" for kind, words in KINDS.items()]
    engines = [f"{name}: {count}" for name, count in table["engine"].value_counts().items()]
    return (
        f"<p>Rows by kind: {html.escape('; '.join(kinds))}. By what is put to the test: "
        f"{html.escape('; '.join(engines))}. Frequencies are judged by the exact binomial test of "
        "size 1e-4, means by the normal test of that size; either is drawn once more with four "
        "times the negotiations before it fails. Exact zeros and ones allow no exception. Rows of "
        "“the case” show a direction in the shipped case, whose parameters are assumptions, "
        "uncalibrated.</p>"
    )


def _section(title: str, lines: list[list[str]]) -> str:
    head = "".join(f'<th style="width:{width}%">{word}</th>' for word, width in WIDTHS.items())
    rows = []
    for line in lines:
        cells = "".join(
            f"<td{' class=number' if name in NUMBERS else ''}>{html.escape(cell)}</td>"
            for name, cell in zip(HEADINGS, line, strict=True)
        )
        rows.append(f"<tr class={line[-1].split(':')[0]}>{cells}</tr>")
    return (
        f"<h2>{html.escape(title)}</h2><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def failures(table: pd.DataFrame) -> list[str]:
    """One line for each row that fails."""
    return [
        f"{line['ID']}: expected {shown(line['expected'])}, got {shown(line['got'])}, "
        f"{criterion(line)}, {line['reason']}"
        for line in _records(table)
        if line["verdict"] == "fail"
    ]
