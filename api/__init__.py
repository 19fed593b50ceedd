"""The API for programs and phones: parse, call one function, answer JSON."""

from flask import Flask

from api import (
    auth,
    catalogue,
    clocks,
    conflicts,
    contracts,
    counts,
    faults,
    history,
    imports,
    jobs,
    labels,
    live,
    loans,
    maintenance,
    moves,
    phone,
    plans,
    promises,
    purchasing,
    returns,
    stock,
    technicians,
    tickets,
    transfers,
    van,
    visit_files,
    visits,
)
from api.service import DESCRIPTION, SETTINGS, ProblemApi

RESOURCES = (
    auth.tokens,
    tickets.blueprint,
    faults.faults,
    jobs.jobs,
    clocks.clocks,
    clocks.inbox,
    clocks.penalties,
    contracts.contracts,
    live.positions,
    live.live,
    live.of_job,
    plans.runs,
    plans.plans,
    moves.moves,
    promises.promises,
    promises.of_job,
    visits.day,
    visits.visits,
    visits.loads,
    visit_files.records,
    phone.commands,
    conflicts.conflicts,
    history.history,
    catalogue.parts,
    catalogue.places,
    catalogue.find,
    catalogue.audit,
    transfers.transfers,
    purchasing.firms,
    purchasing.orders,
    purchasing.levels,
    purchasing.supply,
    van.van,
    loans.loans,
    labels.labels,
    returns.cores,
    returns.returned,
    counts.cycle_counts,
    stock.stock,
    stock.deliveries,
    stock.counts,
    stock.restock,
    stock.pick_lists,
    technicians.technicians,
    technicians.territories,
    technicians.partners,
    maintenance.maintenance,
    imports.imports,
)


def register(app: Flask) -> None:
    """Add the API's resources and its description at /api/openapi.json."""
    app.config.from_mapping(SETTINGS)
    api = ProblemApi(app, spec_kwargs={"info": {"description": DESCRIPTION}, "security": [{"bearer": []}]})
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    for resource in RESOURCES:
        api.register_blueprint(resource)
