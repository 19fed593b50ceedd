"""Plan runs and the plans they make."""

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base import Base, enum_column
from dispatch.models.jobs import Job
from dispatch.models.workforce import Technician

# So long a search may take, in seconds.
SECONDS_ALLOWED = (0.5, 600.0)


class RunState(enum.StrEnum):
    """How far a plan run is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class PlanState(enum.StrEnum):
    """A plan is a draft until it is published; a newer published plan of the day supersedes it."""

    DRAFT = "draft"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    DISCARDED = "discarded"


class StopKind(enum.StrEnum):
    """What a technician does at a stop."""

    VISIT = "visit"
    DEPOT = "depot"
    BREAK = "break"


class PlanRun(Base):
    """
    One computation of a plan in the background.

    The row with its lease is the truth about the work: whoever holds the lease computes, and when a worker dies the
    lease runs out and another takes the run up with the next attempt.
    """

    __tablename__ = "plan_runs"
    __table_args__ = (
        # No two runs begin with the same day; that their days do not overlap either, request_plan sees to.
        sa.Index(
            "uq_plan_runs_day_under_way",
            "day",
            unique=True,
            sqlite_where=sa.text("state IN ('queued', 'running')"),
            postgresql_where=sa.text("state IN ('queued', 'running')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[dt.date] = mapped_column(index=True)
    state: Mapped[RunState] = mapped_column(enum_column(RunState), default=RunState.QUEUED, index=True)
    engine: Mapped[str] = mapped_column(sa.String(20))
    seconds: Mapped[float]
    seed: Mapped[int] = mapped_column(default=1)
    requested_at: Mapped[dt.datetime]
    requested_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    # World time in seconds since 1970, not the firm's clock: a lease must run even when the demonstration is reset.
    enqueued_until: Mapped[float] = mapped_column(default=0.0)
    lease_until: Mapped[float] = mapped_column(default=0.0)
    attempt: Mapped[int] = mapped_column(default=0)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    # 0 to 1.
    progress: Mapped[float] = mapped_column(default=0.0)
    best_cost: Mapped[float | None]
    # What went wrong, as {"code": ..., "sentence": ..., "facts": {...}}; None if nothing did.
    problem: Mapped[dict[str, Any] | None]
    plan_id: Mapped[int | None] = mapped_column(sa.ForeignKey("plans.id"))
    # The last day of the horizon; the first is ``day``, and both are the same for the plan of one day.
    last_day: Mapped[dt.date]
    # At most so many open promises may be moved out of their windows; None, as 0: every one is kept.
    most_changed_promises: Mapped[int | None]

    plan: Mapped["Plan | None"] = relationship(foreign_keys=plan_id)


class WorkerPulse(Base):
    """The sign of life of the background workers; a single row."""

    __tablename__ = "worker_pulse"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Which chain of sweeps is the living one; an older chain sees another number here and ends itself.
    chain: Mapped[int] = mapped_column(default=0)
    # World time in seconds since 1970.
    seen_at: Mapped[float] = mapped_column(default=0.0)


class Plan(Base):
    """A day's assignment and order of visits, checked before it was written."""

    __tablename__ = "plans"
    __table_args__ = (sa.UniqueConstraint("day", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[dt.date] = mapped_column(index=True)
    version: Mapped[int]
    state: Mapped[PlanState] = mapped_column(enum_column(PlanState), default=PlanState.DRAFT, index=True)
    engine: Mapped[str] = mapped_column(sa.String(20))
    seed: Mapped[int]
    seconds: Mapped[float]
    # Cost by term in cents, as routing.objective names them, with "total".
    cost: Mapped[dict[str, Any]]
    # The same for the published plan of the day as it stood when this one was computed; None if there was none.
    standing_cost: Mapped[dict[str, Any] | None]
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    published_at: Mapped[dt.datetime | None]
    published_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    # The run that made it; the plans of one run cover its horizon day by day. None for a plan made by hand or an event.
    run_id: Mapped[int | None] = mapped_column(sa.ForeignKey("plan_runs.id", use_alter=True), index=True)
    # The published plan of the day that it was made from; None if there was none.
    base_id: Mapped[int | None] = mapped_column(sa.ForeignKey("plans.id"))

    routes: Mapped[list["PlannedRoute"]] = relationship(
        back_populates="plan", cascade="all, delete-orphan", order_by="PlannedRoute.technician_id"
    )
    left_out: Mapped[list["LeftOut"]] = relationship(
        back_populates="plan", cascade="all, delete-orphan", order_by="LeftOut.job_id"
    )


class PlannedRoute(Base):
    """One technician's route in a plan."""

    __tablename__ = "planned_routes"
    __table_args__ = (sa.UniqueConstraint("plan_id", "technician_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plans.id", ondelete="CASCADE"))
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey("technicians.id"))
    departs_at: Mapped[dt.datetime]
    returns_at: Mapped[dt.datetime]
    travel_seconds: Mapped[int]
    # The version of the shift that was planned; another one at publication means that the hours changed meanwhile.
    shift_version: Mapped[int] = mapped_column(default=1)
    # [[lat, lon], ...] along the streets, for drawing.
    path: Mapped[list[Any]]

    plan: Mapped[Plan] = relationship(back_populates="routes")
    technician: Mapped[Technician] = relationship()
    stops: Mapped[list["PlannedStop"]] = relationship(
        back_populates="route", cascade="all, delete-orphan", order_by="PlannedStop.position"
    )


class PlannedStop(Base):
    """One stop of a route: a visit to a job's site, a pick-up at a warehouse, or a break."""

    __tablename__ = "planned_stops"
    __table_args__ = (
        sa.UniqueConstraint("route_id", "position"),
        sa.CheckConstraint("(kind = 'visit') = (job_id IS NOT NULL)", name="visits_have_jobs"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    route_id: Mapped[int] = mapped_column(sa.ForeignKey("planned_routes.id", ondelete="CASCADE"))
    position: Mapped[int]
    kind: Mapped[StopKind] = mapped_column(enum_column(StopKind))
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("jobs.id"), index=True)
    # The version of the job that was planned; another one at publication means that the job changed meanwhile.
    job_version: Mapped[int | None]
    # Depot stops only.
    warehouse_id: Mapped[int | None] = mapped_column(sa.ForeignKey("places.id"))
    arrives_at: Mapped[dt.datetime]
    starts_at: Mapped[dt.datetime]
    leaves_at: Mapped[dt.datetime]
    # For a visit: where each part comes from, [{"part_id": 3, "quantity": 1, "place_id": 7}, ...]. Otherwise empty.
    parts: Mapped[list[Any]]

    route: Mapped[PlannedRoute] = relationship(back_populates="stops")
    job: Mapped[Job | None] = relationship()


class PlanEvent(Base):
    """One line of a plan's history: made, published, superseded, discarded, by whom and when."""

    __tablename__ = "plan_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plans.id", ondelete="CASCADE"), index=True)
    at: Mapped[dt.datetime]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    from_state: Mapped[PlanState | None] = mapped_column(enum_column(PlanState))
    to_state: Mapped[PlanState] = mapped_column(enum_column(PlanState))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Override(Base):
    """
    A rule that somebody bent for a reason, by hand and knowingly.

    It counts as long as the visit of the job is with the technician on that day, so that nothing takes the visit back
    because of it. It goes with an undo of the move, and with a draft that is thrown away; the histories keep it.
    """

    __tablename__ = "overrides"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plans.id", ondelete="CASCADE"), index=True)
    day: Mapped[dt.date] = mapped_column(index=True)
    job_id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey("technicians.id"))
    # "opening_hours", "promise", "tie", "excluded", "territory", "not_allowed", "skill", "part" or "overtime".
    rule: Mapped[str] = mapped_column(sa.String(20))
    # The skill or the SKU; empty for other rules.
    what: Mapped[str] = mapped_column(sa.String(40), default="")
    # By how much: seconds, levels or pieces, as the rule implies.
    amount: Mapped[int]
    # When the work begins, or for overtime when the technician is back.
    until: Mapped[dt.datetime]
    reason: Mapped[str] = mapped_column(sa.String(300))
    at: Mapped[dt.datetime]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))


class LeftOut(Base):
    """A job that a plan leaves out, and why."""

    __tablename__ = "plan_left_out"
    __table_args__ = (sa.UniqueConstraint("plan_id", "job_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plans.id", ondelete="CASCADE"))
    job_id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.id"), index=True)
    # The reason in one word ("no_position", "waiting_parts", "changed_meanwhile", "full", "skill", "taken_off", ...).
    reason: Mapped[str] = mapped_column(sa.String(30))
    # Per technician, [{"technician_id": 3, "reason": "skill", "facts": {...}}, ...]; empty when nobody was asked.
    details: Mapped[list[Any]]

    plan: Mapped[Plan] = relationship(back_populates="left_out")
    job: Mapped[Job] = relationship()
