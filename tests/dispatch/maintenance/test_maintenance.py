"""Facts about maintenance plans and the jobs that are made of them."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from time_machine import Traveller, travel

from core.errors import DomainError
from core.firm import Firm, write_firm
from customers.errors import NoServiceTarget
from customers.models import Device, Priority
from dispatch.jobs import cancel_job
from dispatch.maintenance import Terms, add_plan, change_plan, make_jobs, preview, set_plan_active
from dispatch.maintenance import errors as refusals
from dispatch.maintenance.plans import jobs_of, plan_by_code, plans, terms_of
from dispatch.models import Job, JobEvent, MaintenanceJob, MaintenancePlan
from dispatch.models.jobs import JobKind, JobStatus
from dispatch.planning.snapshot import take_snapshot
from dispatch.recurrence import RuleNeverOccurs, read_rule
from dispatch.workforce.errors import SkillLevelOutOfRange
from inventory.errors import UnknownPart
from tests.factories import (
    MONDAY,
    ZONE,
    add_contract,
    add_device,
    add_job,
    add_part,
    add_person,
    add_place,
    add_site,
    add_stock,
    add_technician,
    add_visit,
    at,
)

DAY = dt.timedelta(days=1)
MONTHLY = "FREQ=MONTHLY;BYMONTHDAY=1"
# The first of December is a Tuesday, eight days from the test Monday.
FIRST = dt.date(2026, 12, 1)


@pytest.fixture(autouse=True)
def seven_thirty(session: Session) -> Iterator[Traveller]:
    write_firm(session, Firm("Test", ZoneInfo(ZONE)))
    with travel(at(7, 30), tick=False) as clock:
        yield clock


@pytest.fixture
def device(session: Session) -> Device:
    return add_device(session, serial="SN-1")


def terms(device: Device, /, **given: Any) -> Terms:
    contract = given.pop("contract", None) or device.site.contract
    known: dict[str, Any] = {
        "name": "Clean the printer",
        "rule": MONTHLY,
        "starts_on": MONDAY,
        "duration_seconds": 1800,
    }
    return Terms(contract=contract, **known | given)


def plan_for(session: Session, device: Device, /, **given: Any) -> MaintenancePlan:
    return add_plan(session, code=given.pop("code", "PM"), terms=terms(device, **given), actor_id=None)


def made(session: Session) -> list[Job]:
    jobs = make_jobs(session).jobs
    session.flush()
    return list(jobs)


def end_of(day: dt.date) -> dt.datetime:
    return at(0, day=day + DAY)


def test_a_job_is_made_ahead_of_its_due_day_and_owed_by_the_end_of_the_tolerance(
    session: Session, device: Device
) -> None:
    plan_for(session, device, skills={"printer": 2}, description="Brush and blow.")

    [job] = made(session)

    assert (job.kind, job.priority, job.status) == (JobKind.MAINTENANCE, Priority.P4, JobStatus.READY)
    assert (job.device, job.skills, job.description) == (device, {"printer": 2}, "Brush and blow.")
    assert job.response_due == job.resolution_due == end_of(FIRST + 7 * DAY)
    [row] = jobs_of(session, plan_by_code(session, "PM"))
    assert (row.due_on, row.job, row.together_with) == (FIRST, job, None)


def test_a_turn_is_made_once_though_its_job_was_cancelled(
    session: Session, device: Device, seven_thirty: Traveller
) -> None:
    plan_for(session, device)
    [job] = made(session)
    assert made(session) == []
    cancel_job(session, job_id=job.id, reason="The shop is closed.", actor_id=None)
    assert made(session) == []

    # A month later its next turn comes.
    seven_thirty.move_to(at(2, day=dt.date(2026, 12, 18)))
    assert [one.response_due for one in made(session)] == [end_of(dt.date(2027, 1, 8))]


def test_nothing_is_made_before_its_time(session: Session, device: Device) -> None:
    plan_for(session, device, ahead_days=7)

    assert made(session) == []


def test_every_device_of_the_scope_has_its_turn(session: Session) -> None:
    contract = add_contract(session)
    here, there = (add_site(session, contract=contract) for _ in range(2))
    first = add_device(session, site=here, model="A920")
    add_device(session, site=here, model="V200")
    add_device(session, site=there, model="A920")
    add_device(session, model="A920")

    def counted(**given: Any) -> int:
        return preview(session, terms(first, **given)).devices

    assert counted() == 3
    assert counted(site=here) == 2
    assert counted(model="A920") == 2
    assert counted(site=here, model="A920") == 1
    assert counted(device=first) == 1


def test_parts_are_wanted_for_each_job(session: Session, device: Device) -> None:
    part = add_part(session, sku="BRUSH")
    add_stock(session, add_place(session), part, 1)
    add_device(session, site=device.site)
    plan_for(session, device, parts={"BRUSH": 1})

    jobs = made(session)

    assert sorted(job.status for job in jobs) == [JobStatus.READY, JobStatus.WAITING_PARTS]
    assert [[line.part_id for line in job.parts] for job in jobs] == [[part.id], [part.id]]


def test_a_device_that_is_gone_has_no_turn(session: Session, device: Device, seven_thirty: Traveller) -> None:
    plan_for(session, device)
    device.site = add_site(session)
    session.flush()

    assert made(session) == []


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "count"),
    [
        (None, FIRST - DAY, 0),  # ended the day before
        (None, FIRST, 1),  # ends on the due day
        (FIRST + DAY, None, 0),  # begins the day after
        (FIRST, None, 1),  # begins on the due day
    ],
)
def test_the_contract_must_hold_on_the_due_day(
    session: Session, device: Device, starts_on: dt.date | None, ends_on: dt.date | None, count: int
) -> None:
    plan_for(session, device)
    device.site.contract.starts_on, device.site.contract.ends_on = starts_on, ends_on
    session.flush()

    jobs = made(session)

    assert len(jobs) == count
    # What is owed is owed within the contract.
    assert all(job.response_due == end_of(ends_on or FIRST + 7 * DAY) for job in jobs)


def test_a_plan_that_rests_makes_nothing_and_what_fell_due_is_not_made_up_for(
    session: Session, device: Device, seven_thirty: Traveller
) -> None:
    plan_for(session, device)
    set_plan_active(session, code="PM", version=1, active=False, actor_id=None)
    session.flush()
    assert made(session) == []

    seven_thirty.move_to(at(9, day=dt.date(2026, 12, 12)))
    set_plan_active(session, code="PM", version=2, active=True, actor_id=None)
    session.flush()

    assert made(session) == []


def test_what_could_have_been_done_in_the_tolerance_still_can(
    session: Session, device: Device, seven_thirty: Traveller
) -> None:
    plan_for(session, device)
    seven_thirty.move_to(at(9, day=dt.date(2026, 12, 8)))

    assert [job.response_due for job in made(session)] == [end_of(dt.date(2026, 12, 8))]


def test_the_planner_waits_for_the_first_day_of_the_tolerance(session: Session, device: Device) -> None:
    plan_for(session, device, tolerance_days=5)
    [job] = made(session)

    def planned(first: dt.date, last: dt.date) -> list[str]:
        return [one.number for one in take_snapshot(session, first, last).jobs]

    first = FIRST - 5 * DAY
    assert planned(MONDAY, first - DAY) == []
    assert planned(first, first) == [job.number]
    # In a horizon the windows begin with that day, too.
    [one] = take_snapshot(session, MONDAY, FIRST).jobs
    assert one.windows[0][0] == at(8, day=first)


def test_maintenance_goes_along_with_other_work_at_the_site(session: Session, device: Device) -> None:
    """A printer is to be repaired on Wednesday, 25 November; its cleaning is due on the first of December."""
    wednesday = MONDAY + 2 * DAY
    repair = add_job(session, device=device, window=(at(9, day=wednesday), at(11, day=wednesday)))
    plan_for(session, device, ahead_days=0)

    [job] = made(session)

    assert job.response_due == end_of(wednesday)
    [row] = jobs_of(session, plan_by_code(session, "PM"))
    assert (row.due_on, row.together_with) == (FIRST, repair)
    told = session.scalars(sa.select(JobEvent).where(JobEvent.action == "do_together").order_by(JobEvent.job_id)).all()
    assert [(event.job_id, event.facts["with"]) for event in told] == [(repair.id, job.number), (job.id, repair.number)]


def test_other_work_outside_the_tolerance_changes_nothing(session: Session, device: Device) -> None:
    # On Monday the first of December is eight days away.
    add_job(session, device=device, response_due=at(18))
    add_job(session, device=device, response_due=at(18, day=FIRST + 8 * DAY))
    plan_for(session, device, ahead_days=0)

    assert made(session) == []


def test_other_work_on_a_published_plan_counts_on_its_day(session: Session, device: Device) -> None:
    repair = add_job(session, device=device, status=JobStatus.DISPATCHED, response_due=at(18))
    add_visit(session, technician=add_technician(session), job=repair, day=FIRST - 3 * DAY)
    plan_for(session, device, ahead_days=0)

    assert [job.response_due for job in made(session)] == [end_of(FIRST - 3 * DAY)]


def test_a_job_that_was_made_already_joins_work_that_comes_later(session: Session, device: Device) -> None:
    plan_for(session, device)
    [job] = made(session)
    friday = MONDAY + 4 * DAY
    repair = add_job(session, device=device, response_due=at(18, day=friday))

    joined = make_jobs(session).joined
    session.flush()

    assert joined == [job]
    assert job.response_due == job.resolution_due == end_of(friday)
    [row] = jobs_of(session, plan_by_code(session, "PM"))
    assert row.together_with is repair
    assert make_jobs(session).joined == []


def test_maintenance_of_two_devices_does_not_pull_itself_forward(session: Session, device: Device) -> None:
    add_device(session, site=device.site)
    plan_for(session, device)

    jobs = made(session)

    assert [job.response_due for job in jobs] == [end_of(FIRST + 7 * DAY)] * 2
    assert make_jobs(session).joined == []


def test_a_plan_whose_jobs_are_refused_says_so_and_does_not_hold_up_others(session: Session, device: Device) -> None:
    part = add_part(session, sku="BRUSH")
    plan_for(session, device, code="A", parts={"BRUSH": 1})
    plan_for(session, device, code="B")
    part.sku = "OTHER"
    session.flush()

    jobs = made(session)

    assert [row.job for row in jobs_of(session, plan_by_code(session, "B"))] == jobs
    problems = {plan.code: plan.problem and plan.problem["code"] for plan in plans(session)}
    assert problems == {"A": "unknown_part", "B": None}
    part.sku = "BRUSH"
    session.flush()
    assert len(made(session)) == 1
    assert plan_by_code(session, "A").problem is None


def test_a_preview_tells_the_next_days_and_what_would_be_made(session: Session, device: Device) -> None:
    add_device(session, site=device.site)

    seen = preview(session, terms(device))

    assert (seen.days[:2], seen.devices, seen.jobs) == ([FIRST, dt.date(2027, 1, 1)], 2, 2)
    assert session.scalar(sa.select(sa.func.count(MaintenancePlan.id))) == 0


@pytest.mark.parametrize(
    ("given", "refusal", "words"),
    [
        ({"name": " "}, refusals.MaintenanceTextNotUsable, "The name has 1 to 160"),
        ({"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, RuleNeverOccurs, "names no day"),
        ({"duration_seconds": 0}, refusals.MaintenanceNumberOutOfRange, "0 is not possible for the duration"),
        ({"ahead_days": 181}, refusals.MaintenanceNumberOutOfRange, "days ahead"),
        ({"parts": {"BRUSH": 1}}, UnknownPart, "BRUSH"),
        ({"skills": {"printer": 9}}, SkillLevelOutOfRange, "level 9"),
        ({"model": "X1"}, refusals.MaintenanceScope, "X1 does not belong to"),
        ({"ends_on": MONDAY - DAY}, refusals.MaintenanceOutOfOrder, "until 2026-11-22"),
        ({"rule": "FREQ=WEEKLY"}, refusals.ToleranceTooWide, "every 7 days, so 7 days around .* at most 3"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(
    session: Session, device: Device, given: dict[str, Any], refusal: type[DomainError], words: str
) -> None:
    with pytest.raises(refusal, match=words):
        plan_for(session, device, **given)


def test_a_scope_outside_the_contract_is_refused(session: Session, device: Device) -> None:
    other = add_device(session, serial="SN-9")

    with pytest.raises(refusals.MaintenanceScope, match="SN-9 does not belong to"):
        plan_for(session, device, device=other)
    with pytest.raises(refusals.MaintenanceScope):
        plan_for(session, device, site=other.site)
    with pytest.raises(refusals.MaintenanceScope):
        plan_for(session, other, device=other, site=device.site, contract=device.site.contract)


def test_a_contract_without_a_target_for_the_priority_is_refused(session: Session) -> None:
    contract = add_contract(session, targets={Priority.P1: (60, 120)})
    device = add_device(session, site=add_site(session, contract=contract))

    with pytest.raises(NoServiceTarget, match="no target for priority P4"):
        plan_for(session, device)


def test_a_contract_that_is_over_is_refused(session: Session, device: Device) -> None:
    device.site.contract.ends_on = MONDAY - DAY

    with pytest.raises(refusals.ContractIsOver, match="ended on 2026-11-22"):
        plan_for(session, device)


def test_a_flood_of_jobs_is_refused(session: Session) -> None:
    contract = add_contract(session)
    site = add_site(session, contract=contract)
    session.add_all(Device(serial=f"X-{number}", model="A920", site=site) for number in range(150))
    session.flush()
    [device] = session.scalars(sa.select(Device).where(Device.serial == "X-1"))

    with pytest.raises(refusals.TooManyMaintenanceJobs, match=r"150 devices and 15 days .* would make 2250 jobs"):
        plan_for(session, device, rule="FREQ=DAILY", tolerance_days=0)


def test_of_two_who_change_a_plan_the_second_is_told(session: Session, device: Device) -> None:
    person = add_person(session, name="Bea")
    plan = plan_for(session, device)
    change_plan(session, code="PM", version=1, terms=terms(device, ahead_days=21), actor_id=person.id)
    session.flush()

    with pytest.raises(
        refusals.MaintenancePlanChanged, match=r"PM was changed by Bea at 2026-11-23 07:30 UTC\. Reload"
    ):
        change_plan(session, code="PM", version=1, terms=terms_of(plan), actor_id=None)

    assert terms_of(plan).ahead_days == 21
    with pytest.raises(refusals.MaintenanceCodeTaken):
        plan_for(session, device)


@given(
    rule=st.sampled_from(["FREQ=WEEKLY", "FREQ=MONTHLY", MONTHLY, "FREQ=DAILY;INTERVAL=10"]),
    tolerance=st.integers(0, 3),
    nights=st.lists(st.integers(1, 9), min_size=1, max_size=6),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whenever_it_runs_each_turn_gets_one_job_within_its_tolerance(
    session: Session, rule: str, tolerance: int, nights: list[int]
) -> None:
    with session.begin_nested() as savepoint, travel(at(2), tick=False) as clock:
        device = add_device(session)
        plan = plan_for(session, device, rule=rule, tolerance_days=tolerance, code=f"PM-{device.id}")
        day = MONDAY
        for night in nights:
            day += night * DAY
            clock.move_to(at(2, day=day))
            made(session)

        rows = session.scalars(sa.select(MaintenanceJob).where(MaintenanceJob.plan_id == plan.id)).all()
        due = sorted(row.due_on for row in rows)
        assert len(set(due)) == len(due)
        # As it made jobs two weeks ahead and never slept as long, no turn was missed.
        first = MONDAY + nights[0] * DAY - tolerance * DAY
        assert [one for one in due if one > first + 9 * DAY] == [
            one for one in _days(rule, MONDAY, day + 14 * DAY) if one > first + 9 * DAY
        ]
        assert all(row.job.response_due == end_of(row.due_on + tolerance * DAY) for row in rows)
        savepoint.rollback()


def _days(rule: str, first: dt.date, last: dt.date) -> list[dt.date]:
    return read_rule(rule, starts_on=first).between(first, last)
