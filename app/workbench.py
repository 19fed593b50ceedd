"""The worker's tools: sessions of its own, and the roads, read once per process."""

import functools
from contextlib import AbstractContextManager

from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from app.config import Config
from core.db import db
from dispatch.planning.compute import Workbench
from dispatch.planning.kept import Kept
from routing.travel import TravelTimes, travel_times

# So long a day that was read serves the next questions about it; nobody is told a time that is off by more.
KEPT_SECONDS = 30.0


def make_workbench(app: Flask) -> Workbench:
    """Build the tools of this process; must be called inside the application context."""
    config: Config = app.extensions["wrenchway"]
    maker = sessionmaker(db.engine)

    def sessions() -> AbstractContextManager[Session]:
        return maker()

    return Workbench(
        sessions=sessions,
        travel_times=functools.partial(roads, config),
        lease_seconds=config.lease_seconds,
        threads=config.plan_threads,
        kept=app.extensions.setdefault("kept_days", Kept(KEPT_SECONDS)),
    )


@functools.cache
def roads(config: Config) -> TravelTimes:
    """Return the provider that the configuration names; a road network stays in memory."""
    if config.travel_provider == "osm":
        return travel_times("osm", map_file=config.map_file, cache_folder=config.data_dir / "travel")
    if config.travel_provider == "osrm":
        return travel_times("osrm", url=config.osrm_url)
    return travel_times("great_circle")
