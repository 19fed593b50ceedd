"""The stock room that the facts of this folder are about."""

import pytest
from sqlalchemy.orm import Session

from tests.inventory.stock import StockRoom


@pytest.fixture
def room(session: Session) -> StockRoom:
    return StockRoom(session)
