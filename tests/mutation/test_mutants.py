import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # also where another folder has been named first

from listed import MUTANTS, NAMED
from mutants import ENOUGH, ROOT, Fate, Mutant, mutate, put_to_death


@pytest.mark.parametrize("mutant", NAMED, ids=lambda mutant: mutant.name)
def test_three_rows_of_theory_see_each_named_mutant(mutant):
    fate = put_to_death(mutant)
    assert len(fate.rows) >= ENOUGH, fate.told()


def test_every_mutant_changes_exactly_one_place():
    assert len(MUTANTS) >= 30
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    for mutant in MUTANTS:
        text = (ROOT / mutant.file).read_text(encoding="utf-8")
        assert text.count(mutant.old) == 1, mutant.name
        assert mutant.old != mutant.new


def test_an_outdated_mutant_is_an_error(tmp_path):
    (tmp_path / "rule.py").write_text("x = 1\n")
    with pytest.raises(ValueError, match="stands 0 times"):
        mutate(tmp_path, Mutant("a rule that is gone", "rule.py", "y = 1", "y = 2"))


def test_a_mutant_that_nothing_sees_has_survived():
    unseen = Mutant("unseen", "rule.py", "a", "b")
    assert not Fate(unseen, ()).killed
    assert Fate(unseen, (), ("test_a",)).killed
    assert Fate(unseen, ("E5.talk",)).killed
    named = Mutant("named", "rule.py", "a", "b", ("E5",))
    assert not Fate(named, ("E5.talk", "E5.all")).killed
    assert "SURVIVED" in Fate(unseen, ()).told()
