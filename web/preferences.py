"""How a person wants the pages: light or dark, how large, in which zone, and what shows them the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import available_timezones

from flask import Blueprint, Flask, redirect, request, session
from flask.typing import ResponseReturnValue

from core.access import allow_everybody
from core.accounts import Navigation, TextSize, Theme, User
from customers.calendars import zone_named
from web.caller import caller
from web.forms import Choice, back_to, read_choice

pages = Blueprint("preferences", __name__)

# What can be chosen without being signed in, too; the browser's session keeps it then.
LOOKS = {"theme": Theme, "text_size": TextSize}


@dataclass(frozen=True)
class Preferences:
    """What is chosen now."""

    theme: Theme = Theme.AUTO
    text_size: TextSize = TextSize.NORMAL
    navigation: Navigation = Navigation.GEO


def register(app: Flask) -> None:
    """Let every page know how it is wanted."""
    app.add_template_global(preferences)
    app.jinja_env.globals |= {"Theme": Theme, "TextSize": TextSize, "Navigation": Navigation}


def preferences() -> Preferences:
    """Return what is kept with the account, else with the session of somebody who is not signed in."""
    user = caller()
    if user is not None:
        return Preferences(user.theme, user.text_size, user.navigation)
    return Preferences(theme=_kept("theme", Theme, Theme.AUTO), text_size=_kept("text_size", TextSize, TextSize.NORMAL))


@pages.post("/preferences")
@allow_everybody()
def change() -> ResponseReturnValue:
    """Keep whatever of it was sent; what was not sent stays as it is."""
    _keep(request.form, caller())
    return redirect(back_to(request.form.get("next", "")), 303)


def zones() -> list[str]:
    """Return the zones to choose from: those that are named after a place."""
    areas = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return sorted(name for name in available_timezones() if name.startswith(areas))


def _keep(sent: Mapping[str, str], user: User | None) -> None:
    for name, choices in LOOKS.items():
        chosen = read_choice(sent.get(name, ""), choices)
        if chosen is None:
            continue
        session[name] = chosen.value
        if user is not None:
            setattr(user, name, chosen)
    if user is None:
        return
    user.navigation = read_choice(sent.get("navigation", ""), Navigation) or user.navigation
    if "zone" in sent:
        user.zone = zone_named(sent["zone"].strip()).key if sent["zone"].strip() else None


def _kept(name: str, choices: type[Choice], default: Choice) -> Choice:
    """Return what the session holds; a value from another version of ours counts for nothing."""
    return next((choice for choice in choices if choice.value == session.get(name)), default)
