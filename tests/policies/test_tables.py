"""Policies as tables: saved, told in words, compared, and as policies like any other."""

import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from brute_force_game import BruteForce
from policy_games import GAMES, close, drawn_tables, name, small_game

import bucket_brigade as bb
from bucket_brigade.policies.behaviour import behaviour
from bucket_brigade.policies.kinds import as_policy
from bucket_brigade.policies.states import all_houses

few_games = pytest.mark.parametrize("scenario", GAMES[2::5], ids=name)
OWN_FIRST = bb.Firefighter(0.7, own_first=True)


def drawn(scenario: bb.Scenario, seed: int = 3) -> list[bb.Tabular]:
    return [bb.tabulate(table, scenario) for table in drawn_tables(scenario, seed)]


@few_games
def test_files_hold_what_was_saved(scenario: bb.Scenario, tmp_path: Path) -> None:
    policies = drawn(scenario)
    bb.save_policies(policies, tmp_path / "all.policies", scenario)
    loaded = bb.load_policies(tmp_path / "all.policies")
    assert loaded.policies == tuple(policies)
    assert loaded.scenario == scenario
    assert loaded.software_version == bb.__version__
    bb.save_policies(loaded.policies, tmp_path / "again", scenario)
    assert (tmp_path / "again").read_bytes() == (tmp_path / "all.policies").read_bytes()
    lineup = bb.load_lineup(tmp_path / "all.policies", scenario.num_agents)
    assert lineup == policies
    bb.save_policies(policies[0], tmp_path / "one", scenario)
    assert bb.load_policies(tmp_path / "one").policies == (policies[0],)
    assert bb.load_lineup(tmp_path / "one", 5) == [policies[0]] * 5


def test_parts_of_files_are_seats(tmp_path: Path) -> None:
    scenario = small_game(1, 3, 3)
    policies = drawn(scenario)
    file = tmp_path / "all"
    bb.save_policies(policies, file, scenario)
    assert bb.load_lineup(f"{file}:1", 2) == [policies[1]] * 2
    with pytest.raises(bb.InvalidValue, match="SEAT from 0 to 2"):
        bb.load_lineup(f"{file}:3", 3)
    with pytest.raises(bb.InvalidFile, match="3 seats, and the game 2"):
        bb.load_lineup(file, 2)


def test_foreign_and_damaged_files_are_refused(tmp_path: Path) -> None:
    scenario = small_game(2, 3, 2)
    good = tmp_path / "good"
    bb.save_policies(drawn(scenario), good, scenario)
    parts = {part: zipfile.ZipFile(good).read(part) for part in ("about.json", "0.npz", "1.npz")}
    about = json.loads(parts["about.json"])

    def changed(**parts_changed: Any) -> bytes:
        with zipfile.ZipFile(tmp_path / "changed", "w") as archive:
            for part, content in {**parts, **parts_changed}.items():
                archive.writestr(part, content)
        return (tmp_path / "changed").read_bytes()

    whole = good.read_bytes()
    files = {
        "{}": "holds no policies",
        "": "holds no policies",
        whole[: len(whole) // 2]: "holds no policies",
        changed(**{"about.json": "[]"}): "holds no policies",
        changed(**{"about.json": json.dumps({**about, "rules_version": 7})}): "rules_version 7",
        changed(**{"about.json": json.dumps({**about, "policies": 3})}): "holds no policies",
        changed(**{"about.json": json.dumps({**about, "policies": "2"})}): "says it holds '2'",
        changed(**{"about.json": json.dumps({**about, "scenario": {}})}): "damaged",
        changed(**{"0.npz": b"PK"}): "policy 0 can't be read",
        changed(
            **{"about.json": json.dumps({**about, "scenario": small_game(3, 4, 2).to_dict()})}
        ): "a policy for 3 houses",
    }
    for content, message in files.items():
        bad = tmp_path / "bad"
        bad.write_bytes(content.encode() if isinstance(content, str) else content)
        with pytest.raises(bb.InvalidFile, match=message):
            bb.load_policies(bad)
    with pytest.raises(bb.InvalidValue, match=r"policies\[0\]"):
        bb.save_policies(["hero"], good, scenario)  # type: ignore[list-item]
    with pytest.raises(bb.InvalidValue, match=r"policies\[0\] = a policy for 3 houses"):
        bb.save_policies(drawn(scenario), good, small_game(3, 4, 2))
    with pytest.raises(FileNotFoundError):
        bb.load_policies(tmp_path / "missing")


def test_tables_are_values() -> None:
    scenario = small_game(4, 3, 2)
    one, other = drawn(scenario)
    assert (
        one == pickle.loads(pickle.dumps(one)) == as_policy(json.loads(json.dumps(one.to_json())))
    )
    assert len({one, drawn(scenario)[0], other}) == 2
    assert one != other
    assert one.name() != other.name()
    with pytest.raises(ValueError, match="read-only"):
        one.acts[0] = 1
    with pytest.raises(bb.InvalidValue, match="npz"):
        as_policy({"kind": "tabular", "npz": "nonsense"})


def test_arrays_that_are_no_runs_are_refused() -> None:
    good = bb.tabulate("hero", small_game(5, 2, 2))
    fields = {name: getattr(good, name) for name in ("first", "until", "acts", "chances")}
    changes: list[tuple[str, Any]] = [
        ("first", fields["first"][:-1]),
        ("first", fields["first"][::-1]),
        ("until", fields["until"] - 1),
        ("until", fields["until"] + 2.0**32),
        ("acts", fields["acts"].astype(int) + 256),
        ("acts", None),
        ("acts", np.full_like(fields["acts"], 9)),
        ("chances", fields["chances"] * 0.9),
        ("chances", np.full_like(fields["chances"], np.nan)),
    ]
    for field, array in changes:
        with pytest.raises(bb.InvalidValue, match=f"^{field} "):
            bb.Tabular(2, 4, **{**fields, field: array})
    with pytest.raises(bb.InvalidValue, match="houses"):
        bb.Tabular(40, 4, **fields)


def test_what_is_done_is_told_in_words() -> None:
    scenario = small_game(6, 4, 2)
    # Two seats: one goes to any lone fire, and to house 0, burning or not, where there are two.
    burning = all_houses(4) == 1
    fires = burning.sum(axis=1)
    acts = np.select([fires == 1, fires == 2], [1 + burning.argmax(axis=1), 1])
    busy = bb.tabulate(lambda _: acts, scenario)
    idle = bb.tabulate(lambda houses: np.zeros(len(houses), dtype=int), scenario)
    told = {each.where: each for each in behaviour([busy, idle])}
    assert sum(each.states for each in told.values()) == 81
    assert told["no ruin, no fire"].what == "nobody goes"
    assert told["no ruin, one fire"].what == "1 goes"
    assert told["no ruin, two fires"].what == "1 goes, 0.5 of them where nothing burns"
    assert told["one ruin, three fires"].what == "nobody goes"
    half = bb.tabulate(bb.Firefighter(0.5), scenario)
    assert behaviour([half])[1].what == "0 to 1 go, 0.5 on average"
    assert "no ruin, one fire: it: 1 goes, states: 4" in repr(busy)


@few_games
@pytest.mark.parametrize("policy", [bb.Firefighter(0.6), OWN_FIRST, "coordinator"], ids=str)
def test_every_kind_is_tabulated_and_answered(scenario: bb.Scenario, policy: Any) -> None:
    seats = range(scenario.num_agents)
    tables = [bb.tabulate(policy, scenario, seat=seat) for seat in seats]
    chain = bb.expected(scenario, [[policy] * scenario.num_agents])
    exploited = bb.exploitability(scenario, [policy] * scenario.num_agents)
    assert close(exploited.payoffs, chain.mean[0])
    assert close(bb.exploitability(scenario, tables).payoffs, chain.mean[0])
    brute = BruteForce(scenario)
    dense = [np.repeat(table.table()[None], scenario.max_nights, axis=0) for table in tables]
    best = brute.start(brute.best_responses(dense)[0])
    found = bb.best_response(scenario, [policy] * scenario.num_agents)
    assert close([each.value for each in found], best)


@few_games
def test_policies_differ_where_they_get_to(scenario: bb.Scenario) -> None:
    tables, others = drawn_tables(scenario, 4), drawn_tables(scenario, 5)
    others[-1][2] = tables[-1][2]
    seat = scenario.num_agents - 1
    brute = BruteForce(scenario)
    reached = brute.reached(tables)
    apart = np.abs(tables[seat] - others[seat]).sum(axis=2) / 2
    codes = all_houses(scenario.num_houses)
    lineup = [bb.tabulate(table, scenario) for table in tables]
    found = bb.policy_difference(scenario, lineup, seat, others[seat])
    assert close(found.of_nights, reached.sum())
    assert close(found.nights, (reached * apart).sum())
    assert close(found.of_states, reached.sum(axis=0))
    assert close(found.states, (reached * apart).sum(axis=0))
    for ruins, fires, nights in found.situations:
        some = ((codes == 2).sum(axis=1) == ruins) & ((codes == 1).sum(axis=1) == fires)
        assert close(nights, (reached * apart)[:, some].sum())
    assert close(sum(nights for _, _, nights in found.situations), found.nights)
    assert bb.policy_difference(scenario, lineup, seat, lineup[seat]).nights == 0


def test_comparing_checks_its_arguments() -> None:
    scenario = small_game(7, 2, 2)
    with pytest.raises(bb.InvalidValue, match="seat = 2"):
        bb.policy_difference(scenario, ["hero"] * 2, 2, "liar")
    assert bb.policy_difference(small_game(8, 2, 8), ["hero"] * 8, 0, "liar").nights > 0
