"""Contracts: what is owed to whom, on which calendar, and what missing it costs."""

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import contracts as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from customers.models import Contract
from customers.terms import Target, Terms, all_contracts, change_terms, contract_with_terms, terms_of

contracts = Blueprint(
    "api_contracts", __name__, url_prefix="/api/v1/contracts", description="What is owed to customers"
)

READERS = (RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER)


@contracts.route("")
class Contracts(MethodView):
    """All contracts."""

    @contracts.response(200, schemas.Contracts)
    @allow(*READERS)
    def get(self) -> dict[str, Any]:
        """List the contracts with their terms."""
        return {"contracts": [_told(contract) for contract in all_contracts(db.session())]}


@contracts.route("/<string:code>")
class OneContract(MethodView):
    """One contract."""

    @contracts.response(200, schemas.Contract)
    @allow(*READERS)
    def get(self, code: str) -> dict[str, Any]:
        """Show the terms of a contract."""
        return _told(contract_with_terms(db.session(), code))

    @contracts.doc(parameters=[KEY_PARAMETER])
    @contracts.arguments(schemas.ContractChange)
    @contracts.response(200, schemas.Contract)
    @allow(RoleName.MANAGER)
    @command()
    def patch(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """Write the terms anew; jobs that are taken in from then on follow them."""
        targets = {priority: Target(**target) for priority, target in given["terms"]["targets"].items()}
        terms = Terms(**given["terms"] | {"targets": targets})
        contract = change_terms(db.session(), code=code, terms=terms, seen=given["digest"])
        db.session.flush()
        shown: dict[str, Any] = schemas.Contract().dump(_told(contract))
        return shown


def _told(contract: Contract) -> dict[str, Any]:
    terms = terms_of(contract)
    return {"code": contract.code, "customer": contract.customer.code, "terms": terms, "digest": terms.digest()}
