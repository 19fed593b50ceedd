"""`flask audit-stock`: prove that the stock is what the ledger says."""

import click
from flask.cli import with_appcontext

from core.db import db
from inventory.ledger import find_differences


@click.command("audit-stock")
@with_appcontext
def audit_stock() -> None:
    """Compare stock with the ledger and the reservations; exit 1 and print every difference if there is one."""
    differences = find_differences(db.session())
    for difference in differences:
        click.echo(str(difference))
    if differences:
        raise SystemExit(1)
    click.echo("Stock agrees with the ledger and with the open reservations.")
