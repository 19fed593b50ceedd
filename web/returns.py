"""Defective parts that come back: what the vans owe, the bench, and returns to suppliers."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from core import clock
from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import N_
from dispatch import corework
from dispatch.models import Job
from inventory import returns, rmas
from inventory.back_orders import back_orders
from inventory.models import Core, CoreState, Place, Rma, RmaState
from inventory.queries import parts, trunks, warehouse_named, warehouses
from inventory.suppliers import supplier_by_code, suppliers
from inventory.yields import AGES, debts, yields
from web.caller import caller_id
from web.commands import Answer, carry_out
from web.forms import read_codes, read_money, read_whole

pages = Blueprint("returns", __name__)

RMAS_SHOWN = 100
# What the bench writes down most; anything else is typed.
USUAL_FINDINGS = (N_("Works, no fault found"), N_("Cleaned"), N_("Worn part replaced"), N_("Beyond repair"))


@pages.get("/warehouse/returns")
@allow(RoleName.WAREHOUSE)
def owed() -> ResponseReturnValue:
    """Show which van owes which cores, for how long, and what is in the vans to be received."""
    return _owed_page()


@pages.post("/warehouse/returns/receive")
@allow(RoleName.WAREHOUSE)
def receive() -> ResponseReturnValue:
    """Take the cores that are ticked out of a van."""

    def act() -> Answer:
        core_ids = [read_whole(text) for text in request.form.getlist("core")]
        received = returns.receive(db.session(), core_ids=core_ids, warehouse_id=_warehouse().id, actor_id=caller_id())
        words = ngettext("%(num)s core is in quarantine.", "%(num)s cores are in quarantine.", len(received))
        return Answer(url_for("returns.owed", warehouse=_warehouse().code), words)

    return carry_out(act, _owed_page)


@pages.post("/warehouse/returns/scan")
@allow(RoleName.WAREHOUSE)
def scan() -> ResponseReturnValue:
    """Take the one core out of its van that a scanned code stands for."""

    def act() -> Answer:
        core = returns.core_scanned(db.session(), request.form.get("scanned", ""))
        returns.receive(db.session(), core_ids=[core.id], warehouse_id=_warehouse().id, actor_id=caller_id())
        words = gettext("%(sku)s from %(reference)s is in quarantine.", sku=core.part.sku, reference=core.reference)
        return Answer(url_for("returns.owed", warehouse=_warehouse().code), words)

    return carry_out(act, _owed_page)


@pages.post("/warehouse/bench/scan")
@allow(RoleName.WAREHOUSE)
def take_in_hand() -> ResponseReturnValue:
    """Bring the piece that was scanned a step further: out of the van, onto the bench; there, say what comes next."""

    def act() -> Answer:
        session = db.session()
        core = returns.core_at_hand(session, request.form.get("scanned", ""))
        facts = {"sku": core.part.sku, "reference": core.reference}
        if core.state is CoreState.TAKEN:
            returns.receive(session, core_ids=[core.id], warehouse_id=_warehouse().id, actor_id=caller_id())
            words = gettext(
                "%(sku)s from %(reference)s is in quarantine. Scan it again to put it on the bench.", **facts
            )
        elif core.state is CoreState.RECEIVED:
            returns.put_on_bench(session, core_id=core.id, actor_id=caller_id())
            words = gettext("%(sku)s from %(reference)s is on the bench. Write down what you find.", **facts)
        else:
            words = gettext("%(sku)s from %(reference)s lies on the bench. Write down what you find.", **facts)
        return Answer(url_for("returns.bench", core=core.id), words)

    return carry_out(act, _bench_page)


@pages.post("/warehouse/returns/<int:core_id>/write-off")
@allow(RoleName.WAREHOUSE)
def write_off(core_id: int) -> ResponseReturnValue:
    """Give up on a core that will not come."""

    def act() -> Answer:
        core = returns.write_off(
            db.session(), core_id=core_id, reason=request.form.get("reason", ""), actor_id=caller_id()
        )
        words = gettext("%(sku)s from %(reference)s is not owed any more.", sku=core.part.sku, reference=core.reference)
        return Answer(url_for("returns.owed"), words)

    return carry_out(act, _owed_page)


@pages.get("/warehouse/bench")
@allow(RoleName.WAREHOUSE)
def bench() -> ResponseReturnValue:
    """Show what lies in quarantine and on the bench, dearest first, and how returns have ended."""
    return _bench_page()


@pages.post("/warehouse/bench/<int:core_id>/test")
@allow(RoleName.WAREHOUSE)
def test(core_id: int) -> ResponseReturnValue:
    """Put a core on the bench."""

    def act() -> Answer:
        core = returns.put_on_bench(db.session(), core_id=core_id, actor_id=caller_id())
        return Answer(url_for("returns.bench"), gettext("%(sku)s is on the bench.", sku=core.part.sku))

    return carry_out(act, _bench_page)


@pages.post("/warehouse/bench/<int:core_id>/repair")
@allow(RoleName.WAREHOUSE)
def repair(core_id: int) -> ResponseReturnValue:
    """Put a repaired piece back on the shelf."""

    def act() -> Answer:
        ready = corework.repair_core(
            db.session(), core_id=core_id, finding=request.form.get("finding", ""), actor_id=caller_id()
        )
        return Answer(
            url_for("returns.bench"), _with_ready(gettext("The piece is good again and on the shelf."), ready)
        )

    return carry_out(act, _bench_page)


@pages.post("/warehouse/bench/<int:core_id>/scrap")
@allow(RoleName.WAREHOUSE)
def scrap(core_id: int) -> ResponseReturnValue:
    """Throw a piece away."""

    def act() -> Answer:
        core = returns.scrap(
            db.session(), core_id=core_id, finding=request.form.get("finding", ""), actor_id=caller_id()
        )
        return Answer(url_for("returns.bench"), gettext("%(sku)s is scrapped.", sku=core.part.sku))

    return carry_out(act, _bench_page)


@pages.get("/warehouse/rmas")
@allow(RoleName.WAREHOUSE)
def index() -> ResponseReturnValue:
    """List the returns to suppliers."""
    return _rmas_page()


@pages.post("/warehouse/rmas")
@allow(RoleName.WAREHOUSE)
def open_rma() -> ResponseReturnValue:
    """Put the cores that are ticked together for their supplier."""

    def act() -> Answer:
        rma = rmas.open_rma(
            db.session(),
            supplier_id=supplier_by_code(db.session(), request.form.get("supplier", "")).id,
            warehouse_id=_warehouse().id,
            core_ids=[read_whole(text) for text in request.form.getlist("core")],
        )
        words = gettext("%(rma)s is open. Pack the pieces and ship them.", rma=rma.number)
        return Answer(url_for("returns.rma", rma_id=rma.id), words)

    return carry_out(act, _rmas_page)


@pages.get("/warehouse/rmas/<int:rma_id>")
@allow(RoleName.WAREHOUSE)
def rma(rma_id: int) -> ResponseReturnValue:
    """Show one return with its pieces and what comes next."""
    return _rma_page(rma_id)


@pages.post("/warehouse/rmas/<int:rma_id>/ship")
@allow(RoleName.WAREHOUSE)
def ship(rma_id: int) -> ResponseReturnValue:
    """Send the pieces off."""

    def act() -> Rma:
        number = request.form.get("supplier_reference", "")
        return rmas.ship(db.session(), rma_id=rma_id, supplier_reference=number, actor_id=caller_id())

    return _decide(rma_id, act)


@pages.post("/warehouse/rmas/<int:rma_id>/cancel")
@allow(RoleName.WAREHOUSE)
def cancel(rma_id: int) -> ResponseReturnValue:
    """Call the return off."""
    return _decide(rma_id, lambda: rmas.cancel(db.session(), rma_id=rma_id))


@pages.post("/warehouse/rmas/<int:rma_id>/credit")
@allow(RoleName.WAREHOUSE)
def credit(rma_id: int) -> ResponseReturnValue:
    """Write down what the supplier pays."""

    def act() -> Rma:
        return rmas.credit(db.session(), rma_id=rma_id, credit_cents=read_money(request.form.get("credit", "")))

    return _decide(rma_id, act)


@pages.post("/warehouse/rmas/<int:rma_id>/replace")
@allow(RoleName.WAREHOUSE)
def replace(rma_id: int) -> ResponseReturnValue:
    """Put what the supplier sent instead on the shelf."""

    def act() -> Answer:
        serials = {
            core.part_id: read_codes(request.form.get(f"serials-{core.part_id}", ""))
            for core in rmas.rma_by_id(db.session(), rma_id).cores
            if core.part.serial_tracked
        }
        ready = corework.receive_replacement(db.session(), rma_id=rma_id, serials=serials, actor_id=caller_id())
        words = _with_ready(gettext("The replacements are on the shelf."), ready)
        return Answer(url_for("returns.rma", rma_id=rma_id), words)

    return carry_out(act, lambda problem: _rma_page(rma_id, problem))


@pages.post("/warehouse/rmas/<int:rma_id>/refuse")
@allow(RoleName.WAREHOUSE)
def refuse(rma_id: int) -> ResponseReturnValue:
    """Take the pieces back that the supplier does not accept."""
    return _decide(rma_id, lambda: rmas.refuse(db.session(), rma_id=rma_id, actor_id=caller_id()))


def _decide(rma_id: int, decide: Callable[[], Rma]) -> ResponseReturnValue:
    """Take the next step of a return, which its page then tells."""

    def act() -> Answer:
        decide()
        return Answer(url_for("returns.rma", rma_id=rma_id))

    return carry_out(act, lambda problem: _rma_page(rma_id, problem))


def _warehouse() -> Place:
    """Return the warehouse that is named, or the first one."""
    return warehouse_named(db.session(), request.values.get("warehouse", ""))


def _with_ready(words: str, ready: Sequence[Job]) -> str:
    if not ready:
        return words
    return f"{words} {gettext('Ready now: %(jobs)s.', jobs=', '.join(job.number for job in ready))}"


def _owed_page(problem: str | None = None) -> str:
    session, now = db.session(), clock.now()
    due = returns.cores(session, states=[CoreState.DUE])
    taken = [core for core in returns.cores(session, states=[CoreState.TAKEN]) if core.trunk_id]
    by_van = sorted(taken, key=lambda core: (core.trunk_id or 0, core.id))
    owing = debts([*due, *taken], now=now)
    return render_template(
        "warehouse/returns.html",
        warehouses=[(place.code, place.name) for place in warehouses(session)],
        warehouse_code=request.values.get("warehouse", ""),
        due=due,
        in_vans=[list(group) for _, group in groupby(by_van, lambda core: core.trunk_id)],
        debts=[(van, owing[van.id]) for van in trunks(session) if van.id in owing],
        ages=AGES,
        days=lambda core: (now - core.due_since).days,
        problem=problem,
    )


def _bench_page(problem: str | None = None) -> str:
    session = db.session()
    cores = returns.cores(session, states=[CoreState.RECEIVED, CoreState.ON_BENCH])

    def urgency(core: Core) -> tuple[bool, int, int]:
        # First what somebody waits for, then what is worth most, then what has waited longest.
        return core.part_id not in waited_for, -core.part.unit_cost_cents, core.id

    waited_for = set(back_orders(session, {core.part_id for core in cores}))
    in_hand = request.args.get("core", type=int)
    cores.sort(key=lambda core: (core.id != in_hand, *urgency(core)))
    return render_template(
        "warehouse/bench.html",
        quarantine=[core for core in cores if core.state is CoreState.RECEIVED],
        bench=[core for core in cores if core.state is CoreState.ON_BENCH],
        in_hand=in_hand,
        usual_findings=[gettext(finding) for finding in USUAL_FINDINGS],
        waited_for=waited_for,
        yields=yields(session),
        parts={part.id: part for part in parts(session)},
        problem=problem,
    )


def _rmas_page(problem: str | None = None) -> str:
    session = db.session()
    here = _warehouse()
    waiting = returns.cores(session, states=[CoreState.RECEIVED, CoreState.ON_BENCH], warehouse_id=here.id)
    return render_template(
        "warehouse/rmas.html",
        rmas=rmas.rmas(session, states=list(RmaState), limit=RMAS_SHOWN),
        cores=waiting,
        warehouses=[(place.code, place.name) for place in warehouses(session)],
        warehouse=here,
        suppliers=[(supplier.code, supplier.name) for supplier in suppliers(session)],
        supplier_code=request.values.get("supplier", ""),
        ticked=request.form.getlist("core"),
        problem=problem,
    )


def _rma_page(rma_id: int, problem: str | None = None) -> str:
    shown = rmas.rma_by_id(db.session(), rma_id)
    pieces = Counter(core.part for core in shown.cores if core.part.serial_tracked)
    return render_template(
        "warehouse/rma.html",
        rma=shown,
        states=RmaState,
        tracked=sorted(pieces.items(), key=lambda item: item[0].sku),
        values=request.form,
        problem=problem,
    )
