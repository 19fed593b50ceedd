"""Facts about notices: told once, found by their role, put away by whoever has it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.accounts import RoleName
from dispatch.models import Notice
from dispatch.models.clocks import NoticeKind
from dispatch.notices import (
    UnknownNotice,
    close_notice,
    close_notices,
    count_open,
    count_up_notice,
    open_notices,
    raise_notice,
)
from tests.conftest import BACKENDS
from tests.factories import add_job, add_person, at
from tests.races import PEOPLE, open_arena, race

DISPATCHER, MANAGER = RoleName.DISPATCHER, RoleName.MANAGER


def tell(session: Session, *, kind: NoticeKind = NoticeKind.PART_MISSING, about: str = "", **given: object) -> Notice:
    known: dict[str, object] = {"role": DISPATCHER, "facts": {}}
    notice = raise_notice(session, kind=kind, about=about, **(known | given))  # type: ignore[arg-type]
    session.flush()
    return notice


def test_what_is_told_twice_is_one_notice_with_the_newer_facts(session: Session) -> None:
    job = add_job(session)
    first = tell(session, job_id=job.id, about="BAT-1", facts={"quantity": 1}, at=at(8))

    again = tell(session, job_id=job.id, about="BAT-1", facts={"quantity": 2}, at=at(9))

    assert again is first
    assert (first.about, first.facts, first.at) == ("BAT-1", {"quantity": 2}, at(9))


def test_another_subject_role_or_job_is_another_notice(session: Session) -> None:
    job, other = add_job(session), add_job(session)
    tell(session, job_id=job.id, about="BAT-1")

    tell(session, job_id=job.id, about="BAT-2")
    tell(session, job_id=job.id, about="BAT-1", role=MANAGER)
    tell(session, job_id=other.id, about="BAT-1")

    assert count_open(session, roles=[DISPATCHER]) == 3
    assert count_open(session, roles=[DISPATCHER, MANAGER]) == 4
    assert count_open(session, roles=[RoleName.ADMIN]) == 4
    assert count_open(session, roles=[]) == 0


def test_what_was_put_away_may_be_told_again(session: Session) -> None:
    job, person = add_job(session), add_person(session, roles=[DISPATCHER])
    first = tell(session, job_id=job.id)
    close_notice(session, notice_id=first.id, roles=[DISPATCHER], actor_id=person.id)

    assert tell(session, job_id=job.id) is not first


def test_putting_away_twice_keeps_who_did_it_first(session: Session) -> None:
    first, second = (add_person(session, roles=[DISPATCHER]) for _ in range(2))
    notice = tell(session)

    close_notice(session, notice_id=notice.id, roles=[DISPATCHER], actor_id=first.id)
    close_notice(session, notice_id=notice.id, roles=[DISPATCHER], actor_id=second.id)

    assert notice.closed_by_id == first.id


def test_only_the_role_that_was_told_and_an_admin_put_a_notice_away(session: Session) -> None:
    person = add_person(session)
    notice = tell(session, role=MANAGER)

    with pytest.raises(UnknownNotice):
        close_notice(session, notice_id=notice.id, roles=[DISPATCHER], actor_id=person.id)
    close_notice(session, notice_id=notice.id, roles=[RoleName.ADMIN], actor_id=person.id)

    assert notice.closed_at is not None


def test_notices_that_became_pointless_are_closed_by_job_kind_and_subject(session: Session) -> None:
    job = add_job(session)
    kept = [tell(session, job_id=job.id, about="BAT-2"), tell(session, job_id=job.id, kind=NoticeKind.JOB_UNPLANNED)]
    closed = tell(session, job_id=job.id, about="BAT-1")

    close_notices(session, job_id=job.id, kinds=[NoticeKind.PART_MISSING], about="BAT-1")

    assert closed.closed_at is not None
    assert [notice.closed_at for notice in kept] == [None, None]


def test_the_most_urgent_kind_comes_first_and_then_the_newest(session: Session) -> None:
    late, early = add_job(session), add_job(session)
    tell(session, kind=NoticeKind.CLOCK_WARNING, job_id=late.id, at=at(9))
    tell(session, kind=NoticeKind.CLOCK_BREACHED, job_id=early.id, at=at(7))
    tell(session, kind=NoticeKind.CLOCK_BREACHED, job_id=late.id, at=at(8))

    listed = open_notices(session, roles=[DISPATCHER])

    assert [(notice.kind, notice.at) for notice in listed.notices] == [
        (NoticeKind.CLOCK_BREACHED, at(8)),
        (NoticeKind.CLOCK_BREACHED, at(7)),
        (NoticeKind.CLOCK_WARNING, at(9)),
    ]
    assert (listed.total, listed.pages) == (3, 1)


def test_many_jobs_told_of_in_one_notice_are_added_up_until_somebody_puts_it_away(session: Session) -> None:
    def tell_of(jobs: int) -> None:
        count_up_notice(session, kind=NoticeKind.CLOCK_BREACHED, role=MANAGER, jobs=jobs, at=at(8))

    tell_of(30)
    tell_of(12)
    first = open_notices(session, roles=[MANAGER]).notices
    assert [notice.facts for notice in first] == [{"jobs": 42}]
    close_notice(session, notice_id=first[0].id, roles=[MANAGER], actor_id=add_person(session, roles=[MANAGER]).id)

    tell_of(25)

    assert [notice.facts for notice in open_notices(session, roles=[MANAGER]).notices] == [{"jobs": 25}]


@pytest.fixture(params=BACKENDS)
def arena(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """One job, committed."""
    with open_arena(request, tmp_path) as engine:
        with Session(engine) as session, session.begin():
            add_job(session)
        yield engine


@pytest.mark.parametrize("job_id", [1, None], ids=["of a job", "of no job"])
def test_who_tells_the_same_at_the_same_moment_makes_one_notice(arena: sa.Engine, job_id: int | None) -> None:
    def tell_about_the_battery(session: Session) -> None:
        tell(session, job_id=job_id, about="BAT-1")

    assert race(arena, *[tell_about_the_battery] * PEOPLE, rounds=5) == {"done": 5 * PEOPLE}

    with Session(arena) as session:
        assert [notice.about for notice in session.scalars(sa.select(Notice))] == ["BAT-1"]


def test_sweeps_at_the_same_moment_add_all_their_jobs_up(arena: sa.Engine) -> None:
    def tell_of_three(session: Session) -> None:
        count_up_notice(session, kind=NoticeKind.CLOCK_WARNING, role=DISPATCHER, jobs=3, at=at(8))

    race(arena, *[tell_of_three] * PEOPLE, rounds=5)

    with Session(arena) as session:
        assert [notice.facts for notice in session.scalars(sa.select(Notice))] == [{"jobs": 15 * PEOPLE}]
