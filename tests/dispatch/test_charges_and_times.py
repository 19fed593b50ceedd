"""Facts about what a technician charges beyond the cover, and about times on site that are corrected."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.orm import Session
from time_machine import travel

from core.base import TextTooLong
from core.errors import DomainError
from customers.entitlement import entitlement, to_json
from customers.models import ChargeKind, PriceList
from dispatch import fieldwork
from dispatch.fieldwork.charges import add_charge, drop_charge
from dispatch.fieldwork.errors import (
    ChargedAnyway,
    ChargeWithoutReason,
    CorrectionWithoutReason,
    LongerThanADay,
    NotChargedOnSite,
    NotOnSiteYet,
    NotUsedThere,
    NotYourVisit,
    TimesOutOfOrder,
    UnknownCharge,
)
from dispatch.fieldwork.report import visit_report
from dispatch.fieldwork.times import correct_times
from dispatch.history import history_of_job
from dispatch.models import ExtraCharge, Visit
from dispatch.models.jobs import JobStatus
from inventory.models import Part
from tests import factories as make
from tests.factories import MONDAY, at


@dataclass
class Call:
    """A visit from nine to half past, of which the contract covers everything; a battery was used."""

    session: Session
    visit: Visit
    battery: Part

    def charge(self, kind: ChargeKind, quantity: int = 1, reason: str = "It fell", **given: Any) -> ExtraCharge:
        who = {"technician_id": self.visit.technician_id, "actor_id": None}
        return add_charge(
            self.session, visit_id=self.visit.id, kind=kind, quantity=quantity, reason=reason, **who | given
        )

    def cover(self, **given: bool) -> None:
        contract = self.visit.job.contract
        contract.covers_parts = given.get("parts", True)
        contract.covers_labour = given.get("labour", True)
        contract.covers_travel = given.get("travel", True)
        self.visit.job.cover = to_json(entitlement(contract, None, day=MONDAY))
        self.session.flush()

    def correct(self, arrived_at: dt.datetime, ended_at: dt.datetime | None = None, reason: str = "Forgot") -> Visit:
        return correct_times(
            self.session,
            visit_id=self.visit.id,
            technician_id=self.visit.technician_id,
            arrived_at=arrived_at,
            ended_at=ended_at,
            reason=reason,
            actor_id=None,
        )

    def history(self) -> list[str]:
        return [line.action for line in history_of_job(self.session, self.visit.job).lines]


@pytest.fixture
def call(session: Session) -> Call:
    technician = make.add_technician(session)
    battery = make.add_part(session, sku="BAT-1")
    battery.unit_cost_cents = 1000
    make.add_stock(session, technician.trunk, battery, 5)
    visit = make.add_visit(session, technician=technician, job=make.add_job(session, status=JobStatus.DISPATCHED))
    visit.job.contract.price_list = PriceList(
        code="PL",
        name="Usual",
        call_out_cents=2000,
        labour_cents_per_hour=6000,
        labour_step_minutes=15,
        travel_cents_per_km=50,
        parts_markup_percent=20,
        tax_percent=0,
    )
    call = Call(session, visit, battery)
    call.cover()
    who: dict[str, Any] = {"visit_id": visit.id, "technician_id": technician.id, "actor_id": None}
    for hour, minute, step in ((8, 30, fieldwork.set_off), (9, 0, fieldwork.arrive)):
        with travel(at(hour, minute), tick=False):
            step(session, **who)
    with travel(at(9, 30), tick=False):
        fieldwork.use_part(session, part_id=battery.id, quantity=2, **who)
        fieldwork.complete(session, **who)
    return call


@pytest.fixture(autouse=True)
def _ten_o_clock() -> Any:
    with travel(at(10), tick=False):
        yield


def test_what_is_charged_beyond_the_cover_stands_on_the_bill_with_its_reason(call: Call) -> None:
    call.charge(ChargeKind.LABOUR, 20, "Moved the till")
    call.charge(ChargeKind.CALL_OUT, 1, "The door was locked")
    call.charge(ChargeKind.PARTS, 2, "Coffee in it", part_id=call.battery.id)

    price = visit_report(call.session, call.visit.id).price

    assert price is not None
    lines = [(line.kind, line.quantity, line.cents, line.facts["reason"]) for line in price.lines]
    assert lines == [
        # Twenty minutes are two steps of a quarter of an hour.
        (ChargeKind.LABOUR, 2, 3000, "Moved the till"),
        (ChargeKind.CALL_OUT, 1, 2000, "The door was locked"),
        (ChargeKind.PARTS, 2, 2400, "Coffee in it"),
    ]
    assert price.total_cents == 7400


def test_without_a_price_list_a_charge_still_makes_the_visit_chargeable(call: Call) -> None:
    call.visit.job.contract.price_list = None
    call.charge(ChargeKind.CALL_OUT)

    report = visit_report(call.session, call.visit.id)

    assert (report.price, report.is_chargeable) == (None, True)


def test_what_is_not_covered_anyway_is_not_charged_twice(call: Call) -> None:
    call.cover(labour=False)

    with pytest.raises(ChargedAnyway):
        call.charge(ChargeKind.LABOUR, 15)


def test_no_more_pieces_are_charged_than_were_used(call: Call) -> None:
    call.charge(ChargeKind.PARTS, 1, part_id=call.battery.id)

    with pytest.raises(NotUsedThere) as refused:
        call.charge(ChargeKind.PARTS, 2, part_id=call.battery.id)

    assert refused.value.facts["left"] == 1


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"reason": "  "}, ChargeWithoutReason),
        # It is not cut: half a reason on a bill is none.
        ({"reason": "x" * 201}, TextTooLong),
        ({"technician_id": -1}, NotYourVisit),
        ({"quantity": 24 * 60 + 1}, LongerThanADay),
        # The planner knows the way, so nobody types its price.
        ({"kind": ChargeKind.TRAVEL}, NotChargedOnSite),
    ],
)
def test_a_charge_needs_a_reason_the_own_visit_and_a_day_at_most(
    call: Call, given: dict[str, Any], refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        call.charge(**{"kind": ChargeKind.LABOUR, "quantity": 15} | given)


def test_nothing_is_charged_before_somebody_was_there(call: Call) -> None:
    call.visit.arrived_at = None

    with pytest.raises(NotOnSiteYet):
        call.charge(ChargeKind.LABOUR, 15)


def test_a_charge_is_taken_back_and_the_history_keeps_both(call: Call) -> None:
    charge = call.charge(ChargeKind.CALL_OUT)
    who: dict[str, Any] = {"visit_id": call.visit.id, "technician_id": call.visit.technician_id, "actor_id": None}

    drop_charge(call.session, charge_id=charge.id, **who)

    assert visit_report(call.session, call.visit.id).price is None
    assert {"add_charge", "drop_charge"} <= set(call.history())
    with pytest.raises(UnknownCharge):
        drop_charge(call.session, charge_id=charge.id, **who)


def test_clocks_follow_times_that_are_corrected(call: Call) -> None:
    call.correct(at(8, 45), at(9, 20))

    job = call.visit.job
    assert (call.visit.arrived_at, call.visit.ended_at) == (at(8, 45), at(9, 20))
    assert (job.responded_at, job.completed_at) == (at(8, 45), at(9, 20))
    assert "correct_times" in call.history()


@pytest.mark.parametrize(
    ("arrived_at", "ended_at"),
    [
        # Before the technician set off.
        (at(8, 29), at(9, 30)),
        (at(9, 31), at(9, 30)),
        # In the future.
        (at(9), at(10, 1)),
        (at(9, day=MONDAY - dt.timedelta(days=1)), at(9, 30)),
    ],
)
def test_times_that_cannot_be_are_refused(call: Call, arrived_at: dt.datetime, ended_at: dt.datetime) -> None:
    with pytest.raises(TimesOutOfOrder):
        call.correct(arrived_at, ended_at)

    assert call.visit.arrived_at == at(9)


def test_times_after_midnight_belong_to_the_shift_that_began_the_day_before(call: Call) -> None:
    tuesday = MONDAY + dt.timedelta(days=1)
    call.visit.arrived_at, call.visit.ended_at = at(23, 50), at(0, 30, day=tuesday)

    with travel(at(1, day=tuesday), tick=False):
        call.correct(at(0, 5, day=tuesday), at(0, 20, day=tuesday))

    assert (call.visit.arrived_at, call.visit.ended_at) == (at(0, 5, day=tuesday), at(0, 20, day=tuesday))


def test_a_correction_needs_a_reason(call: Call) -> None:
    with pytest.raises(CorrectionWithoutReason):
        call.correct(at(9), at(9, 20), reason=" ")
