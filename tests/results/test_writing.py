"""Files beside the blocks are written whole or not at all, and any reader of JSON can read them."""

import errno
import json
import math
import os

import pytest

from experiments.results import ResultsError, write_json, write_text


def test_a_text_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "a" / "manifest.json"
    write_json(path, {"seed": 1})

    def refuse(source, target):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ResultsError, match="Read-only file system"):
        write_json(path, {"seed": 2})
    assert json.loads(path.read_text()) == {"seed": 1}
    assert [one.name for one in path.parent.iterdir()] == ["manifest.json"]


def test_a_file_in_place_of_a_folder_is_told_of(tmp_path):
    (tmp_path / "file").write_text("...")
    with pytest.raises(ResultsError, match="cannot be written") as refusal:
        write_text(tmp_path / "file" / "a.txt", "...")
    assert refusal.value.exit_code == 6


def test_numbers_without_end_stay_readable_by_any_reader_of_json(tmp_path):
    path = tmp_path / "a.json"
    inf = math.inf
    write_json(path, {"settings": {"a": inf, "b": -inf, "c": math.nan, "d": (1.5, True)}})
    assert json.loads(path.read_text(), parse_constant=pytest.fail) == {
        "settings": {"a": "inf", "b": "-inf", "c": None, "d": [1.5, True]}
    }
