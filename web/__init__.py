"""Pages for people: parse, call one function, render."""

from pathlib import Path

from flask import Blueprint, Flask

from web import (
    accounts,
    assets,
    board,
    catalogue,
    clocks,
    commands,
    conflicts,
    contracts,
    counts,
    day,
    demonstration,
    faults,
    finding,
    formats,
    health,
    history,
    home,
    imports,
    inbox,
    jobs,
    labels,
    languages,
    layout,
    live,
    loans,
    maintenance,
    moves,
    notices,
    partners,
    phone_app,
    planning_settings,
    plans,
    preferences,
    promises,
    purchasing,
    returns,
    stream,
    styleguide,
    supply,
    technicians,
    territories,
    tickets,
    transfers,
    urgent,
    van,
    viewers,
    visit_reports,
    warehouse,
)

TEMPLATES = Path(__file__).parent / "templates"

# One line per file of pages.
PAGES: list[Blueprint] = [
    health.pages,
    home.pages,
    languages.pages,
    preferences.pages,
    board.pages,
    plans.pages,
    planning_settings.pages,
    promises.pages,
    live.pages,
    moves.pages,
    stream.pages,
    urgent.pages,
    viewers.pages,
    tickets.pages,
    faults.pages,
    jobs.pages,
    history.pages,
    conflicts.pages,
    visit_reports.pages,
    clocks.pages,
    notices.pages,
    inbox.pages,
    contracts.pages,
    day.pages,
    warehouse.pages,
    transfers.pages,
    van.pages,
    phone_app.pages,
    purchasing.pages,
    supply.pages,
    catalogue.pages,
    returns.pages,
    counts.pages,
    labels.pages,
    loans.pages,
    technicians.pages,
    territories.pages,
    partners.pages,
    maintenance.pages,
    imports.pages,
    accounts.pages,
    styleguide.pages,
    finding.pages,
]


def register(app: Flask) -> None:
    """Add the pages, their languages and their static files."""
    # The application's own templates come before those that libraries bring, so the sign-in page can be ours.
    app.template_folder = str(TEMPLATES)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    languages.register(app)
    formats.register(app)
    preferences.register(app)
    layout.register(app)
    clocks.register(app)
    history.register(app)
    promises.register(app)
    commands.register(app)
    tickets.register(app)
    stream.register(app)
    demonstration.register(app)
    assets.register(app)
    phone_app.register(app)
    for pages in PAGES:
        app.register_blueprint(pages)
