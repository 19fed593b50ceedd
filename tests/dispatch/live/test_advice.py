"""Why nobody makes a job, what would help, and carrying that out."""

import datetime as dt

import pytest
import sqlalchemy as sa

from dispatch.live.advice import WhyNot, why_not
from dispatch.live.choices import Asked
from dispatch.live.errors import FixGone
from dispatch.live.fixes import apply_fix, prepare_fix
from dispatch.models import Job, Shift
from dispatch.models.jobs import JobStatus
from inventory.audit import find_differences
from inventory.models import Transfer
from tests.dispatch.live.conftest import Day
from tests.factories import MONDAY, add_part, add_shift, add_stock, at


def asked(job: Job) -> Asked:
    return Asked(job.id, job.number)


def fix_of(answer: WhyNot, kind: str) -> object:
    return next(fix for fix in answer.fixes if fix.kind == kind)


def carry_out(day: Day, job: Job, kind: str) -> None:
    fix = next(fix for fix in why_not(day.bench, asked(job), MONDAY).fixes if fix.kind == kind)
    apply_fix(day.session, prepare_fix(day.bench, asked(job), MONDAY, fix.key), actor_id=None)
    day.session.flush()


def test_each_technician_has_a_reason(day: Day) -> None:
    ana, ben = day.technicians
    ana.skills[0].skill = "screen"
    day.add_job(east=8)
    day.publish()
    job = day.add_job(skills={"screen": 1}, window=(at(6), at(7)))

    answer = why_not(day.bench, asked(job), MONDAY)

    assert answer.state == "left_out"
    against = {one.technician_id: one.why.code for one in answer.against}
    assert against[ben.id] == "skill"
    # Its hour is over: Ana could come late, and nothing but the price stands against it.
    assert against[ana.id] == "nothing"


def test_overtime_that_would_help_is_named_and_granted(day: Day) -> None:
    ana, ben = day.technicians
    ben.skills.clear()
    day.session.flush()
    day.publish_empty()
    # Nine hours for a day of nine hours, the drive to it not counted.
    job = day.add_job(east=-8, minutes=9 * 60 - 5, skills={"battery": 1})

    answer = why_not(day.bench, asked(job), MONDAY)
    fix = next(fix for fix in answer.fixes if fix.kind == "overtime")
    assert fix.technician_id == ana.id
    assert 0 < fix.facts["minutes"] < 30

    carry_out(day, job, "overtime")

    assert job.status is JobStatus.DISPATCHED
    assert day.by(ana) == [job.number]
    shift = day.session.scalars(sa.select(Shift).where(Shift.technician_id == ana.id)).one()
    assert (shift.overtime_seconds, shift.is_exception, shift.version) == (fix.facts["seconds"], True, 2)


def test_another_window_is_renegotiated_and_the_technician_sent(day: Day) -> None:
    ana, ben = day.technicians
    for technician in (ana, ben):
        shift = day.session.scalars(sa.select(Shift).where(Shift.technician_id == technician.id)).one()
        shift.starts_at = at(11)
    day.session.flush()
    day.publish_empty()
    job = day.add_job(east=-8, window=(at(9), at(10)))

    answer = why_not(day.bench, asked(job), MONDAY)
    fix = next(fix for fix in answer.fixes if fix.kind == "promise")
    assert fix.facts["window"] == (at(9), at(11, 15))

    carry_out(day, job, "promise")

    assert (job.window_start, job.window_end) == (at(9), at(11, 15))
    assert day.by(ana) == [job.number]


def test_a_piece_in_a_colleagues_van_is_asked_for(day: Day) -> None:
    ana, ben = day.technicians
    ben.skills.clear()
    battery = add_part(day.session)
    add_stock(day.session, ben.trunk, battery, 1)
    day.add_job(east=8)
    day.publish()
    job = day.add_job(east=-8, skills={"battery": 1}, status=JobStatus.WAITING_PARTS)
    day.need(job, battery)

    answer = why_not(day.bench, asked(job), MONDAY)
    fix = next(fix for fix in answer.fixes if fix.kind == "hand_over")
    assert (fix.technician_id, fix.facts["from_id"], fix.facts["pieces"]) == (ana.id, ben.id, {battery.sku: 1})

    carry_out(day, job, "hand_over")

    transfer = day.session.scalars(sa.select(Transfer)).one()
    assert (transfer.from_place_id, transfer.to_place_id) == (ben.trunk_id, ana.trunk_id)
    assert job.status is JobStatus.WAITING_PARTS
    line = job.parts[0]
    assert line.reservation is not None
    assert line.reservation.place_id == ben.trunk_id
    assert find_differences(day.session) == []


def test_tomorrow_is_offered_and_the_job_is_tied_to_it(day: Day) -> None:
    ana, ben = day.technicians
    tomorrow = MONDAY + dt.timedelta(days=1)
    add_shift(day.session, ana, day=tomorrow)
    day.publish_empty()
    for technician in (ana, ben):
        today = day.session.scalars(
            sa.select(Shift).where(Shift.technician_id == technician.id, Shift.day == MONDAY)
        ).one()
        today.ends_at = at(8, 30)
    job = day.add_job(east=-8, minutes=60)

    answer = why_not(day.bench, asked(job), MONDAY)
    fix = next(fix for fix in answer.fixes if fix.kind == "another_day")
    assert (fix.technician_id, fix.facts["day"], fix.starts_at.date()) == (ana.id, tomorrow, tomorrow)

    carry_out(day, job, "another_day")

    day.session.refresh(job)
    assert job.pin is not None
    assert (job.pin.technician_id, job.pin.window_start) == (ana.id, fix.starts_at)


def test_a_visit_in_time_needs_no_help(day: Day) -> None:
    job = day.add_job(east=-8)
    day.publish()

    assert why_not(day.bench, asked(job), MONDAY).state == "in_time"


def test_what_keeps_a_job_from_being_planned_at_all_is_said(day: Day) -> None:
    day.publish_empty()
    job = day.add_job()
    job.site.lat = job.site.lon = None
    day.session.flush()

    assert why_not(day.bench, asked(job), MONDAY).state == "no_position"


def test_a_fix_that_no_longer_helps_is_refused(day: Day) -> None:
    job = day.add_job(east=-8)
    day.publish()

    with pytest.raises(FixGone):
        prepare_fix(day.bench, asked(job), MONDAY, "overtime-1")
