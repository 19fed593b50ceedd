"""What the sign-in page says about the demonstration, while one is loaded."""

from dataclasses import dataclass

from flask import Flask

from core.accounts import RoleName
from core.db import db
from core.settings import read_setting


@dataclass(frozen=True)
class DemonstrationLogin:
    """One account of the demonstration: who signs in, in which role, and what that role gets to see."""

    email: str
    role: RoleName
    sees: str
    password: str


def register(app: Flask) -> None:
    """Let the sign-in page ask for the accounts of the demonstration."""
    app.add_template_global(demonstration_logins)


def demonstration_logins() -> list[DemonstrationLogin]:
    """Return one account per role; none in a real firm."""
    kept = read_setting(db.session(), "demonstration")
    if kept is None:
        return []
    return [
        DemonstrationLogin(login["email"], RoleName(login["role"]), login["sees"], kept["password"])
        for login in kept["logins"]
    ]
