"""Defective parts on their way back, and returns to suppliers."""

from collections.abc import Callable
from typing import Any

from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.caller import own_technician
from api.commands import KEY_PARAMETER, command
from api.schemas import returns as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch import corework
from inventory import queries, returns, rmas
from inventory.models import Core, CoreState, Rma, RmaState
from inventory.suppliers import supplier_by_code
from inventory.yields import yields

cores = Blueprint("api_cores", __name__, url_prefix="/api/v1/cores", description="Defective parts that come back")
returned = Blueprint("api_rmas", __name__, url_prefix="/api/v1/rmas", description="Returns to suppliers")


@cores.route("")
class Cores(MethodView):
    """Defective parts that come back."""

    @cores.arguments(schemas.CoreQuery, location="query")
    @cores.response(200, schemas.Cores)
    @allow(RoleName.WAREHOUSE, RoleName.DISPATCHER)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List cores, the oldest first: those in a state or all, of a van or of all."""
        session = db.session()
        trunk_id = wanted["trunk"] and queries.place_by_code(session, wanted["trunk"]).id
        states = [wanted["state"]] if wanted["state"] else list(CoreState)
        return {"cores": returns.cores(session, states=states, trunk_id=trunk_id)}


@cores.route("/mine")
class OwnCores(MethodView):
    """What the caller owes."""

    @cores.response(200, schemas.Cores)
    @allow(RoleName.TECHNICIAN)
    def get(self) -> dict[str, Any]:
        """List the defective parts that the caller has not taken along yet."""
        return {"cores": corework.cores_to_take(db.session(), own_technician())}


@cores.route("/<int:core_id>/take")
class Take(MethodView):
    """A core that is in the van."""

    @cores.doc(parameters=[KEY_PARAMETER])
    @cores.arguments(schemas.Taking)
    @cores.response(200, schemas.Core)
    @allow(RoleName.TECHNICIAN)
    @command()
    def post(self, given: dict[str, Any], core_id: int) -> dict[str, Any]:
        """Take a defective part along in the caller's van."""
        return _of_own_van(corework.take_core, core_id, **given)


@cores.route("/<int:core_id>/leave")
class Leave(MethodView):
    """A core that stays where it is."""

    @cores.doc(parameters=[KEY_PARAMETER])
    @cores.arguments(schemas.Why)
    @cores.response(200, schemas.Core)
    @allow(RoleName.TECHNICIAN)
    @command()
    def post(self, given: dict[str, Any], core_id: int) -> dict[str, Any]:
        """Say why the caller will not bring a defective part back."""
        return _of_own_van(corework.leave_core, core_id, **given)


@cores.route("/receive")
class Receive(MethodView):
    """Cores that come out of the vans."""

    @cores.doc(parameters=[KEY_PARAMETER])
    @cores.arguments(schemas.CoreReceipt)
    @cores.response(200, schemas.Cores)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Bring cores from the vans into quarantine, all or none."""
        received = returns.receive(
            db.session(),
            core_ids=given["cores"],
            warehouse_id=queries.place_by_code(db.session(), given["warehouse"]).id,
            actor_id=current_user.id,
        )
        return {"cores": [_shown(core) for core in received]}


@cores.route("/<int:core_id>/test")
class Test(MethodView):
    """A core on the bench."""

    @cores.doc(parameters=[KEY_PARAMETER])
    @cores.response(200, schemas.Core)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, core_id: int) -> dict[str, Any]:
        """Put a core from quarantine on the bench."""
        return _shown(returns.put_on_bench(db.session(), core_id=core_id, actor_id=current_user.id))


@cores.route("/<int:core_id>/repair")
class Repair(MethodView):
    """A piece that is good again."""

    @cores.doc(parameters=[KEY_PARAMETER])
    @cores.arguments(schemas.Finding)
    @cores.response(200, schemas.Repaired)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], core_id: int) -> dict[str, Any]:
        """Put a repaired piece back on the shelf; jobs that waited for it get it at once."""
        ready = corework.repair_core(db.session(), core_id=core_id, finding=given["finding"], actor_id=current_user.id)
        return {
            "core": _shown(returns.core_by_id(db.session(), core_id)),
            "ready": [job.number for job in ready],
        }


@cores.route("/<int:core_id>/scrap")
class Scrap(MethodView):
    """A piece beyond repair."""

    @cores.doc(parameters=[KEY_PARAMETER])
    @cores.arguments(schemas.Finding)
    @cores.response(200, schemas.Core)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], core_id: int) -> dict[str, Any]:
        """Throw a piece away."""
        return _shown(returns.scrap(db.session(), core_id=core_id, finding=given["finding"], actor_id=current_user.id))


@cores.route("/<int:core_id>/write-off")
class WriteOff(MethodView):
    """A core that never came."""

    @cores.doc(parameters=[KEY_PARAMETER])
    @cores.arguments(schemas.Why)
    @cores.response(200, schemas.Core)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], core_id: int) -> dict[str, Any]:
        """Give up on a core."""
        return _shown(
            returns.write_off(db.session(), core_id=core_id, reason=given["reason"], actor_id=current_user.id)
        )


@cores.route("/yields")
class Yields(MethodView):
    """How returns ended."""

    @cores.response(200, schemas.Yields)
    @allow(RoleName.WAREHOUSE)
    def get(self) -> dict[str, Any]:
        """Tell per part how many of the latest returns were repaired, and how long that took."""
        sku_of = {part.id: part.sku for part in queries.parts(db.session())}
        return {
            "yields": [
                {
                    "sku": sku_of[part_id],
                    "closed": found.closed,
                    "repaired": found.repaired,
                    "share": found.share,
                    "turnaround_days": found.turnaround_days,
                }
                for part_id, found in yields(db.session()).items()
            ]
        }


@returned.route("")
class Rmas(MethodView):
    """Returns to suppliers."""

    @returned.response(200, schemas.Rmas)
    @allow(RoleName.WAREHOUSE)
    def get(self) -> dict[str, Any]:
        """List the returns to suppliers, the newest first."""
        return {"rmas": rmas.rmas(db.session(), states=list(RmaState))}

    @returned.doc(parameters=[KEY_PARAMETER])
    @returned.arguments(schemas.NewRma)
    @returned.response(201, schemas.Rma)
    @allow(RoleName.WAREHOUSE)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Put cores together for their supplier."""
        session = db.session()
        return _shown_rma(
            rmas.open_rma(
                session,
                supplier_id=supplier_by_code(session, given["supplier"]).id,
                warehouse_id=queries.place_by_code(session, given["warehouse"]).id,
                core_ids=given["cores"],
            )
        )


@returned.route("/<int:rma_id>")
class OneRma(MethodView):
    """One return."""

    @returned.response(200, schemas.Rma)
    @allow(RoleName.WAREHOUSE)
    def get(self, rma_id: int) -> Rma:
        """Show a return with its pieces."""
        return rmas.rma_by_id(db.session(), rma_id)


@returned.route("/<int:rma_id>/ship")
class Ship(MethodView):
    """A return that leaves."""

    @returned.doc(parameters=[KEY_PARAMETER])
    @returned.arguments(schemas.RmaShipping)
    @returned.response(200, schemas.Rma)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], rma_id: int) -> dict[str, Any]:
        """Send the pieces off under the supplier's number."""
        return _shown_rma(rmas.ship(db.session(), rma_id=rma_id, actor_id=current_user.id, **given))


@returned.route("/<int:rma_id>/cancel")
class Cancel(MethodView):
    """A return that is called off."""

    @returned.doc(parameters=[KEY_PARAMETER])
    @returned.response(200, schemas.Rma)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, rma_id: int) -> dict[str, Any]:
        """Call a return off that has not left."""
        return _shown_rma(rmas.cancel(db.session(), rma_id=rma_id))


@returned.route("/<int:rma_id>/credit")
class Credit(MethodView):
    """A supplier who pays."""

    @returned.doc(parameters=[KEY_PARAMETER])
    @returned.arguments(schemas.Crediting)
    @returned.response(200, schemas.Rma)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], rma_id: int) -> dict[str, Any]:
        """Write down what the supplier pays."""
        return _shown_rma(rmas.credit(db.session(), rma_id=rma_id, **given))


@returned.route("/<int:rma_id>/replace")
class Replace(MethodView):
    """A supplier who sends others."""

    @returned.doc(parameters=[KEY_PARAMETER])
    @returned.arguments(schemas.Replacing)
    @returned.response(200, schemas.Replaced)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], rma_id: int) -> dict[str, Any]:
        """Put what the supplier sent instead on the shelf; jobs that waited for it get it at once."""
        session = db.session()
        serials = {queries.part_by_sku(session, part["sku"]).id: part["serials"] for part in given["parts"]}
        ready = corework.receive_replacement(session, rma_id=rma_id, serials=serials, actor_id=current_user.id)
        return {"rma": _shown_rma(rmas.rma_by_id(session, rma_id)), "ready": [job.number for job in ready]}


@returned.route("/<int:rma_id>/refuse")
class Refuse(MethodView):
    """A supplier who does not accept."""

    @returned.doc(parameters=[KEY_PARAMETER])
    @returned.response(200, schemas.Rma)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, rma_id: int) -> dict[str, Any]:
        """Take the pieces back into quarantine."""
        return _shown_rma(rmas.refuse(db.session(), rma_id=rma_id, actor_id=current_user.id))


def _of_own_van(act: Callable[..., Core], core_id: int, **given: Any) -> dict[str, Any]:
    """Do something about a core that the caller owes."""
    technician_id = own_technician().id
    return _shown(act(db.session(), core_id=core_id, technician_id=technician_id, actor_id=current_user.id, **given))


def _shown(core: Core) -> dict[str, Any]:
    shown: dict[str, Any] = schemas.Core().dump(core)
    return shown


def _shown_rma(rma: Rma) -> dict[str, Any]:
    shown: dict[str, Any] = schemas.Rma().dump(rma)
    return shown
