"""Files that people attach: photos, signatures, mails and documents; whatever refers to one holds its id."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, deferred, mapped_column

from core.base import Base


class Attachment(Base):
    """
    A file as it was received.

    The bytes stand in the database, so that a file and what it belongs to are written and backed up together.
    """

    __tablename__ = "attachments"
    __table_args__ = (sa.CheckConstraint("size >= 0", name="size_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(160))
    media_type: Mapped[str] = mapped_column(sa.String(80))
    size: Mapped[int]
    # Hexadecimal; tells whether a file that is sent again is the same one.
    sha256: Mapped[str] = mapped_column(sa.String(64), index=True)
    # Of a few megabytes: read only by whoever shows the file.
    content: Mapped[bytes] = deferred(mapped_column(sa.LargeBinary))
    received_at: Mapped[dt.datetime]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
