"""Every shipped study prints in miniature what it once printed, to the letter.

The records are written anew by `python -m tests.rebuild_golden`.
"""

import pytest
from rebuild_golden import GOLDEN

from experiments.study_file import STUDIES, shipped_studies


@pytest.mark.parametrize("name", shipped_studies())
def test_a_study_prints_in_miniature_what_is_recorded(name):
    path = STUDIES / f"{name}.out"
    assert GOLDEN[path]() == path.read_text(encoding="utf-8")


def test_no_record_is_of_a_study_that_is_gone():
    assert {path.stem for path in STUDIES.glob("*.out")} == set(shipped_studies())
