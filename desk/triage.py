"""Triage: walking the decision tree of a symptom with the caller, one answer at a time, and one step back."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.accounts import User
from desk.errors import FieldTooLong, NothingTried, StepAnswered, StepOutOfOrder, TicketIncomplete
from desk.models import Ticket, TicketState, TicketTrial
from desk.tickets import NOTE_LENGTH, UNSETTLED, end, lock_ticket, note, refuse_unless, use_fault, withdraw_estimate
from dispatch.fault_trees import End, fault_named
from dispatch.faults import fault_by_code
from dispatch.models import FaultCode, FaultStep


@dataclass(frozen=True)
class Standing:
    """Where a ticket stands in the tree of its symptom: at a step to try, or at an end; neither without a tree."""

    step: FaultStep | None = None
    end: End | None = None


def standing(ticket: Ticket) -> Standing:
    """
    Return the step to try next, or how the tree ended.

    The last answer leads on as long as the ticket still has the symptom that it was given for; another symptom is
    walked from its beginning. A step that the catalogue no longer has begins its tree anew.
    """
    if ticket.fault is None:
        return Standing()
    target = ticket.fault.first_step
    if ticket.trials and ticket.trials[-1].fault_id == ticket.fault.id:
        target = _target(ticket.fault, ticket.trials[-1]) or target
    if target in set(End):
        return Standing(end=End(target))
    return Standing(step=_step(ticket.fault, target))


def record_trial(
    session: Session,
    *,
    ticket_id: int,
    fault_code: str,
    step_key: str,
    answer: bool,
    text: str = "",
    actor_id: int | None,
) -> Ticket:
    """
    Record what was tried and what came of it, and go on.

    The answer may end in a remote fix, which closes the ticket, or go on with the tree of another symptom, which the
    ticket then has. Raises StepOutOfOrder if the step is not the one to try now: the page was an old one.
    """
    ticket = lock_ticket(session, ticket_id)
    step = standing(ticket).step
    if step is None or ticket.fault is None or (ticket.fault.code, step.key) != (fault_code, step_key):
        raise _out_of_order(session, ticket, fault_code, step_key)
    refuse_unless(ticket, *UNSETTLED)
    if len(text.strip()) > NOTE_LENGTH:
        raise FieldTooLong(field="note", length=len(text.strip()), most=NOTE_LENGTH)
    ticket.trials.append(
        TicketTrial(
            at=clock.now(),
            user_id=actor_id,
            fault_id=ticket.fault.id,
            step_key=step.key,
            text_en=step.text_en,
            text_zh=step.text_zh,
            answer=answer,
            note=text.strip(),
        )
    )
    _lead_on(session, ticket, ticket.fault, step.on_yes if answer else step.on_no, actor_id=actor_id)
    return ticket


def step_back(session: Session, *, ticket_id: int, version: int | None = None, actor_id: int | None) -> Ticket:
    """Take the last answer back, which stays in the history; the step is to be tried again."""
    ticket = lock_ticket(session, ticket_id, version=version)
    refuse_unless(ticket, *UNSETTLED)
    if not ticket.trials:
        raise NothingTried(number=ticket.number)
    last = ticket.trials.pop()
    if last.fault_id != ticket.fault_id:
        # The answer had led to another symptom.
        use_fault(session, ticket, session.get_one(FaultCode, last.fault_id))
        withdraw_estimate(ticket)
    note(session, ticket, "step_back", actor_id=actor_id, **_told(last))
    return ticket


def _lead_on(session: Session, ticket: Ticket, fault: FaultCode, target: str, *, actor_id: int | None) -> None:
    """Go where the last answer leads."""
    told = _told(ticket.trials[-1])
    if target == End.FIXED:
        end(session, ticket, TicketState.FIXED_REMOTELY, "fix_remotely", "", actor_id=actor_id, **told)
        return
    other = fault_named(target)
    if other is None:
        note(session, ticket, "try", actor_id=actor_id, **told)
        return
    use_fault(session, ticket, fault_by_code(session, other))
    withdraw_estimate(ticket)
    note(session, ticket, "try", actor_id=actor_id, **told, fault=[fault.code, other])


def _told(trial: TicketTrial) -> dict[str, object]:
    return {"text_en": trial.text_en, "text_zh": trial.text_zh, "answer": trial.answer, "note": trial.note}


def _target(fault: FaultCode, trial: TicketTrial) -> str | None:
    """Where the answer of a trial leads by the catalogue of today; None if its step is gone, or has moved elsewhere."""
    step = _step(fault, trial.step_key)
    if step is None:
        return None
    target = step.on_yes if trial.answer else step.on_no
    return target if target in set(End) or _step(fault, target) is not None else None


def _step(fault: FaultCode, key: str | None) -> FaultStep | None:
    return next((step for step in fault.steps if step.key == key), None)


def _out_of_order(session: Session, ticket: Ticket, fault_code: str, step_key: str) -> Exception:
    """Why a step cannot be answered now: it was already, or the symptom is another one, or there is none."""
    if ticket.fault is None:
        return TicketIncomplete(number=ticket.number, missing="fault")
    answered = session.execute(
        sa.select(TicketTrial.at, User.name)
        .join(FaultCode, FaultCode.id == TicketTrial.fault_id)
        .outerjoin(User, User.id == TicketTrial.user_id)
        .where(TicketTrial.ticket_id == ticket.id, FaultCode.code == fault_code, TicketTrial.step_key == step_key)
        .order_by(TicketTrial.id.desc())
        .limit(1)
    ).first()
    if answered is None:
        return StepOutOfOrder(number=ticket.number)
    return StepAnswered(number=ticket.number, name=answered.name or "–", at=answered.at)
