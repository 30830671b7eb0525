"""sim/MODEL.md says what the code does: its tables, its examples, its names and its sources."""

import ast
import dataclasses
import doctest
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import sim.kernel
import sim.parameters
import sim.rules
from docs import generate
from docs.order_of_play import ACTORS, attributes, order_of_play
from sim.parameters import BLOC_PARAMETERS, PARAMETERS

TEXT = generate.MODEL.read_text(encoding="utf-8")
PROSE = re.sub(r"<!-- generated: (\w+) -->.*?<!-- end: \1 -->", "", TEXT, flags=re.DOTALL)
ELEMENTS = [
    "Purpose and patterns",
    "Entities, state variables and scales",
    "Process overview and scheduling",
    "Design concepts",
    "Initialisation",
    "Input data",
    "Submodels",
]
CONCEPTS = (
    "Basic principles|Emergence|Adaptation|Objectives|Learning|Prediction|Sensing|Interaction|"
    "Stochasticity|Collectives|Observation"
).split("|")


def section(title: str) -> str:
    found = re.search(rf"^## (?:\d\. )?{title}\n(.*?)(?=^## |\Z)", PROSE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def rules() -> list[str]:
    modules = generate.rule_modules()
    return [name for module, _ in modules for name, _ in generate.rules_of(module)]


def sources(text: str) -> set[tuple[str, str]]:
    """First author and year of each source in a docstring."""
    plain = " ".join(text.split("Source:")[-1].split())
    found = re.findall(r"([A-Z]\w+)(?:(?:,| and| et al\.,?) [A-Z]\w+)* \((\d{4})\)", plain)
    return {(author, year) for author, year in found}


# generated tables


@pytest.mark.parametrize("page", generate.PAGES, ids=lambda page: page.name)
def test_every_generated_table_is_what_the_code_gives(page):
    stale = generate.stale(page.read_text(encoding="utf-8"), generate.PAGES[page])
    assert stale == [], "python -m docs.generate brings them up to date"


def test_a_changed_range_makes_the_check_fail_and_names_the_table(monkeypatch, capsys):
    first, *others = PARAMETERS
    wider = dataclasses.replace(first, high=first.high + 1.0)
    monkeypatch.setattr(sim.parameters, "PARAMETERS", (wider, *others))
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out == "sim/MODEL.md: table 'parameters' is stale\n"


def test_the_check_passes_and_changes_nothing_where_all_is_fresh():
    before = [page.read_bytes() for page in generate.PAGES]
    assert generate.main(["--check"]) == 0
    assert [page.read_bytes() for page in generate.PAGES] == before


def test_generating_brings_a_stale_table_up_to_date(tmp_path: Path, monkeypatch, capsys):
    page = tmp_path / "MODEL.md"
    page.write_text("before\n<!-- generated: endings -->\nold\n<!-- end: endings -->\nafter\n")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "PAGES", {page: ("endings",)})
    assert generate.main([]) == 0
    assert generate.endings() in page.read_text()
    assert page.read_text().startswith("before\n") and page.read_text().endswith("\nafter\n")
    assert generate.main(["--check"]) == 0
    assert capsys.readouterr().out == "MODEL.md: table 'endings' rewritten\n"


def test_a_page_without_the_markers_of_a_table_is_refused():
    with pytest.raises(ValueError, match="'endings' stand 0 times"):
        generate.rewritten("no table here\n", "endings")


def test_every_table_stands_on_a_page():
    assert sorted(name for names in generate.PAGES.values() for name in names) == sorted(
        generate.TABLES
    )


def test_the_modules_of_rules_are_all_in_the_order_of_play():
    told = [module.__name__.split(".")[-1] for module, _ in generate.rule_modules()]
    assert sorted(told) == sorted(found.name for found in pkgutil.iter_modules(sim.rules.__path__))


# order of play


def test_a_round_runs_from_the_election_to_the_vote():
    acts = [act.does for act in order_of_play()]
    milestones = ["Whether a successor", "Table an offer", "React to the amount",
                  "Whether the team leaves", "Whether the team accepts", "Update the belief",
                  "Whether he signs", "Call the vote"]  # fmt: skip
    places = [next(i for i, act in enumerate(acts) if act.startswith(m)) for m in milestones]
    assert places == sorted(places)


def test_the_kernel_calls_on_the_rules_that_the_agents_call_on_in_a_round():
    folder = Path(inspect.getfile(sim.kernel)).parent
    names = {
        node.id
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name) and node.id in rules()
    }
    of_the_kernel_alone = {
        # other policies than the heuristic
        *(
            "take_it_or_leave_it_uniform single_demand pie subgame_perfect_share offers_left"
        ).split(),
        *("auction_ask auction_bid quantal_response").split(),
        "committed_cost",  # at the start of the talks
    }
    taken_apart = {
        "accepts": "keeps_reservation accepts",
        "binomial_quantile": (
            "binomial_search next_binomial_term none_of_the_rarer log_of_the_commoner rarer_outcome"
        ),
        "normal_quantile": "normal_quantile central_quantile tail_quantile is_in_a_tail",
        "take_it_or_leave_it": (
            "demand_given_scale per_scale room_to_demand demand_with_room "
            "near_lambert_exponential is_far_out"
        ),
        "updated_mean": "learning_gain mean_after_surprise",
        "walks_out": "walk_out_log_odds is_below_logistic",
    }
    for whole, pieces in taken_apart.items():
        assert names >= set(pieces.split())
        names = names - set(pieces.split()) | {whole}
    told_only = {"walk_out_probability"}  # a transcript's
    acts = {rule for act in order_of_play() for rule in act.rules}
    assert names - of_the_kernel_alone == acts - told_only


# prose


def test_the_elements_of_the_protocol_stand_in_their_order():
    titles = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    numbered = [f"{number}. {title}" for number, title in enumerate(ELEMENTS, 1)]
    assert titles == [*numbered, "Glossary", "References"]


def test_every_design_concept_is_told_in_order():
    assert re.findall(r"^\*\*([\w ]+)\.\*\*", section("Design concepts"), re.MULTILINE) == CONCEPTS


def test_every_mechanism_has_formula_source_off_value_parameters_and_rules():
    parts = re.split(r"^### (M\d) .*\n", section("Submodels"), flags=re.MULTILINE)
    assert parts[1::2] == [f"M{number}" for number in range(1, 10)]
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        for word in ("*Source:*", "*Off:*", "*Parameters:*", "*Rules:*"):
            assert word in body, (name, word)
        assert "```text" in body or name == "M9", name


@pytest.mark.parametrize("name", [row.name for row in (*PARAMETERS, *BLOC_PARAMETERS)])
def test_a_parameter_is_named_in_the_submodels(name):
    assert f"`{name}`" in section("Submodels")


@pytest.mark.parametrize("name", rules())
def test_a_rule_is_named_in_the_submodels(name):
    assert f"`{name}`" in section("Submodels")


@pytest.mark.parametrize("actor", ACTORS, ids=lambda actor: actor.__name__)
def test_every_state_of_an_actor_is_explained(actor):
    text = section("Entities, state variables and scales")
    assert [name for name in attributes(actor) if f"`{name}`" not in text] == []


def test_every_code_that_is_named_in_the_submodels_exists():
    known = {row.name for row in (*PARAMETERS, *BLOC_PARAMETERS)} | set(rules())
    named = re.findall(r"`([\w.]+)`", re.sub(r"```.*?```", "", section("Submodels"), flags=re.S))
    assert sorted(set(named) - known - {"sim.rules"}) == []


def test_every_source_of_a_rule_is_among_the_references():
    references = section("References")
    modules = [module for module, _ in generate.rule_modules()]
    for module in modules:
        for author, year in sources(module.__doc__ or ""):
            entry = rf"^- {author}\b[^(]*\({year}\)"
            alike = references.replace("ğ", "g")
            assert re.search(entry, alike, re.MULTILINE), (module.__name__, author, year)


def test_every_source_in_the_prose_is_among_the_references():
    references = section("References")
    body = " ".join(PROSE.split("## References")[0].split())
    cited = re.findall(r"([A-Z]\w+)((?:,? (?:and )?[A-Z]\w+)*)(?: et al\.)? (\d{4})\b", body)
    assert len(cited) > 20
    months = "September November".split()
    for author, _, year in cited:
        if author not in months:
            entry = rf"^- {author}\b[^(]*\({year}\)"
            assert re.search(entry, references, re.MULTILINE), (author, year)


# examples and links


def test_the_examples_run():
    plain = re.sub(r"^```.*$", "", TEXT, flags=re.MULTILINE)
    examples = doctest.DocTestParser().get_doctest(plain, {}, "MODEL.md", "sim/MODEL.md", 0)
    said: list[str] = []
    result = doctest.DocTestRunner().run(examples, out=said.append)
    assert result.attempted > 20
    assert result.failed == 0, "".join(said)


def test_every_link_leads_somewhere():
    anchors = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    }
    links = re.findall(r"\]\(([^)\s]+)\)", PROSE)
    assert links
    for link in links:
        path, _, anchor = link.partition("#")
        assert (generate.MODEL.parent / path).exists(), link
        assert path or anchor in anchors, link
