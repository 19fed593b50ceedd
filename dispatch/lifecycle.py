"""
The life of a job: the one table of what can be done in which status, and what becomes of it.

Pure. ``dispatch.jobs.apply`` is the only one who moves a job along it.
"""

import enum
from typing import NoReturn

from dispatch.errors import ActionNotPossible, JobIsOver
from dispatch.models.jobs import JobStatus


class Action(enum.StrEnum):
    """What can happen to a job."""

    READY = "ready"
    WAIT_FOR_PARTS = "wait_for_parts"
    PLAN = "plan"
    DISPATCH = "dispatch"
    TAKE_OFF = "take_off"
    SET_OFF = "set_off"
    ARRIVE = "arrive"
    COMPLETE = "complete"
    LEAVE_INCOMPLETE = "leave_incomplete"
    REOPEN = "reopen"
    CANCEL = "cancel"
    # A dispatcher lets work count that a technician did after the job was taken away from him.
    REINSTATE = "reinstate"


TRANSITIONS: dict[JobStatus, dict[Action, JobStatus]] = {
    JobStatus.NEW: {
        Action.READY: JobStatus.READY,
        Action.WAIT_FOR_PARTS: JobStatus.WAITING_PARTS,
        Action.CANCEL: JobStatus.CANCELLED,
    },
    JobStatus.WAITING_PARTS: {
        Action.READY: JobStatus.READY,
        Action.CANCEL: JobStatus.CANCELLED,
        Action.REINSTATE: JobStatus.DISPATCHED,
    },
    JobStatus.READY: {
        Action.PLAN: JobStatus.PLANNED,
        # A count that falls short takes reserved parts away again.
        Action.WAIT_FOR_PARTS: JobStatus.WAITING_PARTS,
        Action.CANCEL: JobStatus.CANCELLED,
        Action.REINSTATE: JobStatus.DISPATCHED,
    },
    JobStatus.PLANNED: {
        Action.DISPATCH: JobStatus.DISPATCHED,
        Action.TAKE_OFF: JobStatus.READY,
        Action.CANCEL: JobStatus.CANCELLED,
        Action.REINSTATE: JobStatus.DISPATCHED,
    },
    JobStatus.DISPATCHED: {
        Action.SET_OFF: JobStatus.EN_ROUTE,
        Action.TAKE_OFF: JobStatus.READY,
        Action.CANCEL: JobStatus.CANCELLED,
    },
    JobStatus.EN_ROUTE: {
        Action.ARRIVE: JobStatus.ON_SITE,
        Action.CANCEL: JobStatus.CANCELLED,
        Action.REINSTATE: JobStatus.DISPATCHED,
    },
    JobStatus.ON_SITE: {
        Action.COMPLETE: JobStatus.COMPLETED,
        Action.LEAVE_INCOMPLETE: JobStatus.INCOMPLETE,
    },
    JobStatus.INCOMPLETE: {
        # The next visit of the same job.
        Action.REOPEN: JobStatus.READY,
        Action.WAIT_FOR_PARTS: JobStatus.WAITING_PARTS,
        Action.CANCEL: JobStatus.CANCELLED,
        Action.REINSTATE: JobStatus.DISPATCHED,
    },
    JobStatus.COMPLETED: {},
    JobStatus.CANCELLED: {
        Action.REINSTATE: JobStatus.DISPATCHED,
    },
}

FINAL = frozenset({JobStatus.COMPLETED, JobStatus.CANCELLED})
# Nobody is to come yet; and all that nobody has set off for.
WAITING = frozenset({JobStatus.NEW, JobStatus.READY, JobStatus.WAITING_PARTS})
BEFORE_WORK = WAITING | {JobStatus.PLANNED, JobStatus.DISPATCHED}
# What a plan or a dispatcher may still move: nothing is missing, and nobody has set off.
MOVABLE = frozenset({JobStatus.READY, JobStatus.PLANNED, JobStatus.DISPATCHED})


def possible_actions(status: JobStatus) -> list[Action]:
    """What somebody can do to a job in this status, in the order of a job's life; work that was done is no choice."""
    return [action for action in Action if action in TRANSITIONS[status] and action is not Action.REINSTATE]


def can_be_moved(status: JobStatus) -> bool:
    """Whether a job in this status can be planned, given to somebody else or done at another time."""
    return status in MOVABLE


def can_be_explained(status: JobStatus) -> bool:
    """Whether there is an answer to why nobody comes to a job in this status, or why that one does."""
    return can_be_moved(status) or status is JobStatus.WAITING_PARTS


def next_status(status: JobStatus, action: Action, *, number: str) -> JobStatus:
    """The status after the action; raises ActionNotPossible, in which ``number`` names the job."""
    following = TRANSITIONS[status].get(action)
    if following is None:
        refuse(status, action, number=number)
    return following


def refuse(status: JobStatus, action: str, *, number: str) -> NoReturn:
    """Say that an action is not possible in this status, and what is possible instead."""
    possible = [instead.value for instead in possible_actions(status)]
    refusal = ActionNotPossible if possible else JobIsOver
    raise refusal(number=number, action=str(action), status=status.value, possible=", ".join(possible))
