"""
People who sign in, their roles, and the tokens of their devices.

This file alone takes the mixins of Flask-Security, which tell it how to read the models; nothing here knows a request.
"""

import datetime as dt
import enum
import hashlib
import re
import secrets
import uuid
from collections.abc import Collection

import sqlalchemy as sa
from flask_security import RoleMixin, UserMixin
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock
from core.base import Base, enum_column
from core.errors import N_, DomainError, Kind

# An address is proved by mail, not by its letters; this only catches slips.
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
NAME_LENGTH = 120
TOKEN_NAME_LENGTH = 80
PASSWORD_LEAST = 10
PASSWORD_MOST = 200


class RoleName(enum.StrEnum):
    """What a person may do; a person may have several roles."""

    DISPATCHER = "dispatcher"
    TECHNICIAN = "technician"
    WAREHOUSE = "warehouse"
    DESK = "desk"
    MANAGER = "manager"
    ADMIN = "admin"


class Theme(enum.StrEnum):
    """The colours of the pages; "auto" follows the device."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class TextSize(enum.StrEnum):
    """How large the pages are written."""

    NORMAL = "normal"
    LARGE = "large"
    HUGE = "huge"


class Navigation(enum.StrEnum):
    """What opens when a technician asks for the way: whatever the phone has for geo: links, or a named map."""

    GEO = "geo"
    GOOGLE = "google"
    AMAP = "amap"


user_roles = sa.Table(
    "user_roles",
    Base.metadata,
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("role_id", sa.ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
)


class Role(Base, RoleMixin):
    """A role as a row, so that Flask-Security can join it."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[RoleName] = mapped_column(enum_column(RoleName), unique=True)


class User(Base, UserMixin):
    """A person who signs in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(255), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    password: Mapped[str] = mapped_column(sa.String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True, default=lambda: uuid.uuid4().hex)
    language: Mapped[str | None] = mapped_column(sa.String(12))
    # In which zone times are told to them; None: in the firm's.
    zone: Mapped[str | None] = mapped_column(sa.String(64))
    theme: Mapped[Theme] = mapped_column(enum_column(Theme), default=Theme.AUTO, server_default=Theme.AUTO.value)
    text_size: Mapped[TextSize] = mapped_column(
        enum_column(TextSize), default=TextSize.NORMAL, server_default=TextSize.NORMAL.value
    )
    navigation: Mapped[Navigation] = mapped_column(
        enum_column(Navigation), default=Navigation.GEO, server_default=Navigation.GEO.value
    )
    roles: Mapped[list[Role]] = relationship(secondary=user_roles, lazy="selectin")  # type: ignore[assignment]

    @property
    def role_names(self) -> frozenset[RoleName]:
        return frozenset(role.name for role in self.roles)


class ApiToken(Base):
    """A revocable key of one device or program; only its digest is stored."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]

    user: Mapped[User] = relationship(lazy="joined")


class UnknownToken(DomainError):
    code = "unknown_token"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no active token with the number %(token_id)s.")


class UnknownPerson(DomainError):
    code = "unknown_person"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no person with the number %(user_id)s. Load the list of people again.")


class EmailNotUsable(DomainError):
    code = "email_not_usable"
    sentence = N_("%(email)s is no e-mail address. Write one like ana@example.com.")


class EmailTaken(DomainError):
    code = "email_taken"
    kind = Kind.CONFLICT
    sentence = N_("%(email)s signs in already. Choose another address, or let that person sign in again.")


class NameNotUsable(DomainError):
    code = "name_not_usable"
    sentence = N_("A name has 1 to %(most)s characters; this one has %(length)s.")


class PasswordTooShort(DomainError):
    code = "password_too_short"
    sentence = N_(
        "The password has %(length)s characters. Use at least %(least)s; a short sentence is easy to remember."
    )


class PasswordTooLong(DomainError):
    code = "password_too_long"
    sentence = N_("The password has %(length)s characters. Use at most %(most)s.")


class RoleMissing(DomainError):
    code = "role_missing"
    sentence = N_("Without a role a person can do nothing. Choose at least one.")


class OwnAccount(DomainError):
    code = "own_account"
    kind = Kind.CONFLICT
    sentence = N_("You cannot lock yourself out. Ask another administrator to do it.")


def ensure_roles(session: Session) -> dict[RoleName, Role]:
    """Return every role by name, writing the ones that are missing."""
    known = {role.name: role for role in session.scalars(sa.select(Role))}
    for name in RoleName:
        if name not in known:
            known[name] = Role(name=name)
            session.add(known[name])
    return known


def add_user(
    session: Session,
    *,
    email: str,
    name: str,
    password_hash: str,
    roles: frozenset[RoleName],
    language: str | None = None,
) -> User:
    """Add a person who signs in. The password arrives hashed: hashing belongs to the edge that received it."""
    known = ensure_roles(session)
    user = User(
        email=email.strip().lower(),
        name=name,
        password=password_hash,
        language=language,
        roles=[known[role] for role in sorted(roles)],
    )
    session.add(user)
    return user


def add_person(session: Session, *, email: str, name: str, password_hash: str, roles: frozenset[RoleName]) -> User:
    """Add a person whose e-mail address, name and roles were typed; refuses what cannot be."""
    email, name = usable_email(email), name.strip()
    if not 1 <= len(name) <= NAME_LENGTH:
        raise NameNotUsable(most=NAME_LENGTH, length=len(name))
    if not roles:
        raise RoleMissing
    if user_by_email(session, email) is not None:
        raise EmailTaken(email=email)
    user = add_user(session, email=email, name=name, password_hash=password_hash, roles=roles)
    # Callers keep the id.
    session.flush()
    return user


def usable_email(text: str) -> str:
    """Return an e-mail address as it is stored; raises EmailNotUsable for what is none."""
    email = text.strip().lower()
    if not EMAIL.fullmatch(email) or len(email) > 255:
        raise EmailNotUsable(email=email or "-")
    return email


def check_password(password: str) -> None:
    """Refuse a password that is easy to guess by its length, or so long that hashing it takes the server down."""
    if len(password) < PASSWORD_LEAST:
        raise PasswordTooShort(length=len(password), least=PASSWORD_LEAST)
    if len(password) > PASSWORD_MOST:
        raise PasswordTooLong(length=len(password), most=PASSWORD_MOST)


def set_password(user: User, password_hash: str) -> None:
    """Give a person another password; whoever is signed in with the old one is signed out, tokens stay valid."""
    user.password = password_hash
    user.fs_uniquifier = uuid.uuid4().hex


def people(session: Session) -> list[User]:
    """Return everybody who signs in or did, by name."""
    return list(session.scalars(sa.select(User).order_by(User.name, User.id)))


def administrators(session: Session) -> list[User]:
    """Return everybody who can give people roles, by name."""
    return [person for person in people(session) if person.active and RoleName.ADMIN in person.role_names]


def names_of(session: Session, user_ids: Collection[int]) -> dict[int, str]:
    """Return the names of these people, by id."""
    return dict(session.execute(sa.select(User.id, User.name).where(User.id.in_(user_ids))).all())


def set_active(session: Session, *, user_id: int, active: bool, actor_id: int) -> User:
    """Lock a person out, tokens included, or let them in again; nobody can lock themselves out."""
    user = session.get(User, user_id)
    if user is None:
        raise UnknownPerson(user_id=user_id)
    if user_id == actor_id:
        raise OwnAccount
    user.active = active
    return user


def issue_token(session: Session, user: User, name: str) -> tuple[ApiToken, str]:
    """Make a token for one device; returns the row and the secret, which is shown once and never stored."""
    name = name.strip()
    if not 1 <= len(name) <= TOKEN_NAME_LENGTH:
        raise NameNotUsable(most=TOKEN_NAME_LENGTH, length=len(name))
    secret = secrets.token_urlsafe(32)
    token = ApiToken(user=user, user_id=user.id, name=name, digest=_digest(secret), created_at=clock.now())
    session.add(token)
    return token, secret


def user_of_token(session: Session, secret: str) -> User | None:
    """Return the active owner of a token that was not revoked, or None."""
    token = session.scalar(sa.select(ApiToken).where(ApiToken.digest == _digest(secret), ApiToken.revoked_at.is_(None)))
    return token.user if token is not None and token.user.active else None


def user_by_email(session: Session, email: str) -> User | None:
    """Return the person with this address, or None."""
    return session.scalar(sa.select(User).where(User.email == email.strip().lower()))


def tokens_of(session: Session, user: User) -> list[ApiToken]:
    """Return a person's tokens that were not revoked, oldest first."""
    active = sa.select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
    return list(session.scalars(active.order_by(ApiToken.id)))


def revoke_token(session: Session, user: User, token_id: int) -> None:
    """Take a device's key away; raises UnknownToken if the user has no such active token."""
    token = session.get(ApiToken, token_id)
    if token is None or token.user_id != user.id or token.revoked_at is not None:
        raise UnknownToken(token_id=token_id)
    token.revoked_at = clock.now()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
