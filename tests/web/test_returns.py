"""Facts about the pages of defective parts: owed, received, tested, and sent back."""

import pytest
from sqlalchemy.orm import Session

from core.accounts import RoleName
from inventory import ledger, returns
from inventory.models import Core, CoreState, Part, Place, PlaceKind, Rma, RmaState
from inventory.suppliers import add_supplier
from tests import factories as make
from tests.web.conftest import Page, Visitor, World
from tests.web.page_forms import forms_to, send


class Depot:
    """A warehouse clerk, a van, and printers that must come back."""

    def __init__(self, world: World) -> None:
        self.session: Session = world.session
        self.place: Place = make.add_place(self.session, name="Depot North")
        self.van: Place = make.add_place(self.session, name="Van Ana", kind=PlaceKind.TRUNK)
        self.printer: Part = make.add_part(self.session, sku="PRN-1")
        self.printer.core_due = True
        self.clerk: Visitor = world.signed_in(RoleName.WAREHOUSE)

    def core(self, upto: CoreState = CoreState.DUE, *, reference: str = "J-7") -> Core:
        session = self.session
        ledger.receive(session, place_id=self.van.id, pieces={self.printer.id: 1}, reference="DN", actor_id=None)
        ledger.consume(
            session, part_id=self.printer.id, quantity=1, place_id=self.van.id, reference=reference, actor_id=None
        )
        [core] = returns.owe(session, part_id=self.printer.id, quantity=1, trunk_id=self.van.id, reference=reference)
        if upto is not CoreState.DUE:
            returns.take(session, core_id=core.id, actor_id=None)
        if upto in (CoreState.RECEIVED, CoreState.ON_BENCH):
            returns.receive(session, core_ids=[core.id], warehouse_id=self.place.id, actor_id=None)
        if upto is CoreState.ON_BENCH:
            returns.put_on_bench(session, core_id=core.id, actor_id=None)
        return core

    def go(self, page: str, form: str, **typed: str) -> Page:
        """Send a form of a page."""
        return send(self.clerk, self.clerk.get(page), form, **typed)


@pytest.fixture
def depot(world: World) -> Depot:
    return Depot(world)


def test_the_page_tells_what_is_owed_and_for_how_long(depot: Depot) -> None:
    depot.core()

    page = depot.clerk.get("/warehouse/returns")

    assert "J-7" in page.part('id="owed"')
    assert "Van Ana 1 – – –" in page.part('id="ageing"')
    assert "No van carries a core" in page.text


def test_without_cores_the_pages_say_what_will_appear(depot: Depot) -> None:
    assert "Nobody owes a core" in depot.clerk.get("/warehouse/returns").text
    assert "Nothing is on the bench" in depot.clerk.get("/warehouse/bench").text
    assert "Nothing here can go back" in depot.clerk.get("/warehouse/rmas").text


def test_a_scanned_core_goes_into_quarantine(depot: Depot) -> None:
    core = depot.core(CoreState.TAKEN)

    sent = depot.go("/warehouse/returns", "/warehouse/returns/scan", scanned="PRN-1")

    assert "PRN-1 from J-7 is in quarantine." in depot.clerk.follow(sent).text
    assert core.state is CoreState.RECEIVED


def test_scanning_a_piece_again_and_again_brings_it_to_the_bench(depot: Depot) -> None:
    core = depot.core(CoreState.TAKEN)

    told = [
        depot.clerk.follow(depot.go("/warehouse/bench", "/warehouse/bench/scan", scanned="PRN-1")).text
        for _ in range(3)
    ]

    assert "is in quarantine. Scan it again to put it on the bench." in told[0]
    assert "is on the bench. Write down what you find." in told[1]
    assert "lies on the bench. Write down what you find." in told[2]
    assert core.state is CoreState.ON_BENCH


def test_a_scan_that_means_nothing_says_what_to_scan(depot: Depot) -> None:
    refused = depot.go("/warehouse/returns", "/warehouse/returns/scan", scanned="???")

    assert refused.status == 404
    assert "Scan a serial number, a job number or a SKU." in refused.text


def test_the_ticked_cores_of_a_van_are_received_together(depot: Depot) -> None:
    first, second = depot.core(CoreState.TAKEN), depot.core(CoreState.TAKEN, reference="J-8")
    form = forms_to(depot.clerk.get("/warehouse/returns"), "/warehouse/returns/receive")[0]

    sent = depot.clerk.post("/warehouse/returns/receive", **form | {"core": str(first.id)})

    assert "1 core is in quarantine." in depot.clerk.follow(sent).text
    assert (first.state, second.state) == (CoreState.RECEIVED, CoreState.TAKEN)


def test_receiving_asks_for_at_least_one_core(depot: Depot) -> None:
    depot.core(CoreState.TAKEN)
    form = forms_to(depot.clerk.get("/warehouse/returns"), "/warehouse/returns/receive")[0]

    refused = depot.clerk.post("/warehouse/returns/receive", **{k: v for k, v in form.items() if k != "core"})

    assert refused.status == 422
    assert "No core was named" in refused.text


def test_a_core_that_will_not_come_is_written_off_with_a_reason(depot: Depot) -> None:
    core = depot.core()

    depot.go("/warehouse/returns", f"/warehouse/returns/{core.id}/write-off", reason="shop burned down")

    assert (core.state, core.finding) == (CoreState.LOST, "shop burned down")


def test_a_piece_goes_over_the_bench_back_to_the_shelf(depot: Depot) -> None:
    core = depot.core(CoreState.RECEIVED)

    depot.go("/warehouse/bench", f"/warehouse/bench/{core.id}/test")
    sent = depot.go("/warehouse/bench", f"/warehouse/bench/{core.id}/repair", finding="roller replaced")

    page = depot.clerk.follow(sent)
    assert "The piece is good again and on the shelf." in page.text
    assert "PRN-1 1 1 100 %" in page.part('id="yields"')


def test_a_finding_is_asked_for(depot: Depot) -> None:
    core = depot.core(CoreState.ON_BENCH)

    refused = depot.go("/warehouse/bench", f"/warehouse/bench/{core.id}/repair", finding=" ")

    assert refused.status == 422
    assert core.state is CoreState.ON_BENCH


def test_a_piece_beyond_repair_is_scrapped(depot: Depot) -> None:
    core = depot.core(CoreState.ON_BENCH)
    form = forms_to(depot.clerk.get("/warehouse/bench"), f"/warehouse/bench/{core.id}/repair")[0]

    sent = depot.clerk.post(f"/warehouse/bench/{core.id}/scrap", **form | {"finding": "burned"})

    assert "PRN-1 is scrapped." in depot.clerk.follow(sent).text


def shipped(depot: Depot, core: Core) -> Rma:
    add_supplier(depot.session, code="PRINTCO", name="Print & Co")
    opened = depot.go("/warehouse/rmas", "/warehouse/rmas", core=str(core.id), supplier="PRINTCO")
    assert opened.location
    depot.go(opened.location, f"{opened.location}/ship", supplier_reference="A-77")
    rma = core.rma
    assert rma is not None
    return rma


@pytest.mark.parametrize(
    ("step", "typed", "state", "words"),
    [
        ("credit", {"credit": "42,50"}, RmaState.CREDITED, "42.50"),
        ("replace", {}, RmaState.REPLACED, "The replacements are on the shelf."),
        ("refuse", {}, RmaState.REFUSED, "Refused"),
    ],
)
def test_a_return_goes_to_the_supplier_and_is_decided(
    depot: Depot, step: str, typed: dict[str, str], state: RmaState, words: str
) -> None:
    rma = shipped(depot, depot.core(CoreState.RECEIVED))
    path = f"/warehouse/rmas/{rma.id}"

    sent = depot.go(path, f"{path}/{step}", **typed)

    assert words in depot.clerk.follow(sent).text
    assert rma.state is state
    assert rma.number in depot.clerk.get("/warehouse/rmas").text


def test_a_credit_that_is_no_amount_changes_nothing(depot: Depot) -> None:
    rma = shipped(depot, depot.core(CoreState.RECEIVED))
    path = f"/warehouse/rmas/{rma.id}"

    refused = depot.go(path, f"{path}/credit", credit="much")

    assert refused.status == 422
    assert "much is not an amount of money" in refused.text
    assert rma.state is RmaState.SHIPPED


def test_an_open_return_can_be_cancelled(depot: Depot) -> None:
    core = depot.core(CoreState.RECEIVED)
    add_supplier(depot.session, code="PRINTCO", name="Print & Co")
    opened = depot.go("/warehouse/rmas", "/warehouse/rmas", core=str(core.id), supplier="PRINTCO")

    depot.go(opened.location or "", f"{opened.location}/cancel")

    assert core.state is CoreState.RECEIVED


def test_a_return_without_pieces_is_refused(depot: Depot) -> None:
    depot.core(CoreState.RECEIVED)
    add_supplier(depot.session, code="PRINTCO", name="Print & Co")

    refused = depot.go("/warehouse/rmas", "/warehouse/rmas", supplier="PRINTCO")

    assert refused.status == 422
    assert "No core was named" in refused.text


@pytest.mark.parametrize("path", ["/warehouse/returns", "/warehouse/bench", "/warehouse/rmas"])
def test_only_the_warehouse_sees_these_pages(world: World, path: str) -> None:
    assert world.signed_in(RoleName.TECHNICIAN).get(path).status == 403
