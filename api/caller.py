"""Who calls."""

from flask_login import current_user

from core.db import db
from dispatch.models import Technician
from dispatch.workforce import technician_of_user


def own_technician() -> Technician:
    """Return the technician whose account calls; raises NoTechnician."""
    return technician_of_user(db.session(), current_user.id)
