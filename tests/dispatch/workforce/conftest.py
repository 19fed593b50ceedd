"""Half past seven on a Monday, in a firm at Lisbon."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session
from time_machine import Traveller, travel

from core.firm import Firm, write_firm
from tests.factories import ZONE, at


@pytest.fixture(autouse=True)
def seven_thirty(session: Session) -> Iterator[Traveller]:
    write_firm(session, Firm("Test", ZoneInfo(ZONE)))
    with travel(at(7, 30), tick=False) as clock:
        yield clock
