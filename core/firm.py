"""The firm that this installation belongs to."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core import clock
from core.accounts import NAME_LENGTH, NameNotUsable
from core.errors import N_, DomainError, Kind
from core.settings import read_setting, write_setting

SETTING = "firm"
UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Firm:
    """The firm's name, the zone of its office and the currency of its costs."""

    name: str = ""
    zone: ZoneInfo = UTC
    currency: str = "EUR"

    def today(self) -> dt.date:
        """The calendar day at the office."""
        return clock.now().astimezone(self.zone).date()


class FirmExists(DomainError):
    code = "firm_exists"
    kind = Kind.CONFLICT
    sentence = N_("This database belongs to the firm %(name)s already. Name another database, or go on with this firm.")


def is_founded(session: Session) -> bool:
    """Whether a firm was set up in this database."""
    return read_setting(session, SETTING) is not None


def refuse_founded(session: Session) -> None:
    """Raise FirmExists if a firm was set up in this database."""
    if is_founded(session):
        raise FirmExists(name=read_firm(session).name)


def found_firm(session: Session, firm: Firm) -> None:
    """Set the firm up where there is none; raises FirmExists and NameNotUsable."""
    refuse_founded(session)
    if not 1 <= len(firm.name) <= NAME_LENGTH:
        raise NameNotUsable(most=NAME_LENGTH, length=len(firm.name))
    write_firm(session, firm)


def read_firm(session: Session) -> Firm:
    """Return the firm as it was set up; a nameless one on UTC if it was not."""
    kept: dict[str, Any] = read_setting(session, SETTING) or {}
    return Firm(
        name=kept.get("name", Firm.name),
        zone=ZoneInfo(kept.get("zone", "UTC")),
        currency=kept.get("currency", Firm.currency),
    )


def write_firm(session: Session, firm: Firm) -> None:
    """Set the firm up, or change it."""
    write_setting(session, SETTING, {"name": firm.name, "zone": firm.zone.key, "currency": firm.currency})
