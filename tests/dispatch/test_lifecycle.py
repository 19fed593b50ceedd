"""Facts about the life of a job."""

from itertools import product

import pytest

from dispatch.errors import ActionNotPossible, JobIsOver
from dispatch.lifecycle import (
    FINAL,
    TRANSITIONS,
    Action,
    can_be_explained,
    can_be_moved,
    next_status,
    possible_actions,
)
from dispatch.models.jobs import JobStatus

# The job life of the glossary, written down a second time and by other means than the table.
MOVES = """
new ready -> ready                      new wait_for_parts -> waiting_parts
waiting_parts ready -> ready            ready wait_for_parts -> waiting_parts
ready plan -> planned                   planned dispatch -> dispatched
planned take_off -> ready               dispatched take_off -> ready
dispatched set_off -> en_route          en_route arrive -> on_site
on_site complete -> completed           on_site leave_incomplete -> incomplete
incomplete reopen -> ready              incomplete wait_for_parts -> waiting_parts
new cancel -> cancelled                 waiting_parts cancel -> cancelled
ready cancel -> cancelled               planned cancel -> cancelled
dispatched cancel -> cancelled          en_route cancel -> cancelled
incomplete cancel -> cancelled
waiting_parts reinstate -> dispatched   ready reinstate -> dispatched
planned reinstate -> dispatched         en_route reinstate -> dispatched
incomplete reinstate -> dispatched      cancelled reinstate -> dispatched
"""


def moves() -> dict[tuple[JobStatus, Action], JobStatus]:
    words = MOVES.replace("->", "").split()
    triples = zip(words[0::3], words[1::3], words[2::3], strict=True)
    return {(JobStatus(before), Action(action)): JobStatus(after) for before, action, after in triples}


@pytest.mark.parametrize(("status", "action"), list(product(JobStatus, Action)))
def test_every_pair_of_status_and_action_is_answered_or_refused_with_a_sentence(
    status: JobStatus, action: Action
) -> None:
    following = moves().get((status, action))

    if following is not None:
        assert next_status(status, action, number="J-000001") is following
        return
    with pytest.raises(ActionNotPossible) as refusal:
        next_status(status, action, number="J-000001")
    sentence = str(refusal.value)
    assert "J-000001" in sentence
    assert f'"{status.value}"' in sentence
    assert f'"{action.value}"' in sentence
    for instead in possible_actions(status):
        assert instead.value in sentence


def test_every_status_stands_in_the_table() -> None:
    assert set(TRANSITIONS) == set(JobStatus)


def test_completed_and_cancelled_are_final_and_say_what_to_do_instead() -> None:
    assert {JobStatus.COMPLETED, JobStatus.CANCELLED} == FINAL
    with pytest.raises(JobIsOver, match="Take in a new job"):
        next_status(JobStatus.COMPLETED, Action.CANCEL, number="J-000001")


def test_a_new_job_can_reach_every_status() -> None:
    reached, frontier = {JobStatus.NEW}, [JobStatus.NEW]
    while frontier:
        found = set(TRANSITIONS[frontier.pop()].values()) - reached
        reached |= found
        frontier.extend(found)

    assert reached == set(JobStatus)


def test_what_nobody_has_set_off_for_is_moved_and_what_waits_for_parts_explained_too() -> None:
    moved = {status for status in JobStatus if can_be_moved(status)}
    explained = {status for status in JobStatus if can_be_explained(status)}

    assert moved == {JobStatus.READY, JobStatus.PLANNED, JobStatus.DISPATCHED}
    assert explained - moved == {JobStatus.WAITING_PARTS}
