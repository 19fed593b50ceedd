"""Facts about the fault catalogue: its form, its trees, and what reading it in changes."""

import itertools
import json
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from customers.models import Priority
from dispatch.fault_catalogue import (
    CatalogueRefused,
    load_catalogue,
    read_catalogue,
    shipped_catalogue,
)
from dispatch.fault_trees import Tree, in_order, tree_problems
from dispatch.models import FaultAlarm, FaultCode
from dispatch.parts import WANTED_PERCENT, demand_of, likely_parts
from inventory.models import PartFamily
from tests.factories import add_device, add_fault, add_part

SYMPTOMS = {
    "printer": {"PRINTER-JAM", "PRINTER-FADED", "PRINTER-DEAD"},
    "screen": {"SCREEN-CRACKED", "SCREEN-NO-TOUCH"},
    "keyboard": {"KEYBOARD-DEAD"},
    "battery": {"BATTERY-NO-CHARGE", "BATTERY-SWOLLEN"},
    "card_reader": {"READER-CHIP", "READER-CONTACTLESS", "READER-STRIPE"},
    "network": {"NETWORK-SIM", "NETWORK-WIFI", "NETWORK-ETHERNET"},
    "software": {"SOFTWARE-CRASH", "SOFTWARE-LOGIN", "SOFTWARE-UPDATE", "DATA-LOSS"},
    "power": {"POWER-DEAD"},
}


def jam(**changes: Any) -> dict[str, Any]:
    return {
        "code": "JAM",
        "subject": "printer",
        "name_en": "Jammed",
        "name_zh": "卡纸",
        "priority": "P2",
        "minutes": 30,
        "skills": {"printer": 2},
        "parts": [{"family": "printer", "percent": 25}],
        "causes": [{"key": "paper", "name_en": "Paper", "name_zh": "纸", "probability": 100}],
        "alarms": ["PRN-JAM"],
        "first_step": "lid",
        "steps": [{"key": "lid", "text_en": "Lid?", "text_zh": "盖？", "yes": "fixed", "no": "visit"}],
    } | changes


def catalogue(*faults: dict[str, Any]) -> bytes:
    return json.dumps({"faults": faults}).encode()


def refused(content: bytes) -> list[tuple[str, str]]:
    with pytest.raises(CatalogueRefused) as refusal:
        read_catalogue(content)
    return [(problem.place, problem.code) for problem in refusal.value.problems]


class TestShipped:
    def test_every_symptom_of_a_terminal_is_in_it(self) -> None:
        codes: dict[str, set[str]] = {}
        for fault in shipped_catalogue():
            codes.setdefault(fault.subject, set()).add(fault.code)

        assert all(wanted <= codes[subject] for subject, wanted in SYMPTOMS.items())

    def test_every_symptom_has_a_tree_of_two_to_six_steps_causes_and_alarms(self) -> None:
        for fault in shipped_catalogue():
            if fault.subject == "order":
                continue
            assert 2 <= len(fault.steps) <= 6, fault.code
            assert sum(cause.probability for cause in fault.causes) == 100, fault.code
            assert fault.skills, fault.code
            assert fault.alarms or fault.code in {"SCREEN-CRACKED", "KEYBOARD-STICKY"}, fault.code

    def test_nobody_who_follows_a_tree_gets_lost(self) -> None:
        assert tree_problems({fault.code: fault.tree for fault in shipped_catalogue()}) == []

    def test_it_is_read_in_whole_and_again_without_a_change(self, session: Session) -> None:
        faults = shipped_catalogue()

        first, second = load_catalogue(session, faults), load_catalogue(session, faults)

        assert (first.added, first.updated) == (len(faults), 0)
        assert (second.added, second.updated) == (0, len(faults))
        assert session.scalar(sa.select(sa.func.count(FaultCode.id))) == len(faults)


class TestTrees:
    @pytest.mark.parametrize(
        ("steps", "code"),
        [
            ({"a": ("b", "visit")}, "no_such_step"),
            ({"a": ("fault:NOPE", "visit")}, "no_such_fault"),
            ({"a": ("fixed", "visit"), "b": ("fixed", "visit")}, "never_reached"),
            ({"a": ("b", "visit"), "b": ("a", "fixed")}, "goes_in_a_circle"),
            ({"a": ("a", "visit")}, "goes_in_a_circle"),
            ({"a": ("fault:T", "visit")}, "goes_in_a_circle"),
        ],
    )
    def test_what_leads_nowhere_is_found(self, steps: dict[str, tuple[str, str]], code: str) -> None:
        assert [problem.code for problem in tree_problems({"T": Tree("a", steps)})] == [code]

    def test_a_circle_through_several_faults_is_told_in_the_order_of_walking(self) -> None:
        trees = {
            "A": Tree("a", {"a": ("fault:B", "visit")}),
            "B": Tree("b", {"b": ("c", "visit"), "c": ("fixed", "fault:A")}),
        }

        (problem,) = tree_problems(trees)

        steps = problem.facts["steps"].split(" → ")
        following = {"A/a": "B/b", "B/b": "B/c", "B/c": "A/a"}
        assert len(steps) == 4
        assert all(following[here] == there for here, there in itertools.pairwise(steps))

    def test_steps_are_listed_as_people_come_to_them(self) -> None:
        tree = Tree("a", {"c": ("fixed", "visit"), "b": ("c", "visit"), "a": ("b", "c")})

        assert in_order(tree) == ["a", "b", "c"]

    @given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=6), st.data())
    def test_what_is_found_sound_ends_whatever_is_answered(
        self, targets: list[tuple[int, int]], data: st.DataObject
    ) -> None:
        names = [*(str(position) for position in range(6)), "fixed", "visit"]
        tree = Tree("0", {str(at): (names[yes], names[no]) for at, (yes, no) in enumerate(targets)})
        if tree_problems({"T": tree}):
            return

        here, walked = "0", 0
        while here in tree.steps:
            here = tree.steps[here][data.draw(st.integers(0, 1))]
            walked += 1

        assert here in {"fixed", "visit"}
        assert walked <= len(tree.steps)


class TestReading:
    def test_what_is_not_said_has_its_usual_value(self) -> None:
        (fault,) = read_catalogue(
            catalogue({"code": "X", "name_en": "X", "name_zh": "X", "priority": "P3", "minutes": 5})
        )

        assert (fault.tree, fault.parts, fault.by_damage, fault.subject) == (Tree(), [], False, "")

    @pytest.mark.parametrize(
        ("fault", "place", "code"),
        [
            (jam(minutes=0), "JAM.minutes", "not_in_range"),
            (jam(minutes=True), "JAM.minutes", "not_in_range"),
            (jam(minutes="30"), "JAM.minutes", "not_in_range"),
            (jam(priority="P9"), "JAM.priority", "not_a_choice"),
            (jam(name_zh=""), "JAM.name_zh", "not_text"),
            (jam(name_en=None), "JAM.name_en", "missing"),
            (jam(code="J M"), "J M.code", "not_a_key"),
            (jam(skills={"printer": 4}), "JAM.skills.printer", "not_in_range"),
            (jam(skills=["printer"]), "JAM.skills", "not_an_object"),
            (jam(parts=[{"family": "wheel"}]), "JAM.parts[0].family", "not_a_choice"),
            (jam(parts=[{"family": "printer", "percent": 0}]), "JAM.parts[0].percent", "not_in_range"),
            (jam(parts=[{"family": "printer"}, {"family": "printer"}]), "JAM.parts", "named_twice"),
            (jam(causes=[{"key": "a", "name_en": "A", "name_zh": "A", "probability": 99}]), "JAM.causes", "not_100"),
            (jam(steps={"a": 1}), "JAM.steps", "not_a_list"),
            (jam(steps=[None]), "JAM.steps[0]", "not_an_object"),
            (jam(surprise=1), "JAM.surprise", "unknown_member"),
            (jam(by_damage="yes"), "JAM.by_damage", "not_true_or_false"),
        ],
    )
    def test_what_is_wrong_is_told_by_its_place(self, fault: dict[str, Any], place: str, code: str) -> None:
        assert (place, code) in refused(catalogue(fault))

    def test_a_code_or_an_alarm_that_two_faults_claim_is_refused(self) -> None:
        assert refused(catalogue(jam(), jam(code="OTHER"))) == [("OTHER.alarms", "named_twice")]
        assert ("JAM.code", "named_twice") in refused(catalogue(jam(), jam()))

    @pytest.mark.parametrize(
        "content",
        [b"", b"[]", b"{}", b'{"faults": {}}', b"\xff\xfe", b"[" * 100_000, b"x" * 5_000_000],
        ids=["empty", "list", "nothing", "no list", "no text", "deep", "giant"],
    )
    def test_what_is_no_catalogue_is_refused(self, content: bytes) -> None:
        assert len(refused(content)) == 1

    def test_every_entry_is_judged_before_anything_is_refused(self) -> None:
        assert len(refused(catalogue(jam(minutes=0), jam(code="B", alarms=[], priority="P9"), 7))) >= 3  # type: ignore[arg-type]


class TestWriting:
    def test_a_fault_is_written_over_with_its_steps_parts_and_alarms(self, session: Session) -> None:
        load_catalogue(session, read_catalogue(catalogue(jam())))
        other = jam(
            priority="P1",
            parts=[{"family": "printer", "percent": 80}, {"family": "battery"}],
            alarms=["PRN-LID"],
            first_step="roll",
            steps=[
                {"key": "roll", "text_en": "Roll?", "text_zh": "卷？", "yes": "lid", "no": "visit"},
                {"key": "lid", "text_en": "Now?", "text_zh": "现在？", "yes": "fixed", "no": "visit"},
            ],
        )

        load_catalogue(session, read_catalogue(catalogue(other)))

        session.expire_all()
        fault = session.scalars(sa.select(FaultCode)).one()
        assert (fault.default_priority, fault.first_step) == (Priority.P1, "roll")
        assert {step.key: step.text_en for step in fault.steps} == {"roll": "Roll?", "lid": "Now?"}
        assert {line.family: line.percent for line in fault.parts} == {PartFamily.PRINTER: 80, PartFamily.BATTERY: 100}
        assert session.scalars(sa.select(FaultAlarm.code)).all() == ["PRN-LID"]

    def test_an_alarm_moves_to_the_fault_that_claims_it_now(self, session: Session) -> None:
        load_catalogue(session, read_catalogue(catalogue(jam())))

        load_catalogue(session, read_catalogue(catalogue(jam(code="OTHER"))))

        session.expire_all()
        assert session.get_one(FaultAlarm, "PRN-JAM").fault.code == "OTHER"

    def test_a_tree_may_lead_to_a_fault_that_is_there_already(self, session: Session) -> None:
        add_fault(session, code="POWER")
        steps = [{"key": "lid", "text_en": "?", "text_zh": "？", "yes": "fixed", "no": "fault:POWER"}]

        assert load_catalogue(session, read_catalogue(catalogue(jam(steps=steps)))).added == 1

    def test_a_tree_that_leads_nowhere_writes_nothing(self, session: Session) -> None:
        steps = [{"key": "lid", "text_en": "?", "text_zh": "？", "yes": "fixed", "no": "fault:NOPE"}]

        with pytest.raises(CatalogueRefused) as refusal:
            load_catalogue(session, read_catalogue(catalogue(jam(steps=steps))))

        assert "“NOPE”" in refusal.value.problems[0].reason
        assert session.scalar(sa.select(sa.func.count(FaultCode.id))) == 0


class TestParts:
    def test_a_part_that_is_needed_in_half_of_the_cases_is_taken_along(self, session: Session) -> None:
        device = add_device(session)
        battery, board = add_part(session), add_part(session, family=PartFamily.MAINBOARD)
        fault = add_fault(session, parts={PartFamily.BATTERY: 1, PartFamily.MAINBOARD: 1})
        for line in fault.parts:
            line.percent = WANTED_PERCENT if line.family is PartFamily.BATTERY else WANTED_PERCENT - 1

        assert demand_of(session, fault, device) == {battery.id: 1}
        found = [(likely.part, likely.is_wanted) for likely in likely_parts(session, fault, device)]
        assert found == [(battery, True), (board, False)]

    def test_an_unlikely_part_that_does_not_exist_is_left_out(self, session: Session) -> None:
        fault = add_fault(session, parts={PartFamily.MAINBOARD: 1})
        fault.parts[0].percent = 20

        assert likely_parts(session, fault, add_device(session)) == []
