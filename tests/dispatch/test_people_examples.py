"""The worked examples of docs/dispatch.md about people and maintenance."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy.orm import Session
from time_machine import Traveller, travel

from core.firm import Firm, write_firm
from dispatch.maintenance import Terms, add_plan, make_jobs
from dispatch.models import Shift
from dispatch.models.workforce import AbsenceReason
from dispatch.planning.prices import Prices
from dispatch.planning.snapshot import take_snapshot
from dispatch.workforce import note_absence, working_time_of
from routing.objective import shift_costs
from routing.problem import Problem, Visit
from routing.problem import Shift as RoutingShift
from routing.solution import Route, Stop, StopKind
from tests.factories import MONDAY, ZONE, add_device, add_job, add_technician, at

GUIDE = (Path(__file__).parents[2] / "docs" / "dispatch.md").read_text(encoding="utf-8")
WEDNESDAY = MONDAY + dt.timedelta(days=2)
HOUR = 3600


@pytest.fixture(autouse=True)
def seven_thirty(session: Session) -> Iterator[Traveller]:
    write_firm(session, Firm("Test", ZoneInfo(ZONE)))
    with travel(at(7, 30), tick=False) as clock:
        yield clock


def test_the_doctor_and_the_training(session: Session) -> None:
    assert "**08:00–16:30 without\n> 12:15–12:45**" in GUIDE
    technician = add_technician(session, name="Rui")
    session.add(
        Shift(
            technician=technician,
            day=MONDAY,
            starts_at=at(8),
            ends_at=at(17),
            break_seconds=1800,
            break_earliest=at(12),
            break_latest=at(13, 30),
            overtime_seconds=HOUR,
        )
    )
    for begins, ends, reason in (
        (at(12, 15), at(12, 45), AbsenceReason.OTHER),
        (at(16, 30), at(20), AbsenceReason.TRAINING),
    ):
        note_absence(session, technician_id=technician.id, starts_at=begins, ends_at=ends, reason=reason, actor_id=None)

    time = working_time_of(session, technician, MONDAY)

    assert time is not None
    assert (time.starts_at, time.ends_at, time.away) == (at(8), at(16, 30), ((at(12, 15), at(12, 45)),))
    assert time.rest is not None
    assert (time.rest.earliest, time.rest.latest, time.overtime_seconds) == (at(12, 45), at(13, 30), 0)


def test_what_a_round_costs_with_a_partner_and_with_our_own() -> None:
    assert "25.00 + 18.00 + 24.00 = **67.00**" in GUIDE
    assert "15.00 + 12.00 = **27.00**" in GUIDE
    prices = Prices()
    lent = RoutingShift("P", "P", 0, 0, 0, 8 * HOUR, fixed_cost=2_500, travel_cost=1.0, work_cost=1_200 / HOUR)
    own = RoutingShift(
        "O", "O", 0, 0, 0, 8 * HOUR, travel_cost=prices.travel_per_second, work_cost=prices.work_per_second
    )
    problem = Problem(
        travel=np.array([[0, 900], [900, 0]]), shifts=(lent, own), visits=(Visit("V", 1, duration=5_400),)
    )
    stop = Stop(kind=StopKind.VISIT, id="V", location=1, arrive=900, start=900, leave=6_300)

    costs = [
        sum(shift_costs(problem, shift, Route(shift.id, depart=0, return_=7_200, stops=(stop,))).values())
        for shift in (lent, own)
    ]

    assert costs == pytest.approx([6_700, 2_700])


def test_the_cleaning_that_goes_along_with_a_repair(session: Session) -> None:
    assert "**8 December at 24:00**" in GUIDE
    assert "**25 November at 24:00**" in GUIDE
    device = add_device(session)
    terms = Terms(
        name="Clean the printers",
        contract=device.site.contract,
        rule="FREQ=MONTHLY;BYMONTHDAY=1",
        starts_on=MONDAY,
        duration_seconds=1800,
        tolerance_days=7,
        ahead_days=14,
    )
    add_plan(session, code="CLEAN", terms=terms, actor_id=None)
    [cleaning] = make_jobs(session).jobs
    session.flush()
    assert cleaning.response_due == at(0, day=dt.date(2026, 12, 9))
    assert [take_snapshot(session, day).jobs != () for day in (MONDAY, MONDAY + dt.timedelta(days=1))] == [False, True]

    repair = add_job(session, device=device, window=(at(9, day=WEDNESDAY), at(11, day=WEDNESDAY)))
    assert make_jobs(session).joined == [cleaning]

    assert cleaning.response_due == cleaning.resolution_due == at(0, day=WEDNESDAY + dt.timedelta(days=1))
    planned = take_snapshot(session, WEDNESDAY).jobs
    assert {job.number for job in planned} == {cleaning.number, repair.number}
    assert len({job.point for job in planned}) == 1
