"""Facts about the technician's phone."""

import datetime as dt
import gzip
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from time_machine import Traveller

from core.accounts import Navigation, RoleName, User
from customers.models import Site
from dispatch.jobs import cancel_job
from dispatch.models import JobPart, PlannedStop, Technician, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import StopKind
from dispatch.models.visits import CannotComplete, VisitStatus
from dispatch.models.workforce import AbsenceReason
from dispatch.workforce import note_absence
from inventory import ledger, picking, returns
from inventory.models import CoreState, Part, PickList, PickState, Place, StockLevel
from inventory.reservations import reserve_all
from tests import factories as make
from tests.factories import MONDAY, at
from tests.web.conftest import Page, Visitor, World, publish_depot_stop, publish_stops
from tests.web.page_forms import forms_to, is_offered, send

DAY = f"/day?day={MONDAY}"


@dataclass
class Road:
    """A technician on a working Monday with a van, a depot and a phone."""

    session: Session
    technician: Technician
    depot: Place
    battery: Part
    phone: Visitor

    def visit(self, site: str, hour: int, **given: VisitStatus) -> Visit:
        """Plan a visit to a shop of its own; its job wants one battery that is nowhere promised."""
        device = make.add_device(self.session, site=make.add_site(self.session, name=site))
        job = make.add_job(self.session, device=device, status=JobStatus.DISPATCHED, fault=make.add_fault(self.session))
        job.parts.append(JobPart(part=self.battery, quantity=1, used=0))
        visit = make.add_visit(self.session, technician=self.technician, job=job, start=at(hour), position=hour)
        visit.status = given.get("status", VisitStatus.DISPATCHED)
        self.session.flush()
        return visit

    def stock(self, place: Place, pieces: int, part: Part | None = None) -> None:
        make.add_stock(self.session, place, part or self.battery, pieces)

    def promise(self, visit: Visit, place: Place) -> None:
        wants = {self.battery.id: 1}
        held = reserve_all(self.session, wants=wants, place_ids=[place.id], reference=visit.job.number)
        visit.job.parts[0].reservation = held[self.battery.id]
        self.session.flush()

    def go_to(self, visit: Visit) -> None:
        self.press(visit, "set-off")
        self.press(visit, "arrive")

    def press(self, visit: Visit, step: str, **typed: str) -> Page:
        return send(self.phone, self.phone.get(DAY), f"/visits/{visit.id}/{step}", **typed)

    def pick_up(self, lines: Sequence[picking.PickWanted]) -> PickList:
        """Publish a plan with a stop at the depot for a pick list."""
        publish_depot_stop(self.session, self.technician, self.depot)
        return picking.draw_up(
            self.session,
            warehouse_id=self.depot.id,
            trunk_id=self.technician.trunk_id,
            day=MONDAY,
            lines=lines,
        )


@pytest.fixture
def road(world: World) -> Road:
    session = world.session
    user = make.add_person(session, name="Rui Reis", roles=[RoleName.TECHNICIAN])
    technician = make.add_technician(session, code="T07", name="Rui Reis", user=user)
    make.add_shift(session, technician)
    depot = make.add_place(session, name="Depot North")
    return Road(session, technician, depot, make.add_part(session, sku="BAT-1"), world.visitor(user))


def colleague(world: World, code: str) -> tuple[Technician, User]:
    user = make.add_person(world.session, name="Eva", roles=[RoleName.TECHNICIAN])
    return make.add_technician(world.session, code=code, user=user), user


def test_the_day_shows_its_stops_in_order_with_the_next_one_open(road: Road) -> None:
    road.visit("Late Shop", 14)
    road.visit("Early Shop", 9)

    page = road.phone.get(DAY)

    assert page.status == 200
    assert "0 of 2 visits done" in page.text
    assert page.html.index("Early Shop") < page.html.index("Late Shop")
    assert "Early Shop" in page.part('data-stops="now"')
    assert "Late Shop" in page.part('data-stops="afterwards"')


def test_a_stop_tells_what_a_technician_needs_on_the_way(road: Road) -> None:
    visit = road.visit("Café Luz", 9)
    site: Site = visit.job.site
    site.contact_name, site.phone, visit.job.description = "Inês", "+351 22 000", "No light at all"
    visit.job.window_start, visit.job.window_end = at(9), at(11)
    road.stock(road.depot, 1)
    road.promise(visit, road.depot)

    page = road.phone.get(DAY)

    for words in ("Rua das Flores 1", "08:00-20:00", "Inês", "No light at all", visit.job.device.serial, "09:00–11:00"):
        assert words in page.text
    assert 'href="geo:41.15,-8.61' in page.html
    assert 'href="tel:+35122000"' in page.html
    assert "at Depot North" in page.text


def test_what_colleagues_noted_at_the_same_device_stands_on_the_stop(world: World, road: Road) -> None:
    visit = road.visit("Corner Shop", 9)
    before = make.add_job(road.session, device=visit.job.device, status=JobStatus.COMPLETED)
    eva, _ = colleague(world, "T02")
    earlier = make.add_visit(road.session, technician=eva, job=before, day=MONDAY - dt.timedelta(days=30))
    earlier.status, earlier.ended_at, earlier.note = VisitStatus.COMPLETED, at(10), "Cable is loose behind the till"

    assert "Cable is loose behind the till" in road.phone.get(DAY).text


def test_a_visit_is_driven_from_setting_off_to_done(road: Road) -> None:
    visit = road.visit("Corner Shop", 9)
    road.stock(road.technician.trunk, 2)
    road.promise(visit, road.technician.trunk)

    set_off = road.phone.follow(road.press(visit, "set-off"))
    arrived = road.phone.follow(road.press(visit, "arrive"))
    used = road.phone.follow(road.press(visit, "parts"))
    done = road.phone.follow(road.press(visit, "complete", note="New battery"))

    assert "You are on the way to Corner Shop." in set_off.text
    assert "in your van" in arrived.text
    assert "1 × BAT-1 used." in used.text
    assert "1 of 1 visits done" in done.text
    assert "New battery" in done.text
    assert visit.job.status is JobStatus.COMPLETED
    assert road.session.scalar(sa.select(StockLevel.on_hand)) == 1


def test_a_form_that_is_sent_twice_acts_once(road: Road) -> None:
    visit = road.visit("Corner Shop", 9)
    road.stock(road.technician.trunk, 5)
    road.go_to(visit)
    form = forms_to(road.phone.get(DAY), f"/visits/{visit.id}/parts")[-1] | {"sku": "BAT-1", "quantity": "2"}

    first = road.phone.post(f"/visits/{visit.id}/parts", **form)
    second = road.phone.post(f"/visits/{visit.id}/parts", **form)

    assert (first.status, second.status) == (303, 303)
    assert first.location == second.location
    assert "2 × BAT-1 used." in road.phone.follow(second).text
    assert road.session.scalar(sa.select(StockLevel.on_hand)) == 3


def test_a_form_that_is_sent_again_with_other_values_is_refused(road: Road) -> None:
    visit = road.visit("Corner Shop", 9)
    road.stock(road.technician.trunk, 5)
    road.go_to(visit)
    form = forms_to(road.phone.get(DAY), f"/visits/{visit.id}/parts")[-1] | {"sku": "BAT-1", "quantity": "2"}
    road.phone.post(f"/visits/{visit.id}/parts", **form)

    again = road.phone.post(f"/visits/{visit.id}/parts", **form | {"quantity": "3"})

    assert again.status == 409
    assert "sent before with other values" in again.text
    assert road.session.scalar(sa.select(StockLevel.on_hand)) == 3


def test_a_form_without_an_id_does_nothing(road: Road) -> None:
    visit = road.visit("Corner Shop", 9)

    page = road.phone.post(f"/visits/{visit.id}/set-off", day=str(MONDAY))

    assert page.status == 422
    assert "nothing was done" in page.text
    assert visit.status is VisitStatus.DISPATCHED


def test_a_visit_that_was_withdrawn_is_told_and_the_note_is_not_lost(road: Road) -> None:
    visit = road.visit("Corner Shop", 9)
    road.go_to(visit)
    page = road.phone.get(DAY)
    visit.status = VisitStatus.WITHDRAWN

    refused = send(road.phone, page, f"/visits/{visit.id}/complete", note="Two hours of work <here>")

    assert refused.status == 409
    assert "The dispatcher took this job off your day" in refused.text
    assert "What you had written Two hours of work <here>" in refused.text


def test_a_cancelled_job_leaves_the_phone(road: Road) -> None:
    visit = road.visit("Corner Shop", 9)
    page = road.phone.get(DAY)
    cancel_job(road.session, job_id=visit.job_id, reason="solved by phone", actor_id=None)

    refused = send(road.phone, page, f"/visits/{visit.id}/set-off")

    assert refused.status == 409
    assert not is_offered(refused, f"/visits/{visit.id}/set-off")


def test_what_was_typed_stays_in_its_form_when_it_is_refused(road: Road) -> None:
    visit = road.visit("Corner Shop", 9)
    road.go_to(visit)

    refused = road.press(visit, "cannot-complete", note="Door is locked")

    assert refused.status == 422
    assert "Choose why the visit cannot be completed" in refused.text
    assert "Door is locked" in forms_to(refused, f"/visits/{visit.id}/cannot-complete")[0]["note"]
    assert visit.status is VisitStatus.ON_SITE


def test_a_visit_can_end_with_a_reason_and_the_part_it_needs(road: Road) -> None:
    visit = road.visit("Corner Shop", 9)
    keyboard = make.add_part(road.session, sku="KBD-1")
    road.go_to(visit)

    page = road.press(visit, "cannot-complete", reason="needs_part", sku="KBD-1", quantity="2", note="Keys dead")

    assert page.status == 303
    assert visit.cannot_complete is CannotComplete.NEEDS_PART
    assert visit.job.status is JobStatus.WAITING_PARTS
    assert (keyboard.id, 2) in {(line.part_id, line.quantity) for line in visit.job.parts}


def test_too_few_pieces_in_the_van_are_said_and_the_choice_stays(road: Road) -> None:
    visit = road.visit("Corner Shop", 9)
    road.stock(road.technician.trunk, 1)
    road.go_to(visit)

    refused = road.press(visit, "parts", sku="BAT-1", quantity="4")

    assert refused.status == 409
    assert "Your van has too few free pieces of BAT-1" in refused.text
    assert forms_to(refused, f"/visits/{visit.id}/parts")[-1]["quantity"] == "4"


def test_one_button_loads_everything_at_a_pick_up(road: Road) -> None:
    road.stock(road.depot, 3)
    pick_list = road.pick_up([picking.PickWanted(road.battery.id, 2)])
    page = road.phone.get(DAY)

    loaded = send(road.phone, page, "/day/load")

    assert "Pick up parts" in page.text
    assert "fills up the van" in page.text
    assert "1 line is in your van." in road.phone.follow(loaded).text
    assert pick_list.state is PickState.CONFIRMED


def test_the_pick_list_of_another_van_cannot_be_loaded(world: World, road: Road) -> None:
    road.stock(road.depot, 3)
    road.pick_up([picking.PickWanted(road.battery.id, 1)])
    eva, _ = colleague(world, "T02")
    foreign = picking.draw_up(
        road.session,
        warehouse_id=road.depot.id,
        trunk_id=eva.trunk_id,
        day=MONDAY,
        lines=[picking.PickWanted(road.battery.id, 1)],
    )

    refused = send(road.phone, road.phone.get(DAY), "/day/load", pick_list=str(foreign.id))

    assert refused.status == 403
    assert "not for your van" in refused.text


@pytest.mark.parametrize(
    ("has_shift", "has_plan", "words"),
    [
        (False, False, "A day off"),
        (True, False, "No plan yet"),
        (True, True, "No stops"),
    ],
)
def test_a_day_without_stops_says_why(world: World, *, has_shift: bool, has_plan: bool, words: str) -> None:
    technician, user = colleague(world, "T09")
    if has_shift:
        make.add_shift(world.session, technician)
    if has_plan:
        publish_stops(world.session, technician, [])

    assert words in world.visitor(user).get(DAY).text


def test_a_finished_day_is_praised(road: Road) -> None:
    road.visit("Corner Shop", 9, status=VisitStatus.COMPLETED)

    assert "All stops are done" in road.phone.get(DAY).text


def test_a_break_is_over_when_its_time_is(road: Road, seven_thirty: Traveller) -> None:
    times = {"arrives_at": at(12), "starts_at": at(12), "leaves_at": at(12, 30)}
    publish_stops(road.session, road.technician, [PlannedStop(position=0, kind=StopKind.BREAK, parts=[], **times)])
    before = road.phone.get(DAY)

    seven_thirty.move_to(at(12, 30))

    assert "Next stop" in before.text
    assert "All stops are done" in road.phone.get(DAY).text


def test_a_technician_sees_only_the_own_stops(world: World, road: Road) -> None:
    road.visit("Corner Shop", 9)
    eva, user = colleague(world, "T02")
    make.add_shift(world.session, eva)
    phone = world.visitor(user)

    assert "Corner Shop" not in phone.get(DAY).text
    assert phone.get(f"{DAY}&technician=T07").status == 403
    assert phone.get("/day/van?technician=T07").status == 403


def test_a_visit_of_somebody_else_is_refused(world: World, road: Road) -> None:
    visit = road.visit("Corner Shop", 9)
    form = forms_to(road.phone.get(DAY), f"/visits/{visit.id}/set-off")[0]
    _, user = colleague(world, "T02")

    refused = world.visitor(user).post(f"/visits/{visit.id}/set-off", command_id=form["command_id"], day=form["day"])

    assert refused.status == 403
    assert "is not yours" in refused.text


def test_a_dispatcher_looks_at_any_day_but_cannot_act(road: Road, dispatcher: Visitor) -> None:
    visit = road.visit("Corner Shop", 9)

    choice = dispatcher.get("/day")
    page = dispatcher.get(f"{DAY}&technician=T07")

    assert "T07" in choice.text
    assert "Corner Shop" in page.text
    assert not forms_to(page, f"/visits/{visit.id}/set-off")
    assert dispatcher.post(f"/visits/{visit.id}/set-off", day=str(MONDAY)).status == 403


def test_an_account_without_a_technician_is_told_to_ask(world: World) -> None:
    page = world.signed_in(RoleName.TECHNICIAN).get("/day")

    assert page.status == 409
    assert "belongs to no technician" in page.text


def test_the_van_shows_its_stock_by_family(road: Road) -> None:
    road.stock(road.technician.trunk, 3)

    page = road.phone.get("/day/van")

    assert "3 pieces of 1 parts" in page.text
    assert "BAT-1" in page.text


def test_an_empty_van_says_so(road: Road) -> None:
    assert "The van is empty" in road.phone.get("/day/van").text


def test_parts_are_named_in_the_readers_language(road: Road) -> None:
    road.visit("Corner Shop", 9)
    assert "battery BAT-1" in road.phone.get(DAY).text

    assert road.technician.user is not None
    road.technician.user.language = "zh_Hans_CN"

    page = road.phone.get(DAY)
    assert "配件 BAT-1" in page.text
    assert 'lang="zh-Hans-CN"' in page.html


def test_a_wrong_date_is_refused_with_a_sentence(road: Road) -> None:
    page = road.phone.get("/day?day=soon")

    assert page.status == 422
    assert "soon is not a date" in page.text


def test_tomorrow_is_one_tap_away_and_begins_tomorrow(road: Road) -> None:
    visit = road.visit("Corner Shop", 9)
    visit.day = MONDAY + dt.timedelta(days=1)

    page = road.phone.get("/day?day=tomorrow")

    assert "Corner Shop" in page.text
    assert "You can set off on the day itself." in page.text
    assert not is_offered(page, f"/visits/{visit.id}/set-off")
    assert "Corner Shop" not in road.phone.get("/day").text


def test_a_full_day_with_all_its_forms_stays_small(road: Road) -> None:
    for number in range(80):
        road.stock(road.technician.trunk, 2, make.add_part(road.session, sku=f"KBD-{number}"))
    for hour in range(6, 18):
        road.visit(f"Shop {hour}", hour)

    # As it goes over the air.
    assert len(gzip.compress(road.phone.get(DAY).html.encode())) < 30_000


def test_a_phone_finds_the_forms_of_every_step_of_a_visit(road: Road) -> None:
    visit = road.visit("Corner Shop", 9)

    page = road.phone.get(DAY)

    steps = ["set-off", "arrive", "parts", "complete", "cannot-complete"]
    assert all(forms_to(page, f"/visits/{visit.id}/{step}") for step in steps)
    assert [step for step in steps if is_offered(page, f"/visits/{visit.id}/{step}")] == ["set-off"]
    road.go_to(visit)
    page = road.phone.get(DAY)
    assert [step for step in steps if is_offered(page, f"/visits/{visit.id}/{step}")] == steps[2:]


@pytest.mark.parametrize(
    ("chosen", "link"),
    [
        (Navigation.GEO, "geo:41.15,-8.61?q=41.15,-8.61"),
        (Navigation.GOOGLE, "https://www.google.com/maps/dir/?api=1&amp;destination=41.15,-8.61"),
        (Navigation.AMAP, "https://uri.amap.com/navigation?to=-8.61,41.15,"),
    ],
)
def test_the_way_is_shown_by_the_map_that_the_technician_chose(road: Road, chosen: Navigation, link: str) -> None:
    road.visit("Corner Shop", 9)
    assert road.technician.user is not None
    road.technician.user.navigation = chosen

    assert f'href="{link}' in road.phone.get(DAY).html


def test_an_absence_is_told_on_the_days_it_touches(road: Road) -> None:
    note_absence(
        road.session,
        technician_id=road.technician.id,
        starts_at=at(7),
        ends_at=at(20),
        reason=AbsenceReason.TRAINING,
        actor_id=None,
    )

    page = road.phone.get(DAY)

    assert "You are away: In training" in page.text
    assert "Nothing is planned for you while you are away." in page.text
    assert "away" not in road.phone.get("/day?day=tomorrow").part("<main", "</main>")


def test_what_waits_at_the_pick_up_can_be_used_once_it_is_loaded(road: Road) -> None:
    visit = road.visit("Corner Shop", 9)
    road.stock(road.depot, 1)
    road.promise(visit, road.depot)
    road.pick_up([picking.PickWanted(road.battery.id, 1)])

    form = road.phone.get(DAY).html.partition(f'data-after-load="{road.depot.id}"')

    assert 'value="BAT-1"' in form[2].partition("</form>")[0]
    assert form[2].startswith(" hidden")


def test_a_part_is_used_by_the_serial_number_that_was_scanned(road: Road) -> None:
    reader = make.add_part(road.session, sku="RDR-1")
    reader.serial_tracked = True
    ledger.receive(
        road.session,
        place_id=road.technician.trunk_id,
        pieces={reader.id: 1},
        serials={reader.id: ["SN-0042"]},
        reference="first fill",
        actor_id=None,
    )
    visit = road.visit("Corner Shop", 9)
    road.go_to(visit)

    used = road.phone.follow(road.press(visit, "parts", sku="SN-0042", quantity="1"))

    assert "1 × RDR-1 used." in used.text
    assert visit.parts[0].serials == ["SN-0042"]


def test_another_job_is_not_offered_while_one_is_under_way(road: Road) -> None:
    now, later = road.visit("Corner Shop", 9), road.visit("Harbour Kiosk", 10)
    road.go_to(now)

    page = road.phone.get(DAY)

    assert not is_offered(page, f"/visits/{later.id}/set-off")
    assert "You can set off when the visit at Corner Shop has ended." in page.text


def test_an_old_part_that_must_come_back_is_taken_along_or_left_with_a_reason(road: Road) -> None:
    road.battery.core_due = True
    road.stock(road.technician.trunk, 2)
    visit = road.visit("Corner shop", 9)
    road.go_to(visit)
    send(road.phone, road.phone.get(DAY), f"/visits/{visit.id}/parts", sku=road.battery.sku, quantity="2")
    first, second = returns.cores_of(road.session, reference=visit.job.number)

    took = road.phone.follow(send(road.phone, road.phone.get(DAY), f"/day/cores/{first.id}/take"))
    left = road.phone.follow(
        send(road.phone, road.phone.get(DAY), f"/day/cores/{second.id}/leave", reason="The customer keeps it")
    )

    assert "is in your van. Hand it in at the warehouse." in took.text
    assert "any more." in left.text
    assert (first.state, second.state) == (CoreState.TAKEN, CoreState.LOST)
    assert visit.job.number in road.phone.get("/day/van").part('id="cores"')


def test_an_old_part_with_a_number_is_not_taken_without_it(road: Road) -> None:
    road.battery.core_due = road.battery.serial_tracked = True
    visit = road.visit("Corner shop", 9)
    [core] = returns.owe(
        road.session,
        part_id=road.battery.id,
        quantity=1,
        trunk_id=road.technician.trunk_id,
        reference=visit.job.number,
    )

    refused = send(road.phone, road.phone.get("/day/van"), f"/day/cores/{core.id}/take", serial=" ")

    assert refused.status == 422
    assert "tracked by serial number" in refused.text
    assert core.state is CoreState.DUE
