"""Figures that can be read: whole, without overlap, and with their provenance on and in them."""

import itertools
import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Text
from PIL import Image

from experiments import estimate, figures, run_sweep
from experiments.results import ResultsError
from experiments.transcript import Transcript
from sim import watch
from sim.scenario import SEEDS, read_scenario

REPORTED = 5000 / 896
MARGIN = 0.5  # pixels by which a box may err


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def swept(scenario):
    return run_sweep(scenario, replicates=100, seed=7)


@pytest.fixture
def breakdown(swept):
    return figures.breakdown_figure(swept, estimate(swept))


def told(scenario, seed, settings=None):
    talks = watch(scenario.points(settings), 0, 0, seed=seed, scenario=scenario)
    talks.run()
    return Transcript(scenario, talks)


@pytest.fixture
def of_talks(scenario, swept):
    """The figure of one negotiation, and the manifest that goes with it."""
    manifest = swept.manifest | {"study": "one negotiation", "replicate": 0, "seed": 7}

    def figure(seed=7, settings=None):
        return figures.talks_figure(told(scenario, seed, settings), manifest)

    return figure, manifest


def drawn(figure, monkeypatch):
    """Every text that is drawn, with its box in pixels."""
    seen, draw = [], Text.draw

    def noted(text, *arguments, **options):
        seen.append(text)
        draw(text, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Text, "draw", noted)
        figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    visible = (text for text in seen if text.get_visible() and text.get_text().strip())
    return [(text.get_text(), text.get_window_extent(renderer)) for text in visible]


def words(figure, monkeypatch):
    return "\n".join(text for text, _ in drawn(figure, monkeypatch))


def check_layout(figure, monkeypatch):
    boxes = drawn(figure, monkeypatch)
    assert len(boxes) > 10
    for text, box in boxes:
        assert box.x0 > -MARGIN and box.y0 > -MARGIN, text
        assert box.x1 < figure.bbox.width + MARGIN, text
        assert box.y1 < figure.bbox.height + MARGIN, text
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        beside = min(a.x1, b.x1) - max(a.x0, b.x0) <= MARGIN
        above = min(a.y1, b.y1) - max(a.y0, b.y0) <= MARGIN
        assert beside or above, (one, other)


# files


@pytest.mark.parametrize("which", ["breakdown", "talks"])
def test_a_figure_is_saved_in_three_formats_with_the_same_bytes_each_time(
    which, swept, of_talks, tmp_path
):
    def draw():
        if which == "talks":
            return of_talks[0]()
        return figures.breakdown_figure(swept, estimate(swept))

    manifest = of_talks[1] if which == "talks" else swept.manifest
    first = figures.save(draw(), tmp_path / "one" / which, manifest)
    again = figures.save(draw(), tmp_path / "two" / which, manifest)
    assert [path.name for path in first] == [f"{which}.{suffix}" for suffix in figures.FORMATS]
    assert sorted(first) == sorted((tmp_path / "one").iterdir())
    for path, copy in zip(first, again, strict=True):
        assert path.stat().st_size > 10_000
        assert path.read_bytes() == copy.read_bytes(), path.suffix
    starts = [path.read_bytes()[:5] for path in first]
    assert starts == [b"\x89PNG\r", b"<?xml", b"%PDF-"]


def test_a_dot_in_the_name_of_a_figure_is_part_of_the_name(breakdown, swept, tmp_path):
    (path,) = figures.save(breakdown, tmp_path / "demand.v2", swept.manifest, ("png",))
    assert path == tmp_path / "demand.v2.png"
    assert path.exists()


def test_a_figure_that_cannot_be_written_leaves_nothing(breakdown, swept, tmp_path):
    (tmp_path / "file").write_text("...")
    with pytest.raises(ResultsError, match="cannot be written"):
        figures.save(breakdown, tmp_path / "file" / "breakdown", swept.manifest, ("png",))
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ResultsError, match="cannot be written"):
        figures.save(breakdown, tmp_path / "folder", swept.manifest, ("png",))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.png"]


def pdf_field(raw, name):
    """A text field of the information of a PDF file, its escapes undone."""
    start = raw.index(b"/" + name + b" (") + len(name) + 3
    text = bytearray()
    depth, at = 1, start
    while depth:
        byte = raw[at : at + 1]
        if byte == b"\\":
            at += 1
            byte = raw[at : at + 1]
        else:
            depth += (byte == b"(") - (byte == b")")
        if depth:
            text += byte
        at += 1
    return text.decode("ascii")


@pytest.mark.parametrize("which", ["breakdown", "talks"])
def test_the_provenance_of_a_figure_can_be_read_back_from_its_file(
    which, breakdown, swept, of_talks, tmp_path
):
    figure, manifest = breakdown, swept.manifest
    if which == "talks":
        figure, manifest = of_talks[0](), of_talks[1] | {"settings": {"talks.precision": np.inf}}
    png, svg, pdf = figures.save(figure, tmp_path / which, manifest)
    dc = "{http://purl.org/dc/elements/1.1/}description"
    found = ElementTree.parse(svg).getroot().iter(dc)
    with Image.open(png) as image:
        records = [
            image.text["Description"],
            next(found).text,
            pdf_field(pdf.read_bytes(), b"Subject"),
        ]
    expected = (
        manifest if which == "breakdown" else manifest | {"settings": {"talks.precision": "inf"}}
    )
    for record in records:
        assert json.loads(record, parse_constant=pytest.fail) == expected
    assert expected["seed"] == 7
    assert {"case_digest", "commit", "versions", "model"} <= set(expected)


def test_the_words_of_a_figure_are_text_in_its_svg(breakdown, swept, tmp_path):
    (svg,) = figures.save(breakdown, tmp_path / "breakdown", swept.manifest, ("svg",))
    text = "".join(ElementTree.parse(svg).getroot().itertext())
    assert "How the talks break down as the demand grows" in text


# what a figure says


def test_the_face_of_the_breakdown_figure_says_n_interval_source_and_status(
    breakdown, scenario, swept, monkeypatch
):
    said = words(breakdown, monkeypatch)
    assert "n = 100 negotiations a demand and variant" in said
    assert "Wilson, 95%" in said
    assert re.search(r"\$5bn: \d+\.\d%\n\[\d+\.\d%, \d+\.\d%\]", said)
    assert "not calibrated: plausible, not a forecast" in said
    assert scenario.reported.label in said
    assert scenario.reported.source in said
    assert scenario.title in said
    assert "seed 7" in said
    assert f"case korea_2019 ({scenario.digest[:8]})" in said
    assert swept.manifest["commit"][:9] in said
    for _, _, cause in figures.COLOURS.values():
        assert cause in said
    assert "cheap talk" in said
    assert "$5bn" in said and "1,038.9 bn won" in said


def test_the_breakdown_figure_draws_the_estimates(breakdown, swept):
    table = estimate(swept)
    case = table[table["variant"] == "case"]
    talk = table[table["variant"] == "cheap_talk"]
    axes = breakdown.axes[0]
    lines = [line.get_xydata() for line in axes.lines]
    for rows in (case, talk):
        curve = rows[["demand", "breakdown"]].to_numpy()
        assert any(line.shape == curve.shape and np.allclose(line, curve) for line in lines)
    causes = axes.collections[: len(figures.COLOURS)]
    tops = np.cumsum(case[list(figures.COLOURS)].to_numpy(), axis=1)
    for area, top in zip(causes, tops.T, strict=True):
        assert area.get_paths()[0].vertices[:, 1].max() == pytest.approx(top.max())
    assert tops[:, -1] == pytest.approx(case["breakdown"].to_numpy())
    assert axes.get_ylim() == (0.0, 1.0)


def test_the_face_of_the_talks_figure_says_how_they_ended_and_that_it_is_one_of_many(
    of_talks, scenario, monkeypatch
):
    said = words(of_talks[0](), monkeypatch)
    assert told(scenario, 7).headline() in said
    assert "One negotiation (n = 1)" in said
    assert "not calibrated: plausible, not a forecast" in said
    assert "seed 7" in said and "replicate 0" in said
    for label in ("tabled by the US", "tabled by Seoul", "least that the president signs",
                  "most that Seoul may concede", "zone of possible agreement"):  # fmt: skip
        assert label in said


def test_the_talks_figure_draws_the_positions_in_dollars(of_talks, scenario):
    axes = of_talks[0]().axes[0]
    rows = told(scenario, 7).positions()
    curves = {line.get_label(): line.get_ydata() for line in axes.lines}
    assert curves["tabled by the US"] == pytest.approx([r["us_amount"] * 0.896 for r in rows])
    assert curves["tabled by Seoul"] == pytest.approx([r["seoul_amount"] * 0.896 for r in rows])
    low, high = axes.get_ylim()
    assert low < min(map(min, curves.values()))
    assert high > max(map(max, curves.values()))


def test_a_calibrated_case_does_not_call_itself_uncalibrated(tmp_path, monkeypatch):
    text = (SEEDS / "cases" / "korea_2019.toml").read_text(encoding="utf-8")
    path = tmp_path / "case.toml"
    path.write_text(text.replace('status = "uncalibrated"', 'status = "calibrated"'))
    sweep = run_sweep(read_scenario(path), demands=[1.5], replicates=20, seed=7)
    said = words(figures.breakdown_figure(sweep, estimate(sweep)), monkeypatch)
    assert "not calibrated" not in said


def test_dollar_signs_in_a_title_are_dollar_signs(tmp_path, monkeypatch):
    text = (SEEDS / "cases" / "korea_2019.toml").read_text(encoding="utf-8")
    path = tmp_path / "case.toml"
    title = r"$5bn against $1bn: \\frac"
    path.write_text(re.sub(r'(?m)^title = ".*"', lambda _: f'title = "{title}"', text))
    sweep = run_sweep(read_scenario(path), demands=[1.5], replicates=20, seed=7)
    figure = figures.breakdown_figure(sweep, estimate(sweep))
    assert r"$5bn against $1bn: \frac" in words(figure, monkeypatch)
    assert figures.save(figure, tmp_path / "breakdown", sweep.manifest)


# what can be read


def test_nothing_in_the_breakdown_figure_overlaps_or_is_cut_off(breakdown, monkeypatch):
    check_layout(breakdown, monkeypatch)


@pytest.mark.parametrize(
    "demands", [[1.5], [REPORTED], [5.58], [6.0, 7.0, 8.0], [5.3, 5.4], [0.0, 50.0]], ids=str
)
def test_nothing_overlaps_wherever_the_reported_demand_lies_in_the_sweep(
    scenario, demands, monkeypatch
):
    sweep = run_sweep(scenario, demands=demands, replicates=20, seed=7)
    check_layout(figures.breakdown_figure(sweep, estimate(sweep)), monkeypatch)


def test_the_longest_texts_of_a_case_fit(tmp_path, monkeypatch):
    text = (SEEDS / "cases" / "korea_2019.toml").read_text(encoding="utf-8")
    title = ("On what Seoul pays for the troops of the United States " * 2)[:100]
    for key, words_ in (("title", title), ("source", title), ("label", title[:40])):
        text = re.sub(rf'(?m)^{key} = ".*"', f'{key} = "{words_.strip()}"', text)
    path = tmp_path / "case.toml"
    path.write_text(text)
    scenario = read_scenario(path)
    sweep = run_sweep(scenario, demands=[1.5, 8.0], replicates=20, seed=7)
    check_layout(figures.breakdown_figure(sweep, estimate(sweep)), monkeypatch)
    manifest = sweep.manifest | {"replicate": 2**40, "seed": 2**64 - 1}
    check_layout(figures.talks_figure(told(scenario, 7), manifest), monkeypatch)


@pytest.mark.parametrize("seed", [0, 2, 7, 8, 20, 30, 67, 84])
def test_nothing_in_the_figure_of_a_negotiation_overlaps_or_is_cut_off(of_talks, seed, monkeypatch):
    check_layout(of_talks[0](seed), monkeypatch)


@pytest.mark.parametrize("rounds", [1, 2, 40])
def test_talks_of_any_length_can_be_drawn(of_talks, rounds, monkeypatch):
    check_layout(of_talks[0](7, {"talks.rounds": rounds, "demand": 1.3}), monkeypatch)


def test_several_events_of_one_round_stand_in_one_line(of_talks, scenario, monkeypatch):
    seed = next(
        seed
        for seed in range(200)
        if (8, "new president") in (events := told(scenario, seed).events())
        and sum(when == 8 for when, _ in events) > 1
    )
    assert "new president, " in words(of_talks[0](seed), monkeypatch)
