"""What surrounds every page: where one can go, who is signed in, which time it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, request
from flask_babel import gettext

from core import clock
from core.accounts import RoleName
from core.errors import N_
from web import inbox, notices
from web.caller import caller, caller_is
from web.wording import skill, word


@dataclass(frozen=True)
class NavItem:
    """A place of the navigation, for the roles that work there."""

    path: str
    label: str
    icon: str
    roles: frozenset[RoleName]


DESK = frozenset({RoleName.DESK})
DISPATCHERS = frozenset({RoleName.DISPATCHER})
MANAGERS = frozenset({RoleName.MANAGER})
TECHNICIANS = frozenset({RoleName.TECHNICIAN})
WAREHOUSE = frozenset({RoleName.WAREHOUSE})
INBOX = "/inbox"

# Those that somebody opens many times a day come first: what does not fit into the bar stands behind "More".
NAVIGATION = (
    NavItem("/board", N_("Board"), "board", DISPATCHERS),
    NavItem(INBOX, N_("Inbox"), "inbox", frozenset(notices.ROLES)),
    NavItem("/urgent", N_("Urgent"), "siren", DISPATCHERS),
    NavItem("/live", N_("Live"), "clock", DISPATCHERS | MANAGERS | DESK),
    NavItem("/tickets", N_("Tickets"), "phone", DESK | DISPATCHERS),
    NavItem("/jobs", N_("Jobs"), "list", DISPATCHERS),
    NavItem("/jobs/new", N_("New job"), "plus", DISPATCHERS),
    NavItem("/day", N_("Stops"), "pin", TECHNICIANS | DISPATCHERS),
    NavItem("/warehouse", N_("Warehouse"), "warehouse", WAREHOUSE),
    NavItem("/technicians", N_("Technicians"), "person", DISPATCHERS | MANAGERS),
    NavItem("/promises", N_("Promises"), "promise", DISPATCHERS | frozenset({RoleName.DESK, RoleName.MANAGER})),
    NavItem("/conflicts", N_("Told by phones"), "phone", DISPATCHERS),
    NavItem("/warehouse/stock", N_("Stock"), "part", DISPATCHERS),
    NavItem("/maintenance", N_("Maintenance"), "wrench", DISPATCHERS | MANAGERS),
    NavItem("/contracts", N_("Contracts"), "promise", DISPATCHERS | MANAGERS),
    NavItem("/faults", N_("Faults"), "wrench", DESK | DISPATCHERS | MANAGERS),
    NavItem("/imports", N_("Import"), "table", DISPATCHERS | WAREHOUSE),
    NavItem("/accounts", N_("Accounts"), "person", frozenset({RoleName.ADMIN})),
)
# As many fit beside name and language on a screen of 1,280 points; one more is shown rather than hidden alone.
IN_THE_BAR = 7

# The pages of the warehouse, as tabs below the navigation.
STORES = (
    NavItem("/warehouse", N_("Pick lists"), "van", WAREHOUSE),
    NavItem("/warehouse/stock", N_("Stock"), "part", WAREHOUSE | DISPATCHERS),
    NavItem("/warehouse/restock", N_("Restock"), "down", WAREHOUSE),
    NavItem("/warehouse/counts", N_("Counts"), "table", WAREHOUSE),
    NavItem("/warehouse/labels", N_("Labels"), "list", WAREHOUSE),
    NavItem("/warehouse/returns", N_("Returns"), "left", WAREHOUSE),
    NavItem("/warehouse/transfers", N_("Transfers"), "right", WAREHOUSE | DISPATCHERS),
    NavItem("/warehouse/orders", N_("Orders"), "list", WAREHOUSE),
    NavItem("/warehouse/deliveries/new", N_("Delivery"), "plus", WAREHOUSE),
)
# Pages that belong to a tab which stands at another path.
BELONGS_TO = {
    "/warehouse/parts": "/warehouse/stock",
    "/warehouse/find": "/warehouse/stock",
    "/warehouse/catalogue": "/warehouse/stock",
    "/warehouse/places": "/warehouse/stock",
    "/warehouse/audit": "/warehouse/stock",
    "/warehouse/top-ups": "/warehouse/restock",
    "/warehouse/reorder": "/warehouse/restock",
    "/warehouse/suppliers": "/warehouse/orders",
    "/warehouse/deliveries": "/warehouse/deliveries/new",
    "/warehouse/loans": "/warehouse/transfers",
    "/warehouse/bench": "/warehouse/returns",
    "/warehouse/rmas": "/warehouse/returns",
}


def register(app: Flask) -> None:
    """Let every template ask for its surroundings."""
    app.add_template_global(navigation)
    app.add_template_global(stores)
    app.add_template_global(caller, "signed_in_user")
    app.add_template_global(caller_is)
    app.add_template_global(clock.offset, "clock_offset")
    app.jinja_env.globals["RoleName"] = RoleName
    app.add_template_filter(word)
    app.add_template_filter(skill)


def navigation() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the places that the caller may go to, with the one they are at: those in the bar, and those behind it."""
    told = _told(NAVIGATION, request.path)
    shown = IN_THE_BAR if len(told) > IN_THE_BAR + 1 else len(told)
    return told[:shown], told[shown:]


def stores() -> list[tuple[str, str, str, bool]]:
    """Return the tabs of the warehouse that the caller may go to: address, words, icon, and whether it is this one."""
    other = _nearest(request.path, list(BELONGS_TO))
    told = _told(STORES, BELONGS_TO[other] if other else request.path)
    return [(place["path"], place["label"], place["icon"], place["here"]) for place in told]


def _told(items: Sequence[NavItem], path: str) -> list[dict[str, Any]]:
    allowed = [item for item in items if caller_is(*item.roles)]
    here = _nearest(path, [item.path for item in allowed])
    return [
        {
            "path": item.path,
            "label": gettext(item.label),
            "icon": item.icon,
            "here": item.path == here,
            # How many things wait there.
            "count": inbox.waiting() if item.path == INBOX else 0,
        }
        for item in allowed
    ]


def _nearest(path: str, places: list[str]) -> str | None:
    """Return the longest place that the path lies under, or None if it lies under none."""
    under = [place for place in places if path == place or path.startswith(f"{place}/")]
    return max(under, key=len, default=None)
