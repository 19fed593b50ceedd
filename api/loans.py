"""What is lent to shops: lent, taken back, given up."""

from typing import Any

from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import loans as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch import loanwork
from inventory import loans as lending
from inventory.models import Loan
from inventory.queries import part_by_sku, place_by_code

loans = Blueprint("api_loans", __name__, url_prefix="/api/v1/loans", description="What is lent to shops")

LISTED = 500


@loans.route("")
class Loans(MethodView):
    """What is lent."""

    @loans.arguments(schemas.LoanQuery, location="query")
    @loans.response(200, schemas.Loans)
    @allow(RoleName.WAREHOUSE, RoleName.DISPATCHER)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List what is at which shop since when and what for, out longest first."""
        return {"loans": lending.loans(db.session(), only_out=not wanted["all"], limit=LISTED)}

    @loans.doc(parameters=[KEY_PARAMETER])
    @loans.arguments(schemas.NewLoan)
    @loans.response(201, schemas.Loans)
    @allow(RoleName.WAREHOUSE)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Lend pieces to a shop; of a serial-tracked part each piece is a loan of its own."""
        session = db.session()
        lent = loanwork.lend_to_shop(
            session,
            site_code=given["site"],
            part_id=part_by_sku(session, given["sku"]).id,
            quantity=given["quantity"],
            from_place_id=place_by_code(session, given["place"]).id,
            reference=given["reference"],
            serials=given["serials"],
            actor_id=current_user.id,
        )
        return {"loans": [_shown(loan) for loan in lent]}


@loans.route("/<int:loan_id>/take-back")
class TakeBack(MethodView):
    """Pieces that come back."""

    @loans.doc(parameters=[KEY_PARAMETER])
    @loans.arguments(schemas.TakingBack)
    @loans.response(200, schemas.TakenBack)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], loan_id: int) -> dict[str, Any]:
        """Take pieces back; damaged ones go into quarantine, and jobs that waited for good ones get them at once."""
        session = db.session()
        received = loanwork.take_back(
            session,
            loan_id=loan_id,
            place_id=place_by_code(session, given["place"]).id,
            good=given["good"],
            damaged=given["damaged"],
            actor_id=current_user.id,
        )
        loan = _shown(lending.loan_by_id(session, loan_id))
        return {"loan": loan, "ready": [job.number for job in received.ready]}


@loans.route("/<int:loan_id>/write-off")
class WriteOff(MethodView):
    """Pieces that do not come back."""

    @loans.doc(parameters=[KEY_PARAMETER])
    @loans.arguments(schemas.LostLoan)
    @loans.response(200, schemas.Loan)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], loan_id: int) -> dict[str, Any]:
        """Give up on pieces."""
        return _shown(lending.write_off(db.session(), loan_id=loan_id, actor_id=current_user.id, **given))


def _shown(loan: Loan) -> dict[str, Any]:
    shown: dict[str, Any] = schemas.Loan().dump(loan)
    return shown
