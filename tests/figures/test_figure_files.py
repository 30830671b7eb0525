"""Files of figures: three formats, the same bytes each time, provenance inside."""

import os
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib import pyplot as plt

from experiments import figures
from experiments.provenance import plain
from experiments.reading_back import read_provenance
from experiments.results import ResultsError


@pytest.mark.parametrize("name", ["breakdown", "map", "hazard", "discovery"])
def test_a_figure_is_saved_in_three_formats_with_the_same_bytes_each_time(
    name, draw_kind, tmp_path
):
    written = []
    for place in ("one", "two"):
        figure, run, _ = draw_kind(name)
        written.append(figures.save(figure, tmp_path / place / name, run.manifest))
    first, again = written
    assert [path.name for path in first] == [f"{name}.{suffix}" for suffix in figures.FORMATS]
    assert sorted(first) == sorted((tmp_path / "one").iterdir())
    for path, copy in zip(first, again, strict=True):
        assert path.stat().st_size > 10_000
        assert path.read_bytes() == copy.read_bytes(), path.suffix
    starts = [path.read_bytes()[:5] for path in first]
    assert starts == [b"\x89PNG\r", b"<?xml", b"%PDF-"]


def test_the_provenance_of_a_figure_can_be_read_back_from_each_of_its_files(draw_kind, tmp_path):
    figure, run, _ = draw_kind("comparison")
    manifest = run.manifest | {"settings": {"talks.precision": np.inf}}
    for path in figures.save(figure, tmp_path / "comparison", manifest):
        record = read_provenance(path)
        assert record == plain(manifest)
        assert record["settings"] == {"talks.precision": "inf"}
        assert record["seed"] == 7
        assert record["study"]["outcome"] == "breakdown"
        assert {"case_digest", "study_digest", "commit", "versions", "model"} <= set(record)


def test_the_words_of_a_figure_are_text_in_its_svg(draw_kind, tmp_path):
    figure, run, _ = draw_kind("breakdown")
    (svg,) = figures.save(figure, tmp_path / "breakdown", run.manifest, ("svg",))
    text = "".join(ElementTree.parse(svg).getroot().itertext())
    assert "How the talks break down as the demand grows" in text


def test_a_dot_in_the_name_of_a_figure_is_part_of_the_name(draw_kind, tmp_path):
    figure, run, _ = draw_kind("outcome")
    (path,) = figures.save(figure, tmp_path / "demand.v2", run.manifest, ("png",))
    assert path == tmp_path / "demand.v2.png"
    assert path.exists()


def test_a_figure_that_cannot_be_written_leaves_nothing(draw_kind, tmp_path):
    figure, run, _ = draw_kind("outcome")
    (tmp_path / "file").write_text("...")
    with pytest.raises(ResultsError, match="cannot be written"):
        figures.save(figure, tmp_path / "file" / "outcome", run.manifest, ("png",))
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ResultsError, match="cannot be written"):
        figures.save(figure, tmp_path / "folder", run.manifest, ("png",))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.png"]


@pytest.mark.parametrize("date", [None, "86400"])
def test_drawing_leaves_the_settings_of_plots_and_of_the_process_alone(
    draw_kind, tmp_path, monkeypatch, date
):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    if date is not None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", date)
    before = dict(plt.rcParams)
    figure, run, _ = draw_kind("outcome")
    figures.save(figure, tmp_path / "outcome", run.manifest, ("pdf",))
    assert dict(plt.rcParams) == before
    assert os.environ.get("SOURCE_DATE_EPOCH") == date
    assert not plt.get_fignums()
