"""Facts about walking the tree of a symptom."""

import itertools

import pytest
from sqlalchemy.orm import Session

from desk import tickets
from desk.errors import FieldTooLong, NothingTried, StepAnswered, StepOutOfOrder, TicketNotOpen
from desk.models import Ticket, TicketState
from desk.queries import briefings
from desk.triage import record_trial, standing, step_back
from dispatch.fault_catalogue import load_catalogue, shipped_catalogue
from dispatch.fault_trees import End
from tests.desk.conftest import add_tree, take_in
from tests.factories import add_device, add_fault, add_person, at

pytestmark = pytest.mark.usefixtures("seven_thirty")


def answer(session: Session, ticket: Ticket, *, yes: bool, actor_id: int | None = None, text: str = "") -> Ticket:
    """Answer the step that the ticket stands at."""
    step = standing(ticket).step
    assert step is not None
    assert ticket.fault is not None
    return record_trial(
        session,
        ticket_id=ticket.id,
        fault_code=ticket.fault.code,
        step_key=step.key,
        answer=yes,
        text=text,
        actor_id=actor_id,
    )


@pytest.fixture
def ticket(session: Session) -> Ticket:
    """A ticket with two steps to try, and two in the tree of another fault."""
    add_tree(session, {"charger": ("fixed", "visit")}, code="POWER")
    add_tree(session, {"lid": ("roll", "visit"), "roll": ("fixed", "fault:POWER")}, code="JAM")
    return take_in(session, fault_code="JAM")


def test_an_answer_leads_to_the_next_step_and_is_kept_with_its_time(session: Session, ticket: Ticket) -> None:
    ana = add_person(session, name="Ana")

    answer(session, ticket, yes=True, actor_id=ana.id, text="only just")

    step = standing(ticket).step
    assert step is not None
    assert step.key == "roll"
    trial = ticket.trials[0]
    assert (trial.text_en, trial.text_zh, trial.answer, trial.note) == ("lid?", "lid？", True, "only just")
    assert (trial.at, trial.user_id) == (at(7, 30), ana.id)


def test_a_remote_fix_closes_the_ticket(session: Session, ticket: Ticket) -> None:
    answer(session, ticket, yes=True)
    answer(session, ticket, yes=True)

    assert ticket.state is TicketState.FIXED_REMOTELY
    assert ticket.closed_at == at(7, 30)


def test_when_somebody_has_to_come_the_ticket_stays_open(session: Session, ticket: Ticket) -> None:
    answer(session, ticket, yes=False)

    assert standing(ticket).end is End.VISIT
    assert ticket.state is TicketState.OPEN


def test_an_answer_can_lead_to_another_symptom_and_back_again(session: Session, ticket: Ticket) -> None:
    answer(session, ticket, yes=True)
    answer(session, ticket, yes=False)
    assert ticket.fault is not None
    assert ticket.fault.code == "POWER"
    step = standing(ticket).step
    assert step is not None
    assert step.key == "charger"

    step_back(session, ticket_id=ticket.id, actor_id=None)

    assert ticket.fault.code == "JAM"
    step = standing(ticket).step
    assert step is not None
    assert step.key == "roll"
    assert [trial.step_key for trial in ticket.trials] == ["lid"]
    taken_back = ticket.events[-1]
    assert (taken_back.action, taken_back.facts["text_en"], taken_back.facts["answer"]) == ("step_back", "roll?", False)


def test_an_answer_from_a_stale_page_names_who_answered(session: Session, ticket: Ticket) -> None:
    ana = add_person(session, name="Ana")
    answer(session, ticket, yes=True, actor_id=ana.id)

    with pytest.raises(StepAnswered) as refusal:
        record_trial(session, ticket_id=ticket.id, fault_code="JAM", step_key="lid", answer=False, actor_id=None)

    assert refusal.value.facts["name"] == "Ana"
    assert len(ticket.trials) == 1


@pytest.mark.parametrize(("fault", "step"), [("JAM", "roll"), ("JAM", "nope"), ("POWER", "charger")])
def test_a_step_that_is_not_the_next_one_is_refused(session: Session, ticket: Ticket, fault: str, step: str) -> None:
    with pytest.raises(StepOutOfOrder):
        record_trial(session, ticket_id=ticket.id, fault_code=fault, step_key=step, answer=True, actor_id=None)


def test_another_symptom_begins_its_own_tree(session: Session, ticket: Ticket) -> None:
    answer(session, ticket, yes=True)

    tickets.change_ticket(
        session, ticket_id=ticket.id, version=ticket.version, changes={"fault_code": "POWER"}, actor_id=None
    )

    step = standing(ticket).step
    assert step is not None
    assert step.key == "charger"
    assert len(ticket.trials) == 1


def test_a_symptom_without_a_tree_has_nothing_to_try(session: Session) -> None:
    found = standing(take_in(session, fault_code=add_fault(session).code))

    assert (found.step, found.end) == (None, None)


def test_without_trials_there_is_no_step_back(session: Session, ticket: Ticket) -> None:
    with pytest.raises(NothingTried):
        step_back(session, ticket_id=ticket.id, actor_id=None)


def test_on_a_ticket_that_is_fixed_nothing_is_taken_back(session: Session, ticket: Ticket) -> None:
    answer(session, ticket, yes=True)
    answer(session, ticket, yes=True)

    with pytest.raises(TicketNotOpen):
        step_back(session, ticket_id=ticket.id, actor_id=None)


def test_a_giant_remark_is_refused(session: Session, ticket: Ticket) -> None:
    with pytest.raises(FieldTooLong):
        answer(session, ticket, yes=True, text="x" * 301)


def test_a_catalogue_that_changed_meanwhile_begins_the_tree_anew(session: Session, ticket: Ticket) -> None:
    answer(session, ticket, yes=True)
    assert ticket.fault is not None
    add_tree(session, {"cable": ("fixed", "visit")}, fault=ticket.fault)

    step = standing(ticket).step

    assert step is not None
    assert step.key == "cable"
    assert ticket.trials[0].text_en == "lid?"


def test_trials_stand_on_the_job(session: Session, ticket: Ticket) -> None:
    answer(session, ticket, yes=False)
    device = add_device(session, serial="SN-1")
    tickets.change_ticket(
        session, ticket_id=ticket.id, version=ticket.version, changes={"device_serial": "SN-1"}, actor_id=None
    )

    job = tickets.hand_over(session, ticket_id=ticket.id, actor_id=None)

    assert job.device == device
    assert [trial.step_key for trial in briefings(session, [job])[job.id].trials] == ["lid"]


def test_every_walk_through_the_shipped_catalogue_ends(session: Session) -> None:
    load_catalogue(session, shipped_catalogue())
    faults = [fault for fault in shipped_catalogue() if fault.steps]

    for fault, answers in itertools.product(faults, ([True] * 30, [False] * 30, [True, False] * 15)):
        ticket = take_in(session, fault_code=fault.code)
        for yes in answers:
            if standing(ticket).step is None or ticket.state is not TicketState.OPEN:
                break
            answer(session, ticket, yes=yes)
        assert standing(ticket).end is not None, fault.code
