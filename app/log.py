"""What the processes of the service tell of themselves."""

import logging

from app.config import Config


def set_up_log(config: Config) -> None:
    """Let the process tell what is at least as important as the configuration says."""
    logging.basicConfig(level=config.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # It tells of every look at the database's revision.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # It tells of every table of a font that goes into a label or a report.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
