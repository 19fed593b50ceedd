"""Sites and the devices that stand at them."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from core.errors import N_
from customers.models import Contract, Device, Site, Territory
from desk.csv_import import cells
from desk.csv_import.forms import Column, Form, Row, known_by, overwrite, reference
from desk.csv_import.problems import ImportProblem, Reason

UNKNOWN_CONTRACT = Reason(
    "unknown_contract", N_("There is no contract “%(value)s”. Correct the code, or import the file of contracts first.")
)
UNKNOWN_SITE = Reason(
    "unknown_site", N_("There is no site “%(value)s”. Correct the code, or import the file of sites first.")
)
UNKNOWN_TERRITORY = Reason(
    "unknown_territory",
    N_("There is no territory “%(value)s”. Correct the code, or add the territory on its page first."),
)
HALF_POSITION = Reason(
    "half_position", N_("A position needs both lat and lon. Fill the other one in, or leave both empty.")
)


def _check_site(row: Row) -> Iterator[ImportProblem]:
    if row.refused & {"lat", "lon"} or row.is_filled("lat") == row.is_filled("lon"):
        return
    yield ImportProblem.of(row.line, "lon" if row.is_filled("lat") else "lat", HALF_POSITION)


def _save_site(session: Session, row: Row, site: Site | None, _actor_id: int | None) -> None:
    contract: Contract = row["contract"]
    if site is None:
        site = Site(code=row["code"])
        session.add(site)
    overwrite(site, row, "name", "address", "lat", "lon", "zone", "opening_hours", "contact_name", "phone", "territory")
    site.contract = contract
    site.customer_id = contract.customer_id


def _save_device(session: Session, row: Row, device: Device | None, _actor_id: int | None) -> None:
    if device is None:
        device = Device(serial=row["serial"])
        session.add(device)
    overwrite(device, row, "model", "site", "software_version", "warranty_until")


SITES = Form(
    columns=(
        Column("code", cells.text(30), "S-0412"),
        Column("name", cells.text(160), "Padaria Ribeiro"),
        Column("contract", cells.text(30), "RETAIL-24", refers_to=reference(Contract.code, UNKNOWN_CONTRACT)),
        Column("address", cells.text(200), "Rua de Cedofeita 120, Porto"),
        Column("lat", cells.degrees(90), "41.1532", required=False),
        Column("lon", cells.degrees(180), "-8.6190", required=False),
        Column("zone", cells.zone, "Europe/Lisbon"),
        Column("opening_hours", cells.weekly_hours, "mon-fri 08:00-19:00 sat 09:00-13:00"),
        Column("contact_name", cells.text(120), "Marta Ribeiro", required=False, empty=""),
        Column("phone", cells.text(40), "+351 220 000 000", required=False, empty=""),
        Column(
            "territory", cells.text(20), "NORTH", required=False, refers_to=reference(Territory.code, UNKNOWN_TERRITORY)
        ),
    ),
    key=("code",),
    known=known_by("code", Site.code),
    check=_check_site,
    save=_save_site,
)

DEVICES = Form(
    columns=(
        Column("serial", cells.text(60), "A920-118230"),
        Column("model", cells.text(60), "A920"),
        Column("site", cells.text(30), "S-0412", refers_to=reference(Site.code, UNKNOWN_SITE)),
        Column("software_version", cells.text(30), "5.2.1", required=False, empty=""),
        Column("warranty_until", cells.date, "2027-05-31", required=False),
    ),
    key=("serial",),
    known=known_by("serial", Device.serial),
    save=_save_device,
)
