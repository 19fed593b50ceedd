"""Loans: good pieces that are at a site for a while."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base import Base
from inventory.models.catalogue import Part
from inventory.models.stock import Place, Serial


class Loan(Base):
    """
    Pieces of one part that were lent to a site; of a serial-tracked part each piece is a loan of its own.

    ``returned`` came back, in good order or damaged, and ``lost`` will not; the loan is closed when none is out.
    """

    __tablename__ = "loans"
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("returned >= 0 AND lost >= 0 AND returned + lost <= quantity", name="out_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"), index=True)
    serial_id: Mapped[int | None] = mapped_column(sa.ForeignKey("serials.id"), index=True)
    quantity: Mapped[int]
    returned: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)
    # The site's place in the ledger, and where the pieces came from.
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"), index=True)
    from_place_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"))
    # What the pieces are there for: a job, a ticket, a letter.
    reference: Mapped[str] = mapped_column(sa.String(80))
    lent_at: Mapped[dt.datetime]
    lent_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    closed_at: Mapped[dt.datetime | None] = mapped_column(index=True)

    part: Mapped[Part] = relationship()
    serial: Mapped[Serial | None] = relationship()
    site: Mapped[Place] = relationship(foreign_keys=site_id)
    from_place: Mapped[Place] = relationship(foreign_keys=from_place_id)

    @property
    def number(self) -> str:
        return f"L-{self.id}"

    @property
    def out(self) -> int:
        """Pieces that are still at the site."""
        return self.quantity - self.returned - self.lost
