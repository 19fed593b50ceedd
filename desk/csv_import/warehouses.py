"""Warehouses: the places besides the vans that hold stock."""

from sqlalchemy.orm import Session

from core.errors import N_
from desk.csv_import import cells
from desk.csv_import.forms import Column, Form, Row, known_by, overwrite
from desk.csv_import.problems import CellRefused, Reason
from inventory.models import Place, PlaceKind

NO_WAREHOUSE = Reason(
    "no_warehouse", N_("“%(value)s” is the code of another place, such as a van. Choose another code.")
)


def _save(session: Session, row: Row, place: Place | None, _actor_id: int | None) -> None:
    if place is None:
        place = Place(code=row["code"], kind=PlaceKind.WAREHOUSE)
        session.add(place)
    elif place.kind is not PlaceKind.WAREHOUSE:
        raise CellRefused(NO_WAREHOUSE, value=place.code)
    overwrite(place, row, "name", "address", "lat", "lon")


WAREHOUSES = Form(
    columns=(
        Column("code", cells.text(30), "DEPOT-N"),
        Column("name", cells.text(120), "Depot North"),
        Column("address", cells.text(200), "Rua do Outeiro 410, Maia", required=False, empty=""),
        # Whoever plans a pick-up has to know the way.
        Column("lat", cells.degrees(90), "41.2310"),
        Column("lon", cells.degrees(180), "-8.6250"),
    ),
    key=("code",),
    known=known_by("code", Place.code),
    save=_save,
)
