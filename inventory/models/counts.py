"""Counts: what was found on the shelf, blind, and what the books make of it."""

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base import Base, enum_column
from inventory.models.catalogue import Part
from inventory.models.stock import Place


class CountState(enum.StrEnum):
    """How far a count is."""

    OPEN = "open"
    # The first count differed somewhere; those lines are counted again.
    SECOND = "second"
    # The difference is worth so much that somebody else must agree.
    APPROVAL = "approval"
    POSTED = "posted"
    CANCELLED = "cancelled"


class Count(Base):
    """A count of some parts at a place."""

    __tablename__ = "counts"

    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"), index=True)
    state: Mapped[CountState] = mapped_column(enum_column(CountState), default=CountState.OPEN, index=True)
    # Why it was begun: the plan, or a suspicion.
    reason: Mapped[str] = mapped_column(sa.String(200))
    opened_at: Mapped[dt.datetime]
    opened_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    closed_at: Mapped[dt.datetime | None]

    place: Mapped[Place] = relationship()
    lines: Mapped[list["CountLine"]] = relationship(
        back_populates="count", cascade="all, delete-orphan", order_by="CountLine.id"
    )
    counters: Mapped[list["CountCounter"]] = relationship(cascade="all, delete-orphan", order_by="CountCounter.user_id")

    @property
    def number(self) -> str:
        return f"C-{self.id}"

    def counted_by(self, *, second: bool) -> list[int]:
        """Return the ids of those who counted the first or the second time."""
        return [counter.user_id for counter in self.counters if counter.second == second]


class CountCounter(Base):
    """Somebody who counted at least one line of a count, the first or the second time; they may not approve it."""

    __tablename__ = "count_counters"

    count_id: Mapped[int] = mapped_column(sa.ForeignKey("counts.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), primary_key=True)
    second: Mapped[bool] = mapped_column(primary_key=True)


class CountLine(Base):
    """
    One part on a count.

    ``booked`` is what the ledger had at the moment of the last counting, so that pieces which move between the counting
    and the posting do not look like a difference. Of a serial-tracked part ``missing`` and ``surplus`` are the numbers
    that the counting did not find, and those that the books have elsewhere or nowhere.
    """

    __tablename__ = "count_lines"
    __table_args__ = (
        sa.UniqueConstraint("count_id", "part_id"),
        sa.CheckConstraint("first >= 0 AND second >= 0", name="not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    count_id: Mapped[int] = mapped_column(sa.ForeignKey("counts.id", ondelete="CASCADE"))
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"), index=True)
    first: Mapped[int | None]
    second: Mapped[int | None]
    booked: Mapped[int | None]
    missing: Mapped[list[Any]] = mapped_column(default=list)
    surplus: Mapped[list[Any]] = mapped_column(default=list)

    count: Mapped[Count] = relationship(back_populates="lines")
    part: Mapped[Part] = relationship()

    @property
    def found(self) -> int | None:
        """What was counted last; None before the first counting."""
        return self.first if self.second is None else self.second

    @property
    def variance(self) -> int:
        """Pieces more than booked, negative when fewer; zero before the first counting."""
        if self.found is None or self.booked is None:
            return 0
        return self.found - self.booked

    @property
    def differs(self) -> bool:
        """Whether the books are wrong, in number or in which pieces there are."""
        return bool(self.variance or self.missing or self.surplus)

    @property
    def variance_cents(self) -> int:
        """What the pieces are worth that are missing or too many, without a sign."""
        pieces = len(self.missing) + len(self.surplus) if self.part.serial_tracked else abs(self.variance)
        return pieces * self.part.unit_cost_cents
