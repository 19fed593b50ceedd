"""
Transactions that collide: of two that wait for each other PostgreSQL undoes one, and that one acts again.

Rows are taken in one order wherever that is possible (``inventory.locking``), so collisions are rare; what is left of
them must not reach the person or the program that asked.
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

Result = TypeVar("Result")

# That the same transaction is the one to give way again and again would be another fault.
TRIES = 5
# The one that went on is given time to finish; different times, so that two that gave way do not meet again.
PAUSE_SECONDS = (0.01, 0.05)


def is_collision(error: OperationalError) -> bool:
    """Whether the database undid a transaction only because another one was in its way."""
    return isinstance(error.orig, DeadlockDetected | SerializationFailure)


def repeat_after_collisions(session: Session, act: Callable[[], Result]) -> Result:
    """
    Carry ``act`` out and write what it changed; after a collision do so again, from the start of the transaction.

    Everything that the transaction did before is undone as well, so ``act`` must be all that it does. SQLite knows no
    collisions: there one transaction writes at a time.
    """
    for tried in range(1, TRIES + 1):
        try:
            result = act()
            # What is not written yet could collide too, and must do so here.
            session.flush()
        except OperationalError as error:
            if tried == TRIES or not is_collision(error):
                raise
            session.rollback()
            # Chance only spreads those who collided; nobody's secrets depend on it.
            time.sleep(tried * random.uniform(*PAUSE_SECONDS))  # noqa: S311
        else:
            return result
    raise AssertionError("Not reached: the last try ends or raises.")
