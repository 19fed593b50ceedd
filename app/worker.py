"""The background worker: `python -m app.worker`."""

import logging
import sys

from huey.consumer_options import ConsumerConfig

from app.config import ConfigError
from app.database import SchemaError, refuse_wrong_schema

# One process computes while the other sweeps and keeps the sign of life up.
PROCESSES = 2


def main() -> None:
    """Work until told to stop."""
    try:
        from app.tasks import queue, service  # noqa: PLC0415 -- reads the configuration, which may be wrong

        refuse_wrong_schema(service())
    except (ConfigError, SchemaError) as error:
        sys.exit(str(error))
    logging.getLogger("huey").setLevel(logging.WARNING)
    options = ConsumerConfig(
        workers=PROCESSES, worker_type="process", scheduler_interval=1, backoff=1.0, max_delay=1.0, initial_delay=0.1
    )
    options.validate()
    queue.create_consumer(**options.values).run()


if __name__ == "__main__":
    main()
