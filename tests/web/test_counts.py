"""Facts about the pages of counts: blind, twice, approved by another person."""

import pytest

from core.accounts import RoleName
from inventory import counts, ledger
from inventory.models import Count, CountState, Part, Place
from tests import factories as make
from tests.web.conftest import Page, Visitor, World
from tests.web.page_forms import forms_to, send


class Depot:
    """A warehouse with 37 batteries, and two clerks."""

    def __init__(self, world: World) -> None:
        self.session = world.session
        self.place: Place = make.add_place(self.session, name="Depot North")
        self.battery: Part = make.add_part(self.session, sku="BAT-1", unit_cost_cents=1000)
        make.add_stock(self.session, self.place, self.battery, 37, target=40)
        self.clerk: Visitor = world.signed_in(RoleName.WAREHOUSE)
        self.other: Visitor = world.signed_in(RoleName.WAREHOUSE)

    def begin(self) -> str:
        """The address of a count that was begun from what is due."""
        sent = send(self.clerk, self.clerk.get("/warehouse/counts"), "/warehouse/counts")
        assert sent.location
        return sent.location

    def count(self, path: str, pieces: int | str, *, part: Part | None = None, **typed: str) -> Page:
        part_id = (part or self.battery).id
        form = forms_to(self.clerk.get(path), f"{path}/lines")[0]
        return self.clerk.post(f"{path}/lines", **form | {f"found-{part_id}": str(pieces), "finish": "1"} | typed)

    def document(self, path: str) -> Count:
        return counts.count_by_id(self.session, int(path.rpartition("/")[2]))


@pytest.fixture
def depot(world: World) -> Depot:
    return Depot(world)


def test_what_is_due_can_be_counted_without_seeing_the_books(depot: Depot) -> None:
    path = depot.begin()

    sheet = depot.clerk.get(path)

    assert "BAT-1" in sheet.text
    assert "37" not in sheet.part('<ul class="ticks">', "</ul>")


def test_a_count_that_agrees_is_posted(depot: Depot) -> None:
    path = depot.begin()

    told = depot.clerk.follow(depot.count(path, 37))

    assert "The count is posted." in told.text
    assert "1 lines counted here within a year, the books had 1 right" in depot.clerk.get("/warehouse/counts").text


def test_what_differs_is_counted_again_and_then_posted_with_its_worth(depot: Depot) -> None:
    path = depot.begin()

    again = depot.clerk.follow(depot.count(path, 36))
    posted = depot.clerk.follow(depot.count(path, 36))

    assert "Count those once more" in again.text
    assert "BAT-1 36 37 -1 €10.00" in posted.text
    assert depot.document(path).state is CountState.POSTED


def test_a_half_finished_count_is_kept(depot: Depot) -> None:
    path = depot.begin()
    form = forms_to(depot.clerk.get(path), f"{path}/lines")[0]

    depot.clerk.post(f"{path}/lines", **form | {f"found-{depot.battery.id}": "12"})

    assert 'value="12"' in depot.clerk.get(path).html


def test_an_unfinished_count_names_what_is_missing(depot: Depot) -> None:
    path = depot.begin()

    refused = depot.count(path, "")

    assert refused.status == 409
    assert "BAT-1 are still to be counted" in refused.text


def test_much_money_needs_another_person(depot: Depot, world: World) -> None:
    path = depot.begin()
    for _ in range(2):
        depot.count(path, 5)
    own = depot.clerk.get(path)
    refused = depot.clerk.post(f"{path}/approve", command_id="x1")

    approved = send(depot.other, depot.other.get(path), f"{path}/approve")

    assert "You counted this yourself." in own.text
    assert refused.status == 403
    assert "The count is posted." in depot.other.follow(approved).text


def test_the_page_names_everybody_who_counted_and_lets_none_of_them_approve(depot: Depot) -> None:
    path = depot.begin()
    form = forms_to(depot.other.get(path), f"{path}/lines")[0]
    depot.other.post(f"{path}/lines", **form | {f"found-{depot.battery.id}": "5"})
    for _ in range(2):
        depot.count(path, 5)

    shown = depot.other.get(path)

    assert "You counted this yourself." in shown.text
    assert forms_to(shown, f"{path}/approve") == []
    assert shown.text.count("counted by") == 1


def test_a_count_can_be_rejected_and_cancelled(depot: Depot) -> None:
    path = depot.begin()
    for _ in range(2):
        depot.count(path, 5)

    send(depot.other, depot.other.get(path), f"{path}/reject")
    reopened = depot.document(path).state
    send(depot.other, depot.other.get(path), f"{path}/cancel")

    assert (reopened, depot.document(path).state) == (CountState.OPEN, CountState.CANCELLED)


def test_tracked_pieces_are_scanned(depot: Depot) -> None:
    reader = make.add_part(depot.session, sku="RDR-1")
    reader.serial_tracked = True
    ledger.receive(
        depot.session,
        place_id=depot.place.id,
        pieces={reader.id: 2},
        reference="DN",
        actor_id=None,
        serials={reader.id: ["A", "B"]},
    )
    sent = send(depot.clerk, depot.clerk.get("/warehouse/counts"), "/warehouse/counts", part="", skus="RDR-1")
    path = sent.location
    assert path

    for _ in range(2):
        told = depot.clerk.follow(depot.count(path, "A C", part=reader))

    assert "missing: B" in told.text
    assert "found: C" in told.text


def test_a_part_that_is_being_counted_is_not_counted_twice(depot: Depot) -> None:
    depot.begin()

    refused = send(depot.clerk, depot.clerk.get("/warehouse/counts"), "/warehouse/counts", skus="BAT-1")

    assert refused.status == 409
    assert "is on count C-1 already" in refused.text


def test_nothing_to_count_and_nothing_named_is_refused(depot: Depot) -> None:
    depot.begin()

    refused = send(depot.clerk, depot.clerk.get("/warehouse/counts"), "/warehouse/counts")

    assert "Nothing is due today" in refused.text
    assert refused.status == 422


def test_only_an_administrator_sets_the_limit(depot: Depot, world: World) -> None:
    admin = world.signed_in(RoleName.ADMIN)

    told = admin.follow(send(admin, admin.get("/warehouse/counts"), "/warehouse/counts/limit", limit="250"))

    assert "worth more than €250.00" in told.text
    assert depot.clerk.post("/warehouse/counts/limit", limit="1").status == 403
