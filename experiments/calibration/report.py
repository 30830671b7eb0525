"""The report of a calibration: one HTML file that holds all it shows, and the same as Markdown.

Both are made from the same parts: headings, paragraphs, lists, tables and figures.
"""

import base64
import html
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from experiments.calibration.findings import Findings
from experiments.calibration.report_outside import parts_beyond
from experiments.calibration.report_parts import parts_of_fit
from experiments.results.writing import write_text, written_whole

FIGURES = "figures"
_STYLE = """
body{font:16px/1.5 Georgia,serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#222}
h1,h2,h3,table,.box{font-family:Helvetica,Arial,sans-serif}
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.2rem;margin-top:2.2rem;
border-bottom:1px solid #ccc}
.box{background:#eef6f5;border-left:5px solid #009988;padding:.6rem 1rem}
.box.not{background:#f8eef4;border-color:#AA3377}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.78rem;margin:.8rem 0}
th,td{padding:.2rem .5rem;text-align:left;vertical-align:top;border-bottom:1px solid #ddd}
th{border-bottom:2px solid #888}td.n{text-align:right;white-space:nowrap}
@media screen and (max-width:48rem){table{min-width:44rem}}
img{max-width:100%;height:auto}code{font-size:.85em;background:#f3f3f3;padding:0 .2em}
@media print{body{font-size:11px;max-width:none}h2{break-after:avoid}img,tr{break-inside:avoid}}
"""


class Part(NamedTuple):
    """A part of a report.

    kind : "title", "heading", "box", "paragraph", "list", "table", "figure" or "code"
    content : text; items; for a table (head, rows); for a figure (stem, what it shows)
    """

    kind: str
    content: object


def write_report(findings: Findings, folder: Path) -> list[Path]:
    """Write report.html, report.md and figures/; returns the files.

    Raises
    ------
    ResultsError
        Where they cannot be written.
    """
    pictures = _pictures(findings, folder)
    told = (*parts_of_fit(findings, list(pictures)), *parts_beyond(findings, set(pictures)))
    parts = [Part(*part) for part in told]
    text, page = _markdown(parts), _html(parts, findings, pictures)
    write_text(folder / "report.md", text)
    write_text(folder / "report.html", page)
    kept = [path for paths in pictures.values() for path in paths]
    return [folder / "report.html", folder / "report.md", *kept]


def _pictures(findings: Findings, folder: Path) -> dict[str, list[Path]]:
    """Every figure that the findings have something for, by stem: PNG first."""
    from experiments.figures import calibration as draw
    from experiments.figures import calibration_forecast, save

    drawn = {}
    if findings.curve is not None:
        drawn["curve"] = draw.curve_figure(findings)
    drawn["parameters"] = draw.parameters_figure(findings)
    drawn["reports"] = draw.reports_figure(findings)
    if findings.synthetic is not None:
        drawn["ranks"] = draw.ranks_figure(findings)
        drawn["recovery"] = draw.recovery_figure(findings)
    for found in findings.backtests:
        drawn[f"forecast_{found.case}"] = calibration_forecast.forecast_figure(findings, found)
    pictures: dict[str, list[Path]] = {}
    with tempfile.TemporaryDirectory(prefix="winset-") as own:
        for stem, figure in drawn.items():
            pictures[stem] = []
            for path in save(figure, Path(own) / stem, findings.manifest, ("png", "svg")):
                place = folder / FIGURES / path.name
                with written_whole(place) as temporary:
                    temporary.write_bytes(path.read_bytes())
                pictures[stem].append(place)
    return pictures


def _markdown(parts: Sequence[Part]) -> str:
    lines: list[str] = []
    for kind, content in parts:
        if kind == "title":
            lines.append(f"# {content}")
        elif kind == "heading":
            lines.append(f"## {content}")
        elif kind == "box":
            lines.append(f"**{content}**")
        elif kind == "list":
            lines.append("\n".join(f"- {item}" for item in content))  # pyright: ignore[reportGeneralTypeIssues]
        elif kind == "table":
            head, rows = content  # pyright: ignore[reportGeneralTypeIssues]
            table = [head, ["---"] * len(head), *rows]
            lines.append("\n".join("| " + " | ".join(map(_cell, row)) + " |" for row in table))
        elif kind == "figure":
            stem, words = content  # pyright: ignore[reportGeneralTypeIssues]
            lines.append(f"![{words}]({FIGURES}/{stem}.png)")
        elif kind == "code":
            lines.append(f"```sh\n{content}\n```")
        else:
            lines.append(str(content))
    return "\n\n".join(lines) + "\n"


def _cell(value: object) -> str:
    """A cell of Markdown; a link is a pair of words and address."""
    if isinstance(value, tuple):
        words, address = value
        return f"[{_plain(words)}]({address})" if _is_address(address) else _plain(words)
    return _plain(value)


def _plain(value: object) -> str:
    return str(value).replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _is_address(address: object) -> bool:
    text = str(address)
    return text.startswith(("https://", "http://")) and not any(c in text for c in " ()<>\"'")


def _html(parts: Sequence[Part], findings: Findings, pictures: dict[str, list[Path]]) -> str:
    title = html.escape(f"Calibration {findings.plan.name}")
    body = "\n".join(_element(part, findings, pictures) for part in parts)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _element(part: Part, findings: Findings, pictures: dict[str, list[Path]]) -> str:
    kind, content = part
    if kind in ("title", "heading", "paragraph"):
        tag = {"title": "h1", "heading": "h2", "paragraph": "p"}[kind]
        return f"<{tag}>{html.escape(str(content))}</{tag}>"
    if kind == "box":
        other = "" if findings.posterior.is_calibrated else " not"
        return f'<p class="box{other}"><strong>{html.escape(str(content))}</strong></p>'
    if kind == "list":
        items = "".join(f"<li>{html.escape(str(item))}</li>" for item in content)  # pyright: ignore[reportGeneralTypeIssues]
        return f"<ul>{items}</ul>"
    if kind == "code":
        return f"<pre><code>{html.escape(str(content))}</code></pre>"
    if kind == "figure":
        stem, words = content  # pyright: ignore[reportGeneralTypeIssues]
        data = base64.b64encode(pictures[stem][0].read_bytes()).decode()
        return f'<p><img alt="{html.escape(words)}" src="data:image/png;base64,{data}"></p>'
    head, rows = content  # pyright: ignore[reportGeneralTypeIssues]
    top = "".join(f"<th>{html.escape(str(cell))}</th>" for cell in head)
    numbers = [all(_is_number(row[place]) for row in rows) for place in range(len(head))]
    lines = "".join(
        "<tr>" + "".join(_table_cell(*pair) for pair in zip(row, numbers, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><tr>{top}</tr>{lines}</table></div>'


def _is_number(value: object) -> bool:
    """Whether a cell starts with a number and says little more, or that there is none."""
    text = str(value)
    return text == "none" or (text.lstrip("-+.")[:1].isdigit() and len(text) < 26)


def _table_cell(value: object, number: bool) -> str:
    if isinstance(value, tuple):
        words, address = value
        text = html.escape(str(words))
        if not _is_address(address):
            return f"<td>{text}</td>"
        return f'<td><a href="{html.escape(str(address))}">{text}</a></td>'
    return f"<td{' class="n"' if number else ''}>{html.escape(str(value))}</td>"
