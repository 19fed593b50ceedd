"""The background worker: `python -m app.worker`."""

import functools
import gc
import logging
import os
import signal
import sys

from huey.consumer_options import ConsumerConfig

from app.config import ConfigError
from app.database import SchemaError, refuse_wrong_schema
from app.processes import die_with_parent

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
    # The consumer's processes go with it at once; what they compute is taken up again when its claim runs out.
    os.register_at_fork(after_in_child=functools.partial(die_with_parent, signal.SIGKILL, os.getpid()))
    # What is loaded by now stays for good, in every process that is forked: the collector need not look through it
    # again and again while a sweep makes many objects.
    gc.collect()
    gc.freeze()
    queue.create_consumer(**options.values).run()


if __name__ == "__main__":
    main()
