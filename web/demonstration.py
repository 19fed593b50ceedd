"""What the sign-in page says beside its form: the accounts of the demonstration, or how to begin without one."""

from dataclasses import dataclass

from flask import Flask

from core.accounts import RoleName
from core.db import db
from core.firm import is_founded
from core.settings import read_setting


@dataclass(frozen=True)
class DemonstrationLogin:
    """One account of the demonstration: who signs in, in which role, and what that role gets to see."""

    email: str
    role: RoleName
    sees: str
    password: str


def register(app: Flask) -> None:
    """Let the sign-in page ask for the accounts of the demonstration, and whether anybody has an account at all."""
    app.add_template_global(demonstration_logins)
    app.add_template_global(firm_is_missing)


def firm_is_missing() -> bool:
    """Whether nobody has set up a firm in this database yet."""
    return not is_founded(db.session())


def demonstration_logins() -> list[DemonstrationLogin]:
    """Return one account per role; none in a real firm."""
    kept = read_setting(db.session(), "demonstration")
    if kept is None:
        return []
    return [
        DemonstrationLogin(login["email"], RoleName(login["role"]), login["sees"], kept["password"])
        for login in kept["logins"]
    ]
