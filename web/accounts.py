"""Who may sign in, and what is one's own: language, password and the tokens of one's programs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_security import hash_password, login_user, verify_password

from core import accounts
from core.access import allow, allow_signed_in
from core.accounts import PASSWORD_LEAST, Navigation, RoleName, TextSize, User
from core.db import db
from core.errors import STATUS, DomainError, Kind
from dispatch.workforce import link_account, technicians_by_account, technicians_without_account
from web import preferences
from web.caller import caller_id
from web.commands import Answer, act_once, do_once
from web.wording import sentence, word

pages = Blueprint("accounts", __name__)

# The field that a refusal is shown beside; one that is not listed stands above the form.
FIELD_OF = {
    "email_not_usable": "email",
    "email_taken": "email",
    "name_not_usable": "name",
    "password_too_short": "password",
    "password_too_long": "password",
    "role_missing": "roles",
    "technician_not_named": "technician",
    "technician_has_account": "technician",
    "unknown_technician": "technician",
}


@dataclass(frozen=True)
class PersonForm:
    """The form of a new person: what was typed, what is wrong beside which field, and above it all."""

    values: Mapping[str, str] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    def value(self, name: str) -> str:
        return self.values.get(name, "")


@pages.get("/accounts")
@allow(RoleName.ADMIN)
def index() -> ResponseReturnValue:
    """List everybody who signs in."""
    return _people_page(PersonForm())


@pages.post("/accounts")
@allow(RoleName.ADMIN)
def add() -> ResponseReturnValue:
    """Add a person with an initial password."""
    values, typed_roles = request.form.to_dict(), frozenset(request.form.getlist("roles"))

    def act() -> Answer:
        password = values.get("password", "")
        accounts.check_password(password)
        person = accounts.add_person(
            db.session(),
            email=values.get("email", ""),
            name=values.get("name", ""),
            password_hash=hash_password(password),
            roles=frozenset(role for role in RoleName if role in typed_roles),
        )
        link_account(db.session(), person, values.get("technician", ""))
        words = gettext("%(name)s can sign in now. Hand the password over in person.", name=person.name)
        return Answer(url_for("accounts.index"), words)

    try:
        return act_once(act)
    except DomainError as error:
        return _people_page(_refused(values, typed_roles, error)), STATUS[error.kind]


@pages.post("/accounts/<int:user_id>/lock")
@allow(RoleName.ADMIN)
def lock(user_id: int) -> ResponseReturnValue:
    """Lock a person out, their tokens included."""
    person = accounts.set_active(db.session(), user_id=user_id, active=False, actor_id=caller_id())
    flash(gettext("%(name)s cannot sign in any more.", name=person.name), "done")
    return redirect(url_for("accounts.index"))


@pages.post("/accounts/<int:user_id>/unlock")
@allow(RoleName.ADMIN)
def unlock(user_id: int) -> ResponseReturnValue:
    """Let a person in again."""
    person = accounts.set_active(db.session(), user_id=user_id, active=True, actor_id=caller_id())
    flash(gettext("%(name)s can sign in again.", name=person.name), "done")
    return redirect(url_for("accounts.index"))


@pages.get("/account")
@allow_signed_in()
def own() -> ResponseReturnValue:
    """Show one's own account."""
    return _own_page()


@pages.post("/account/password")
@allow_signed_in()
def change_password() -> ResponseReturnValue:
    """Give oneself another password; every other browser that is signed in as this person is signed out."""
    person, password = _own_user(), request.form.get("new_password", "")
    if not verify_password(request.form.get("password", ""), person.password):
        errors = {"password": gettext("This is not your password. It has not been changed.")}
        return _own_page(errors=errors), STATUS[Kind.INVALID]
    try:
        accounts.check_password(password)
    except DomainError as error:
        return _own_page(errors={"new_password": sentence(error)}), STATUS[error.kind]
    accounts.set_password(person, hash_password(password))
    login_user(person)
    flash(gettext("Your password is changed. Other browsers that were signed in as you are signed out."), "done")
    return redirect(url_for("accounts.own"))


@pages.post("/account/tokens")
@allow_signed_in()
def issue() -> ResponseReturnValue:
    """Make a token and show it: this once, for it is nowhere to be found afterwards."""
    secrets: list[str] = []

    def act() -> dict[str, str]:
        token, secret = accounts.issue_token(db.session(), _own_user(), request.form.get("name", ""))
        # What is kept as the answer of this form must not hold the secret.
        secrets.append(secret)
        return {"name": token.name}

    try:
        answer = do_once(act)
    except DomainError as error:
        return _own_page(errors={"name": sentence(error)}), STATUS[error.kind]
    if secrets:
        return _own_page(secret=secrets[0], secret_name=answer["name"])
    flash(
        gettext("The token %(name)s was made before and is shown only once. Revoke it and make another.", **answer),
        "note",
    )
    return redirect(url_for("accounts.own"))


@pages.post("/account/tokens/<int:token_id>/revoke")
@allow_signed_in()
def revoke(token_id: int) -> ResponseReturnValue:
    """Take a token's power away."""
    accounts.revoke_token(db.session(), _own_user(), token_id)
    flash(gettext("The token is revoked; the program that used it is signed out."), "done")
    return redirect(url_for("accounts.own"))


def _own_user() -> User:
    return db.session.get_one(User, caller_id())


def _people_page(form: PersonForm) -> str:
    session = db.session()
    return render_template(
        "accounts/people.html",
        people=accounts.people(session),
        technicians=technicians_by_account(session),
        free_technicians=[(one.code, f"{one.code} · {one.name}") for one in technicians_without_account(session)],
        own_id=caller_id(),
        roles=RoleName,
        password_least=PASSWORD_LEAST,
        form=form,
    )


def _own_page(*, secret: str = "", secret_name: str = "", errors: Mapping[str, str] | None = None) -> str:
    return render_template(
        "accounts/own.html",
        tokens=accounts.tokens_of(db.session(), _own_user()),
        secret=secret,
        secret_name=secret_name,
        errors=errors or {},
        password_least=PASSWORD_LEAST,
        zones=preferences.zones(),
        text_sizes=[(size.value, word(size), "text") for size in TextSize],
        navigations=[(choice.value, word(choice), "") for choice in Navigation],
        name=request.form.get("name", "") if errors else "",
    )


def _refused(values: Mapping[str, str], roles: frozenset[str], error: DomainError) -> PersonForm:
    # A password is not sent back into the page.
    shown = {name: value for name, value in values.items() if name != "password"}
    place = FIELD_OF.get(error.code)
    if place is None:
        return PersonForm(shown, roles, problem=sentence(error))
    return PersonForm(shown, roles, errors={place: sentence(error)})
