"""Facts about what is named before planning: every job that cannot be planned, and why."""

import datetime as dt

from sqlalchemy.orm import Session

from dispatch.models import Absence, Job
from dispatch.models.jobs import JobStatus
from dispatch.models.workforce import AbsenceReason
from dispatch.planning import gate
from dispatch.planning.pins import NewPin, pin_job
from tests.dispatch.planning.conftest import plan_monday
from tests.factories import MONDAY, add_device, add_job, add_shift, add_site, add_technician, at


def reasons(session: Session, last_day: dt.date | None = None) -> dict[int, str]:
    return {line.job.id: line.reason for line in gate(session, day=MONDAY, last_day=last_day)}


def job_at(session: Session, **site: object) -> Job:
    return add_job(session, device=add_device(session, site=add_site(session, **site)))  # type: ignore[arg-type]


def test_a_sound_day_has_nothing_to_name(session: Session) -> None:
    add_shift(session, add_technician(session))
    add_job(session)

    assert gate(session, day=MONDAY) == []


def test_every_job_that_cannot_be_planned_is_named_once_with_its_reason(session: Session) -> None:
    add_shift(session, add_technician(session, skills={"battery": 1}))
    add_technician(session, skills={"printer": 3})
    nowhere = job_at(session, position=None)
    closed = job_at(session, hours={"tue": [["09:00", "18:00"]]})
    waiting = add_job(session, status=JobStatus.WAITING_PARTS)
    passed = add_job(session, window=(at(6), at(7)))
    rare = add_job(session, skills={"mainboard": 3})
    off_duty = add_job(session, skills={"printer": 2})
    long = add_job(session, minutes=11 * 60)
    unfinished = add_job(session, status=JobStatus.INCOMPLETE)

    assert reasons(session) == {
        nowhere.id: "no_position",
        closed.id: "closed_today",
        waiting.id: "parts_nowhere",
        passed.id: "window_passed",
        rare.id: "skill_nobody",
        off_duty.id: "skill_absent",
        long.id: "too_long",
        unfinished.id: "incomplete",
    }


def test_the_gate_names_what_the_plan_leaves_out_for_good(session: Session) -> None:
    add_shift(session, add_technician(session))
    job_at(session, position=None)
    add_job(session, skills={"mainboard": 3})
    add_job(session)

    named = reasons(session)

    assert {row.job_id for row in plan_monday(session).left_out} == set(named)


def test_a_shop_that_opens_tomorrow_passes_a_gate_of_two_days(session: Session) -> None:
    technician = add_technician(session)
    for day in (MONDAY, MONDAY + dt.timedelta(days=1)):
        add_shift(session, technician, day=day)
    job = job_at(session, hours={"tue": [["09:00", "18:00"]]})

    assert reasons(session) == {job.id: "closed_today"}
    assert reasons(session, MONDAY + dt.timedelta(days=1)) == {}


def test_a_tie_to_somebody_who_fell_ill_since_is_named_with_the_refusal(session: Session) -> None:
    technician = add_technician(session, name="Ana")
    for one in (technician, add_technician(session)):
        add_shift(session, one)
    job = add_job(session)
    to = NewPin(technician_id=technician.id, starts_at=at(10))
    pin_job(session, job_id=job.id, to=to, reason="Knows it.", actor_id=None)
    session.add(
        Absence(technician=technician, starts_at=at(8), ends_at=at(17), reason=AbsenceReason.SICK, noted_at=at(7))
    )
    session.flush()

    line = gate(session, day=MONDAY)[0]

    assert (line.job.id, line.reason) == (job.id, "pin_contradicts")
    assert "Ana is absent 2026-11-23 08:00 - 17:00" in str(line.facts["refusal"])


def test_a_tie_to_somebody_who_does_not_work_that_day_is_named(session: Session) -> None:
    add_shift(session, add_technician(session))
    off_duty = add_technician(session, name="Rui")
    job = add_job(session)
    pin_job(session, job_id=job.id, to=NewPin(technician_id=off_duty.id), reason="Knows it.", actor_id=None)

    line = gate(session, day=MONDAY)[0]

    assert (line.reason, line.facts) == ("pin_absent", {"technician": "Rui"})


def test_a_day_without_shifts_says_that_nobody_works(session: Session) -> None:
    job = add_job(session)

    assert reasons(session) == {job.id: "nobody_works"}
