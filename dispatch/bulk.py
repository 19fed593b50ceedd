"""The same done with many jobs of the queue: each that can be done is done, and each that cannot says why."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.errors import N_, DomainError, Kind
from dispatch.jobs import job_by_number, lock_job, retry_waiting
from dispatch.models import Job
from dispatch.models.jobs import JobStatus
from dispatch.parts import missing_parts
from dispatch.planning.pins import NewPin, pin_job, unpin_job

# More than a dispatcher ticks; each takes a few statements.
MOST = 200


@dataclass(frozen=True)
class Done:
    """The jobs that it was done with, and those that refused it, by number."""

    numbers: Sequence[str]
    refused: Sequence[tuple[str, DomainError]] = ()


class NothingTicked(DomainError):
    code = "nothing_ticked"
    sentence = N_("No job is ticked. Tick those that it is to be done with.")


class TooManyTicked(DomainError):
    code = "too_many_ticked"
    sentence = N_("%(number)s jobs are ticked, and %(most)s can be changed at once. Tick fewer.")


class WaitsForNoParts(DomainError):
    code = "waits_for_no_parts"
    kind = Kind.CONFLICT
    sentence = N_('Job %(number)s is in status "%(status)s" and waits for no parts, so there is nothing to look for.')


class StillWaitsForParts(DomainError):
    code = "still_waits_for_parts"
    kind = Kind.CONFLICT
    sentence = N_("Job %(number)s still waits for %(parts)s. Order or transfer what is missing.")


class ChangedAtThisMoment(DomainError):
    code = "changed_at_this_moment"
    kind = Kind.CONFLICT
    sentence = N_("Job %(number)s is being changed by somebody at this moment. Look for its parts again.")


def tie_all(session: Session, numbers: Sequence[str], *, to: NewPin, reason: str, actor_id: int | None) -> Done:
    """Tie all jobs to the same."""
    return _each(session, numbers, lambda job: pin_job(session, job_id=job.id, to=to, reason=reason, actor_id=actor_id))


def tie_to_day(session: Session, numbers: Sequence[str], *, day: dt.date, reason: str, actor_id: int | None) -> Done:
    """Tie all jobs to a day where their shops are; a technician to whom one is tied stays."""

    def tie(job: Job) -> None:
        job = lock_job(session, job.id)
        technician_id = job.pin.technician_id if job.pin is not None else None
        to = NewPin(technician_id=technician_id, window=_whole_day(day, ZoneInfo(job.site.zone)))
        pin_job(session, job_id=job.id, to=to, reason=reason, actor_id=actor_id)

    return _each(session, numbers, tie)


def untie_all(session: Session, numbers: Sequence[str], *, actor_id: int | None) -> Done:
    """Let planning move all these jobs again."""
    return _each(session, numbers, lambda job: unpin_job(session, job_id=job.id, actor_id=actor_id))


def retry_parts_of(session: Session, numbers: Sequence[str], *, actor_id: int | None) -> Done:
    """Look again whether the parts of those that wait for some are there; those that are ready now are done."""
    jobs = [job_by_number(session, number) for number in _checked(numbers)]
    waiting = {job.id for job in jobs if job.status is JobStatus.WAITING_PARTS}
    ready = retry_waiting(session, only=waiting, actor_id=actor_id) if waiting else []
    return Done(
        [job.number for job in jobs if job in ready],
        [(job.number, _why_not_ready(session, job)) for job in jobs if job not in ready],
    )


def _why_not_ready(session: Session, job: Job) -> DomainError:
    if job.status is not JobStatus.WAITING_PARTS:
        return WaitsForNoParts(number=job.number, status=job.status.value)
    missing = missing_parts(session, job)
    if missing:
        parts = ", ".join(f"{line.wanted} × {line.sku}" for line in missing)
        return StillWaitsForParts(number=job.number, parts=parts)
    # Its parts are there, but it was passed over because somebody else holds it.
    return ChangedAtThisMoment(number=job.number)


def _each(session: Session, numbers: Sequence[str], act: Callable[[Job], object]) -> Done:
    done, refused = [], []
    for number in _checked(numbers):
        try:
            # What a refused act had written is taken back; what was done with the others stays.
            with session.begin_nested():
                act(job_by_number(session, number))
            done.append(number)
        except DomainError as error:
            refused.append((number, error))
    return Done(done, refused)


def _checked(numbers: Sequence[str]) -> list[str]:
    """The numbers, each once and in order, so that two who do this at once wait for each other and do not lock up."""
    found = sorted(set(numbers))
    if not found:
        raise NothingTicked
    if len(found) > MOST:
        raise TooManyTicked(number=len(found), most=MOST)
    return found


def _whole_day(day: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """The moments between which work of a day begins."""
    begins = dt.datetime.combine(day, dt.time(), zone)
    ends = dt.datetime.combine(day, dt.time(23, 59), zone)
    return begins.astimezone(dt.UTC), ends.astimezone(dt.UTC)
