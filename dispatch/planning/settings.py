"""What the firm tells its planner: how near the present nothing moves, and what moving a planned visit costs."""

from dataclasses import asdict, dataclass, fields

from sqlalchemy.orm import Session

from core.errors import N_, DomainError
from core.settings import read_setting, write_setting

SETTING = "planning"


@dataclass(frozen=True)
class PlanningSettings:
    """
    The firm's choices, all of them whole numbers; what they do stands in docs/dispatch.md.

    A planned visit changes technician, or starts at another time, only where the plan gains more than these prices. A
    promise is moved, where the dispatcher allows it, only for a job that would cost more if it was left out.
    """

    freeze_minutes: int = 60
    technician_change_cents: int = 400
    start_change_cents_per_hour: int = 60
    promise_change_cents: int = 5_000
    # What it is worth that somebody comes whom the customer prefers.
    preferred_technician_cents: int = 500
    # What sending somebody of other territories costs; 0: nobody is sent there.
    outside_territory_cents: int = 0

    @property
    def start_change_per_second(self) -> float:
        return self.start_change_cents_per_hour / 3600


# The least and the most that a choice may be; a day of frozen visits or a thousand for a change is a slip.
RANGES = {
    "freeze_minutes": (0, 1_440),
    "technician_change_cents": (0, 100_000),
    "start_change_cents_per_hour": (0, 100_000),
    "promise_change_cents": (0, 1_000_000),
    "preferred_technician_cents": (0, 100_000),
    "outside_territory_cents": (0, 100_000),
}


class SettingOutOfRange(DomainError):
    code = "planning_setting_out_of_range"
    sentence = N_("%(field)s may be from %(low)s to %(high)s, not %(value)s.")


def read_planning_settings(session: Session) -> PlanningSettings:
    """Return the firm's choices, and the defaults for what it has not chosen."""
    kept = read_setting(session, SETTING) or {}
    known = {field.name for field in fields(PlanningSettings)}
    return PlanningSettings(**{name: int(value) for name, value in kept.items() if name in known})


def write_planning_settings(session: Session, settings: PlanningSettings) -> None:
    """Keep the firm's choices; the next plan follows them. Raises SettingOutOfRange."""
    for name, value in asdict(settings).items():
        low, high = RANGES[name]
        if not low <= value <= high:
            raise SettingOutOfRange(field=name, low=low, high=high, value=value)
    write_setting(session, SETTING, asdict(settings))
