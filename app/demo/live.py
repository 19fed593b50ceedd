"""Where the demonstration's technicians were seen last: at home, just before the day begins."""

import datetime as dt
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.demo.firm import ZONE
from dispatch.models import Position, Technician

SEEN_AT = dt.time(7, 20)
# Metres; what phones say of themselves indoors.
ACCURACY = 35.0


def add_positions(session: Session, day: dt.date) -> None:
    """Let every phone have told once where it is."""
    at = dt.datetime.combine(day, SEEN_AT, ZoneInfo(ZONE)).astimezone(dt.UTC)
    for technician in session.scalars(sa.select(Technician).where(Technician.active)):
        session.add(
            Position(
                technician_id=technician.id,
                at=at,
                lat=technician.home_lat,
                lon=technician.home_lon,
                accuracy=ACCURACY,
            )
        )
