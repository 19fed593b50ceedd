"""Facts about a technician's day."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from core.errors import DomainError, Kind
from customers.queries import device_by_serial
from dispatch import fieldwork
from dispatch.fieldwork.errors import (
    DeviceNotThere,
    DeviceStandsElsewhere,
    SerialsTakenAlready,
    SkillNotUsable,
    UnknownCheck,
)
from dispatch.jobs import cancel_job
from dispatch.models import Job, JobPart, Plan, PlannedRoute, PlannedStop, Technician, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState, StopKind
from dispatch.models.visits import CannotComplete, VisitStatus
from dispatch.stops import BreakStop, PickUpStop, VisitStop, Whereabouts, stops_of_day
from inventory import audit, picking
from inventory.errors import QuantityOutOfRange, UnknownPart
from inventory.models import Part, PickList, PickState, Place, Reservation, ReservationState, StockLevel
from inventory.picking import PickWanted
from inventory.reservations import reserve_all
from tests import factories as make
from tests.factories import MONDAY, at


@dataclass
class Day:
    """A technician with a van, a depot, and one dispatched visit for a job that wants one battery."""

    session: Session
    technician: Technician
    depot: Place
    battery: Part
    visit: Visit

    @property
    def job(self) -> Job:
        return self.visit.job

    def set_off(self, visit: Visit | None = None) -> Visit:
        return fieldwork.set_off(self.session, visit_id=(visit or self.visit).id, **self.who)

    def arrive(self, visit: Visit | None = None) -> Visit:
        return fieldwork.arrive(self.session, visit_id=(visit or self.visit).id, **self.who)

    def go_there(self) -> None:
        self.set_off()
        self.arrive()

    def use(self, quantity: int = 1, part: Part | None = None) -> JobPart:
        return fieldwork.use_part(
            self.session, visit_id=self.visit.id, part_id=(part or self.battery).id, quantity=quantity, **self.who
        )

    def complete(self, note: str = "") -> Visit:
        return fieldwork.complete(self.session, visit_id=self.visit.id, note=note, **self.who)

    def cannot_complete(self, reason: CannotComplete, part: Part | None = None, quantity: int = 1) -> Visit:
        return fieldwork.cannot_complete(
            self.session,
            visit_id=self.visit.id,
            reason=reason,
            note="what happened",
            part_id=part.id if part else None,
            quantity=quantity,
            **self.who,
        )

    @property
    def who(self) -> dict[str, Any]:
        return {"technician_id": self.technician.id, "actor_id": None}

    def promise(self, place: Place, quantity: int = 1) -> Reservation:
        """Promise batteries at the place to the job."""
        wants = {self.battery.id: quantity}
        reserved = reserve_all(self.session, wants=wants, place_ids=[place.id], reference=self.job.number)
        line = JobPart(part=self.battery, quantity=quantity, used=0, reservation=reserved[self.battery.id])
        self.job.parts.append(line)
        self.session.flush()
        return reserved[self.battery.id]

    def pick_list(self, reservation: Reservation) -> PickList:
        line = PickWanted(self.battery.id, reservation.quantity, reservation.id, self.job.number)
        return picking.draw_up(
            self.session, warehouse_id=self.depot.id, trunk_id=self.technician.trunk_id, day=MONDAY, lines=[line]
        )

    def level(self, place: Place) -> tuple[int, int]:
        found = self.session.scalars(
            sa.select(StockLevel)
            .where(StockLevel.place_id == place.id, StockLevel.part_id == self.battery.id)
            .execution_options(populate_existing=True)
        ).one()
        return found.on_hand, found.reserved


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at(8), tick=False) as traveller:
        yield traveller


@pytest.fixture
def day(session: Session, clock: time_machine.Traveller) -> Iterator[Day]:
    technician = make.add_technician(session)
    depot = make.add_place(session, name="Depot North")
    battery = make.add_part(session, sku="P-1042")
    make.add_stock(session, depot, battery, 10)
    make.add_stock(session, technician.trunk, battery, 3)
    yield Day(session, technician, depot, battery, make.add_visit(session, technician=technician))
    session.flush()
    assert audit.find_differences(session) == []


# The way through a visit


def test_a_visit_goes_from_setting_off_to_completed_and_stops_both_clocks(
    day: Day, clock: time_machine.Traveller
) -> None:
    day.set_off()
    clock.move_to(at(9, 5))
    day.arrive()
    clock.move_to(at(9, 40))
    day.complete(note="  New battery  ")

    visit, job = day.visit, day.job
    assert (visit.set_off_at, visit.arrived_at, visit.ended_at) == (at(8), at(9, 5), at(9, 40))
    assert (visit.status, visit.note) == (VisitStatus.COMPLETED, "New battery")
    assert (job.status, job.responded_at, job.completed_at) == (JobStatus.COMPLETED, at(9, 5), at(9, 40))
    day.session.flush()
    day.session.refresh(job)
    assert [event.action for event in job.events] == ["set_off", "arrive", "complete"]


def test_only_the_first_arrival_stops_the_response_clock(day: Day) -> None:
    earlier = at(7)
    day.job.responded_at = earlier

    day.go_there()

    assert day.job.responded_at == earlier


@pytest.mark.parametrize(
    ("so_far", "step", "refusal", "sentence"),
    [
        ([], "arrive", fieldwork.NotSetOff, "Set off first"),
        ([], "use", fieldwork.NotSetOff, "Set off first"),
        ([], "complete", fieldwork.NotSetOff, "Set off first"),
        (["set_off"], "set_off", fieldwork.AlreadyEnRoute, "You are on the way to Corner Shop"),
        (["set_off"], "use", fieldwork.AlreadyEnRoute, "Arrive there next"),
        (["set_off"], "complete", fieldwork.AlreadyEnRoute, "Arrive there next"),
        (["set_off", "arrive"], "set_off", fieldwork.AlreadyOnSite, "Complete the visit next"),
        (["set_off", "arrive"], "arrive", fieldwork.AlreadyOnSite, "Complete the visit next"),
        (["set_off", "arrive", "complete"], "complete", fieldwork.VisitOver, "Go on to your next stop"),
        (["set_off", "arrive", "complete"], "use", fieldwork.VisitOver, "has ended"),
        (["set_off", "arrive", "complete"], "set_off", fieldwork.VisitOver, "has ended"),
    ],
)
def test_a_step_out_of_order_is_refused_with_the_next_one_and_changes_nothing(
    day: Day, so_far: list[str], step: str, refusal: type[DomainError], sentence: str
) -> None:
    for done in so_far:
        getattr(day, done)()
    before = (day.visit.status, day.visit.set_off_at, day.job.status, len(day.job.events))

    with pytest.raises(refusal, match=sentence) as raised:
        getattr(day, step)()

    assert raised.value.kind is Kind.CONFLICT
    assert (day.visit.status, day.visit.set_off_at, day.job.status, len(day.job.events)) == before


def test_a_visit_that_is_not_completed_cannot_be_left_before_arriving(day: Day) -> None:
    with pytest.raises(fieldwork.NotSetOff):
        day.cannot_complete(CannotComplete.NO_ACCESS)


def test_a_technician_does_not_act_on_a_colleagues_visit(day: Day) -> None:
    colleague = make.add_technician(day.session)

    with pytest.raises(fieldwork.NotYourVisit, match=day.job.number) as refusal:
        fieldwork.set_off(day.session, visit_id=day.visit.id, technician_id=colleague.id, actor_id=None)

    assert refusal.value.kind is Kind.FORBIDDEN


def test_a_visit_that_does_not_exist_is_named(day: Day) -> None:
    with pytest.raises(fieldwork.UnknownVisit, match="no visit 987654"):
        fieldwork.set_off(day.session, visit_id=987654, technician_id=day.technician.id, actor_id=None)


def test_a_withdrawn_visit_says_that_the_dispatcher_took_it(day: Day) -> None:
    day.visit.status = VisitStatus.WITHDRAWN
    day.session.flush()

    with pytest.raises(fieldwork.VisitWithdrawn, match="The dispatcher took this job off your day"):
        day.set_off()


def test_a_job_that_was_cancelled_on_the_way_is_withdrawn_from_the_phone(day: Day) -> None:
    day.set_off()
    cancel_job(day.session, job_id=day.job.id, reason="Works again", actor_id=None)

    with pytest.raises(fieldwork.VisitWithdrawn):
        day.arrive()


def test_nobody_sets_off_while_another_visit_of_the_day_is_under_way(day: Day) -> None:
    second = make.add_visit(day.session, technician=day.technician, position=2, start=at(11))
    day.go_there()

    with pytest.raises(fieldwork.BusyElsewhere, match=day.job.number):
        day.set_off(second)

    day.complete()
    assert day.set_off(second).status is VisitStatus.EN_ROUTE


def test_a_visit_left_open_yesterday_does_not_block_today(day: Day) -> None:
    yesterday = MONDAY - dt.timedelta(days=1)
    make.add_visit(day.session, technician=day.technician, day=yesterday, status=VisitStatus.EN_ROUTE)

    assert day.set_off().status is VisitStatus.EN_ROUTE


# Parts


def test_parts_in_the_van_that_were_reserved_are_used_first(day: Day) -> None:
    reservation = day.promise(day.technician.trunk)
    day.go_there()

    line = day.use()

    assert (line.used, reservation.state) == (1, ReservationState.USED)
    assert day.level(day.technician.trunk) == (2, 0)


def test_more_than_planned_may_be_used_if_the_van_has_it(day: Day) -> None:
    day.promise(day.technician.trunk)
    day.go_there()

    line = day.use(3)

    assert (line.quantity, line.used) == (1, 3)
    assert day.level(day.technician.trunk) == (0, 0)


def test_a_part_that_nobody_planned_is_added_to_the_job(day: Day) -> None:
    day.go_there()

    line = day.use()
    day.session.flush()

    assert (line.job, line.quantity, line.used, line.reservation) == (day.job, 1, 1, None)


def test_using_one_of_two_reserved_pieces_keeps_the_other_for_the_job(day: Day) -> None:
    day.promise(day.technician.trunk, 2)
    day.go_there()

    day.use()
    assert day.level(day.technician.trunk) == (2, 1)
    day.use()

    assert day.level(day.technician.trunk) == (1, 0)
    assert [line.used for line in day.job.parts] == [2]


def test_used_parts_stand_in_the_history_of_the_job(day: Day) -> None:
    day.go_there()
    day.use(2)
    day.session.flush()
    day.session.refresh(day.job)

    assert day.job.events[-1].facts == {"sku": "P-1042", "quantity": 2, "visit": day.visit.id}


def test_a_part_that_was_not_loaded_is_refused_by_the_place_where_it_lies(day: Day) -> None:
    trunk = day.technician.trunk
    day.promise(day.depot)
    reserve_all(day.session, wants={day.battery.id: 3}, place_ids=[trunk.id], reference="another job")
    day.go_there()

    with pytest.raises(fieldwork.PartNotLoaded, match="P-1042 is still at Depot North: load the pick list first"):
        day.use()

    assert day.level(trunk) == (3, 3)


def test_free_pieces_of_the_van_stand_in_for_those_still_at_the_warehouse(day: Day) -> None:
    day.promise(day.depot)
    day.go_there()

    day.use()
    day.complete()

    assert day.level(day.technician.trunk) == (2, 0)
    assert day.level(day.depot) == (10, 0)


def test_a_part_in_a_colleagues_van_is_refused_by_its_name(day: Day) -> None:
    colleague = make.add_technician(day.session, name="Eva")
    make.add_stock(day.session, colleague.trunk, day.battery, 5)
    day.promise(colleague.trunk, 4)
    day.go_there()

    with pytest.raises(fieldwork.PartInOtherTrunk, match="is in Van of Eva, not in your van"):
        day.use(4)


def test_a_van_with_too_few_pieces_gives_none(day: Day) -> None:
    day.promise(day.technician.trunk, 2)
    day.go_there()

    with pytest.raises(fieldwork.PartNotInTrunk, match="too few free pieces of P-1042: 2 are missing"):
        day.use(5)

    assert day.level(day.technician.trunk) == (3, 2)
    assert [line.used for line in day.job.parts] == [0]


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_quantity_below_one_is_refused(day: Day, quantity: int) -> None:
    day.go_there()

    with pytest.raises(QuantityOutOfRange):
        day.use(quantity)


def test_an_unknown_part_is_refused(day: Day) -> None:
    day.go_there()

    with pytest.raises(UnknownPart):
        fieldwork.use_part(day.session, visit_id=day.visit.id, part_id=987654, quantity=1, **day.who)


def test_completing_frees_the_parts_that_were_not_used(day: Day) -> None:
    day.promise(day.technician.trunk, 2)
    day.go_there()

    day.use()
    day.complete()

    assert day.level(day.technician.trunk) == (2, 0)


def test_a_note_that_is_too_long_ends_nothing(day: Day) -> None:
    day.go_there()

    with pytest.raises(fieldwork.NoteTooLong, match="501 characters"):
        day.complete(note="x" * 501)

    assert day.visit.status is VisitStatus.ON_SITE


# Pick lists


def test_loading_a_pick_list_brings_its_promises_into_the_van(day: Day) -> None:
    reservation = day.promise(day.depot)
    pick_list = day.pick_list(reservation)

    fieldwork.load_pick_list(day.session, pick_list_id=pick_list.id, **day.who)

    assert (pick_list.state, reservation.place_id) == (PickState.CONFIRMED, day.technician.trunk_id)
    assert day.level(day.technician.trunk) == (4, 1)


def test_a_technician_does_not_load_the_list_of_another_van(day: Day) -> None:
    pick_list = day.pick_list(day.promise(day.depot))
    colleague = make.add_technician(day.session)

    with pytest.raises(fieldwork.NotYourPickList, match="not for your van"):
        fieldwork.load_pick_list(day.session, pick_list_id=pick_list.id, technician_id=colleague.id, actor_id=None)

    assert pick_list.state is PickState.OPEN


# Leaving without having finished


def test_a_job_that_could_not_be_done_is_ready_for_the_next_visit_with_its_parts(day: Day) -> None:
    day.promise(day.technician.trunk)
    day.go_there()

    day.cannot_complete(CannotComplete.NO_ACCESS)
    day.session.flush()
    day.session.refresh(day.job)

    assert (day.visit.status, day.visit.cannot_complete) == (VisitStatus.INCOMPLETE, CannotComplete.NO_ACCESS)
    assert day.job.status is JobStatus.READY
    assert day.level(day.technician.trunk) == (3, 1)
    assert [(event.action, event.note, event.facts) for event in day.job.events[-2:]] == [
        ("leave_incomplete", "what happened", {"reason": "no_access", "visit": day.visit.id}),
        ("reopen", "", {}),
    ]


def test_a_job_that_the_customer_refused_waits_for_a_dispatcher_with_its_parts(day: Day) -> None:
    day.promise(day.technician.trunk)
    day.go_there()

    day.cannot_complete(CannotComplete.CUSTOMER_REFUSED)

    assert day.job.status is JobStatus.INCOMPLETE
    assert day.level(day.technician.trunk) == (3, 1)
    day.session.flush()
    assert cancel_job(day.session, job_id=day.job.id, reason="sold", actor_id=None).status is JobStatus.CANCELLED
    assert day.level(day.technician.trunk) == (3, 0)


def test_a_skill_that_is_needed_is_asked_of_whoever_comes_next(day: Day) -> None:
    day.job.skills = {"network": 1}
    day.go_there()

    fieldwork.cannot_complete(
        day.session, visit_id=day.visit.id, reason=CannotComplete.NEEDS_SKILL, skill="network", level=3, **day.who
    )

    assert day.job.skills == {"network": 3}
    assert (day.job.status, day.visit.needs) == (JobStatus.READY, {"skill": "network", "level": 3})


@pytest.mark.parametrize(("skill", "level"), [("network", 4), ("network", 0), ("n" * 41, 1)])
def test_a_skill_that_cannot_be_is_refused_and_the_visit_goes_on(day: Day, skill: str, level: int) -> None:
    day.go_there()

    with pytest.raises(SkillNotUsable):
        fieldwork.cannot_complete(
            day.session, visit_id=day.visit.id, reason=CannotComplete.NEEDS_SKILL, skill=skill, level=level, **day.who
        )

    assert day.visit.status is VisitStatus.ON_SITE


# Devices and what is looked at


def swap_to(day: Day, **serials: str) -> Visit:
    return fieldwork.take_serials(day.session, visit_id=day.visit.id, swap=fieldwork.Swap(**serials), **day.who)


def test_the_records_follow_devices_that_change_places(day: Day) -> None:
    old = day.job.device
    assert old is not None
    day.go_there()

    visit = swap_to(day, serial_out=old.serial, serial_in="NEW-1")
    day.session.flush()

    new = device_by_serial(day.session, "NEW-1")
    assert (visit.serial_out, visit.serial_in) == (old.serial, "NEW-1")
    assert (old.removed_at, new.removed_at, new.site, new.model) == (at(8), None, day.job.site, old.model)
    day.session.refresh(day.job)
    assert day.job.events[-1].facts == {"serial_out": old.serial, "serial_in": "NEW-1", "visit": visit.id}


def test_a_device_that_was_taken_away_stands_somewhere_again(day: Day) -> None:
    spare = make.add_device(day.session, serial="SPARE-1")
    spare.removed_at = at(7)
    day.go_there()

    swap_to(day, serial_in="SPARE-1")

    assert (spare.site, spare.removed_at) == (day.job.site, None)


def test_noting_the_same_devices_again_changes_nothing_and_others_are_refused(day: Day) -> None:
    day.go_there()
    swap_to(day, serial_in="NEW-1")
    events = len(day.job.events)

    swap_to(day, serial_in="NEW-1")

    assert len(day.job.events) == events
    with pytest.raises(SerialsTakenAlready, match="NEW-1 was noted already, not NEW-2"):
        swap_to(day, serial_in="NEW-2")


def test_a_device_of_another_shop_is_neither_taken_away_nor_put_here(day: Day) -> None:
    other = make.add_device(day.session, serial="ELSEWHERE-1")
    day.go_there()

    with pytest.raises(DeviceNotThere, match="does not stand at Corner Shop"):
        swap_to(day, serial_out=other.serial)
    with pytest.raises(DeviceStandsElsewhere):
        swap_to(day, serial_in=other.serial)


def test_a_completion_keeps_who_signed_and_what_was_looked_at(day: Day) -> None:
    day.go_there()

    visit = fieldwork.complete(
        day.session,
        visit_id=day.visit.id,
        signed_by=" 王芳 ",
        checklist=[{"key": "test_payment", "done": True, "note": "1.00"}],
        swap=fieldwork.Swap(serial_in="NEW-1"),
        **day.who,
    )

    assert (visit.signed_by, visit.serial_in) == ("王芳", "NEW-1")
    assert [(item["key"], item["done"]) for item in visit.checklist] == [
        ("fault_gone", False),
        ("test_payment", True),
        ("test_receipt", False),
        ("customer_shown", False),
        ("site_clean", False),
    ]


def test_a_list_for_another_kind_of_work_is_refused(day: Day) -> None:
    day.go_there()

    with pytest.raises(UnknownCheck, match="data_wiped"):
        fieldwork.complete(
            day.session, visit_id=day.visit.id, checklist=[{"key": "data_wiped", "done": True}], **day.who
        )

    assert day.visit.status is VisitStatus.ON_SITE


def test_the_resolution_clock_runs_on_when_a_visit_ends_incomplete(day: Day) -> None:
    day.go_there()
    day.cannot_complete(CannotComplete.NO_ACCESS)

    assert (day.job.responded_at, day.job.completed_at) == (at(8), None)


def test_a_part_that_is_needed_and_there_is_reserved_for_the_next_visit(day: Day) -> None:
    screen = make.add_part(day.session, sku="P-2000")
    make.add_stock(day.session, day.depot, screen, 1)
    day.go_there()

    day.cannot_complete(CannotComplete.NEEDS_PART, screen)

    line = day.job.parts[0]
    assert day.job.status is JobStatus.READY
    assert line.reservation is not None
    assert (line.part, line.quantity, line.reservation.place) == (screen, 1, day.depot)


def test_a_part_that_is_needed_and_nowhere_makes_the_job_wait(day: Day) -> None:
    screen = make.add_part(day.session, sku="P-2000")
    day.go_there()

    day.cannot_complete(CannotComplete.NEEDS_PART, screen, 2)

    assert day.job.status is JobStatus.WAITING_PARTS
    assert [(line.part, line.quantity) for line in day.job.parts] == [(screen, 2)]


def test_another_piece_of_a_part_that_was_used_up_is_wanted_on_top(day: Day) -> None:
    day.promise(day.technician.trunk)
    day.go_there()
    day.use()

    day.cannot_complete(CannotComplete.NEEDS_PART, day.battery)

    line = day.job.parts[0]
    assert line.reservation is not None
    assert (line.quantity, line.used, line.reservation.quantity) == (2, 1, 1)
    assert day.job.status is JobStatus.READY


def test_a_wrong_part_is_freed_and_the_right_one_sought(day: Day) -> None:
    right = make.add_part(day.session, sku="P-1043")
    day.promise(day.technician.trunk, 2)
    day.go_there()

    day.cannot_complete(CannotComplete.WRONG_PART, right)

    assert [line.part for line in day.job.parts] == [right]
    assert day.job.status is JobStatus.WAITING_PARTS
    assert day.level(day.technician.trunk) == (3, 0)


def test_parts_that_were_used_stay_on_record_after_a_wrong_part(day: Day) -> None:
    day.promise(day.technician.trunk, 2)
    day.go_there()
    day.use()

    day.cannot_complete(CannotComplete.WRONG_PART)

    assert [(line.quantity, line.used) for line in day.job.parts] == [(1, 1)]
    assert day.job.status is JobStatus.READY


def test_the_next_visit_of_a_job_can_be_driven_and_keeps_the_first_response(
    day: Day, clock: time_machine.Traveller
) -> None:
    day.go_there()
    day.cannot_complete(CannotComplete.NO_ACCESS)
    day.job.status = JobStatus.DISPATCHED
    second = make.add_visit(day.session, technician=day.technician, job=day.job, position=2, start=at(14))
    clock.move_to(at(14))

    day.set_off(second)
    day.arrive(second)

    assert day.job.responded_at == at(8)
    assert [visit.status for visit in (day.visit, second)] == [VisitStatus.INCOMPLETE, VisitStatus.ON_SITE]


# The stops of a day


def publish(day: Day, *stops: PlannedStop, state: PlanState = PlanState.PUBLISHED) -> None:
    route = PlannedRoute(
        technician_id=day.technician.id, departs_at=at(8), returns_at=at(17), travel_seconds=3600, path=[]
    )
    route.stops = list(stops)
    version = 1 if state is PlanState.PUBLISHED else 2
    plan = Plan(
        day=MONDAY, version=version, state=state, engine="greedy", seed=1, seconds=1.0, cost={}, created_at=at(7)
    )
    plan.routes = [route]
    day.session.add(plan)
    day.session.flush()


def planned(position: int, kind: StopKind, hour: int, **more: int) -> PlannedStop:
    return PlannedStop(
        position=position,
        kind=kind,
        arrives_at=at(hour),
        starts_at=at(hour),
        leaves_at=at(hour, 15),
        parts=[],
        **more,
    )


def test_the_day_has_pick_ups_visits_and_breaks_in_order(day: Day) -> None:
    pick_list = day.pick_list(day.promise(day.depot))
    second = make.add_visit(day.session, technician=day.technician, position=4, start=at(14))
    publish(
        day,
        planned(1, StopKind.DEPOT, 8, warehouse_id=day.depot.id),
        planned(2, StopKind.VISIT, 9, job_id=day.job.id),
        planned(3, StopKind.BREAK, 12),
        planned(4, StopKind.VISIT, 14, job_id=second.job_id),
    )

    pick_up, first, rest, last = stops_of_day(day.session, technician_id=day.technician.id, day=MONDAY)

    assert isinstance(pick_up, PickUpStop)
    assert (pick_up.warehouse, pick_up.pick_lists, pick_up.is_loaded) == (day.depot, (pick_list,), False)
    assert isinstance(first, VisitStop)
    assert first.visit is day.visit
    assert isinstance(rest, BreakStop)
    assert (rest.arrives_at, rest.leaves_at) == (at(12), at(12, 15))
    assert isinstance(last, VisitStop)
    assert last.visit is second


def test_a_draft_of_the_day_is_not_driven(day: Day) -> None:
    publish(day, planned(1, StopKind.BREAK, 12), state=PlanState.DRAFT)

    assert [stop.kind for stop in stops_of_day(day.session, technician_id=day.technician.id, day=MONDAY)] == ["visit"]


def test_withdrawn_visits_other_days_and_colleagues_are_not_among_the_stops(day: Day) -> None:
    make.add_visit(day.session, technician=day.technician, status=VisitStatus.WITHDRAWN)
    make.add_visit(day.session, technician=day.technician, day=MONDAY + dt.timedelta(days=1))
    make.add_visit(day.session, technician=make.add_technician(day.session))

    (stop,) = stops_of_day(day.session, technician_id=day.technician.id, day=MONDAY)

    assert isinstance(stop, VisitStop)
    assert stop.visit is day.visit


def part_line(day: Day) -> tuple[Whereabouts, Place | None]:
    (stop,) = stops_of_day(day.session, technician_id=day.technician.id, day=MONDAY)
    assert isinstance(stop, VisitStop)
    return stop.parts[0].whereabouts, stop.parts[0].place


def test_a_part_says_where_it_is_now(day: Day) -> None:
    pick_list = day.pick_list(day.promise(day.depot))
    assert part_line(day) == (Whereabouts.AT_WAREHOUSE, day.depot)

    fieldwork.load_pick_list(day.session, pick_list_id=pick_list.id, **day.who)
    assert part_line(day) == (Whereabouts.IN_TRUNK, day.technician.trunk)

    day.go_there()
    day.use()
    assert part_line(day) == (Whereabouts.USED, None)


def test_a_part_that_nobody_promised_says_so(day: Day) -> None:
    day.job.parts.append(JobPart(part=day.battery, quantity=1, used=0))
    day.session.flush()

    assert part_line(day) == (Whereabouts.NOT_RESERVED, None)


def test_the_number_of_statements_does_not_grow_with_the_number_of_visits(day: Day) -> None:
    def statements() -> int:
        seen: list[str] = []

        def count(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
            seen.append(statement)

        day.session.expunge_all()
        connection = day.session.connection()
        sa.event.listen(connection, "before_cursor_execute", count)
        for stop in stops_of_day(day.session, technician_id=day.technician.id, day=MONDAY):
            assert isinstance(stop, VisitStop)
            assert stop.visit.job.site.customer.name
            assert stop.visit.job.device is not None
        sa.event.remove(connection, "before_cursor_execute", count)
        return len(seen)

    with_one = statements()
    technician = day.session.get_one(Technician, day.technician.id)
    for position in range(2, 6):
        make.add_visit(day.session, technician=technician, position=position)

    assert statements() == with_one
