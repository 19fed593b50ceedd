"""Travel times that were computed once."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.base import Base


class TravelMatrixCache(Base):
    """
    The travel matrix over all places that one provider was ever asked about.

    One row per provider: the places, and behind them n x n seconds and metres as little-endian int32. Asking for a
    subset reads the row; asking for new places replaces it by a larger one.
    """

    __tablename__ = "travel_matrices"

    provider: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    # n x 2 float64: latitude and longitude.
    points: Mapped[bytes]
    seconds: Mapped[bytes]
    metres: Mapped[bytes]
