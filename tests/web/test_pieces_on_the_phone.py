"""Facts about pieces with numbers of their own in a technician's hand: loaded, built in, and found again."""

from dataclasses import dataclass

import pytest

from core.accounts import RoleName
from dispatch.models import JobPart, Technician, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.visits import VisitStatus
from inventory import ledger, picking
from inventory.audit import find_differences
from inventory.models import Part, Place
from inventory.reservations import reserve_all
from tests import factories as make
from tests.factories import MONDAY, at
from tests.web.conftest import Page, Visitor, World, publish_depot_stop
from tests.web.page_forms import forms_to, send

DAY = f"/day?day={MONDAY}"


@dataclass
class Crew:
    """A technician on site whose job wants a card reader; one is in the van, one in the depot."""

    world: World
    technician: Technician
    depot: Place
    reader: Part
    visit: Visit
    phone: Visitor
    clerk: Visitor

    def use(self, **typed: str) -> Page:
        return send(self.phone, self.phone.get(DAY), f"/visits/{self.visit.id}/parts", **typed)

    def piece(self, number: str) -> Page:
        return self.clerk.get(f"/warehouse/parts/RDR-1/serials/{number}")


@pytest.fixture
def crew(world: World) -> Crew:
    session = world.session
    user = make.add_person(session, name="Rui Reis", roles=[RoleName.TECHNICIAN])
    technician = make.add_technician(session, code="T07", name="Rui Reis", user=user)
    make.add_shift(session, technician)
    depot, reader = make.add_place(session, name="Depot North"), make.add_part(session, sku="RDR-1")
    reader.serial_tracked = True
    for place_id, number in ((technician.trunk_id, "R-1"), (depot.id, "R-2")):
        ledger.receive(
            session,
            place_id=place_id,
            pieces={reader.id: 1},
            serials={reader.id: [number]},
            reference="DN-1",
            actor_id=None,
        )
    job = make.add_job(session, status=JobStatus.ON_SITE)
    job.parts.append(JobPart(part=reader, quantity=1, used=0))
    held = reserve_all(
        session, wants={reader.id: 1}, place_ids=[technician.trunk_id], reference=job.number, needed_at=at(9)
    )
    job.parts[0].reservation = held[reader.id]
    visit = make.add_visit(session, technician=technician, job=job, start=at(9))
    visit.status = VisitStatus.ON_SITE
    session.flush()
    return Crew(world, technician, depot, reader, visit, world.visitor(user), world.signed_in(RoleName.WAREHOUSE))


def test_a_promised_piece_is_built_in_by_its_number(crew: Crew) -> None:
    unnamed = crew.use(serials="")
    elsewhere = crew.use(serials="R-2")
    unknown = crew.use(serials="R-9")

    told = crew.phone.follow(crew.use(serials="R-1"))

    assert [page.status for page in (unnamed, elsewhere, unknown)] == [422, 409, 404]
    assert "R-2" in elsewhere.text
    assert forms_to(unknown, f"/visits/{crew.visit.id}/parts")[0]["serials"] == "R-9"
    assert "1 × RDR-1 used." in told.text
    assert find_differences(crew.world.session) == []


def test_the_page_of_a_piece_tells_its_way_to_the_shop(crew: Crew) -> None:
    crew.use(serials="R-1")

    shown, missing = crew.piece("R-1"), crew.piece("R-9")

    assert shown.status == 200
    assert "DN-1" in shown.text
    assert crew.visit.job.number in shown.text
    assert missing.status == 404
    assert "R-9" in missing.text


def test_a_numbered_piece_is_loaded_by_the_number_that_was_scanned(crew: Crew) -> None:
    session = crew.world.session
    drawn = picking.draw_up(
        session,
        warehouse_id=crew.depot.id,
        trunk_id=crew.technician.trunk_id,
        day=MONDAY,
        lines=[picking.PickWanted(crew.reader.id, 1)],
    )
    publish_depot_stop(session, crew.technician, crew.depot)
    field = f"serials-{drawn.lines[0].id}"

    refused = send(crew.phone, crew.phone.get(DAY), "/day/load", **{field: "R-1"})
    told = crew.phone.follow(send(crew.phone, crew.phone.get(DAY), "/day/load", **{field: "R-2"}))

    assert refused.status == 409
    assert "1 line is in your van." in told.text
    assert "Van of Rui Reis" in crew.piece("R-2").text
