"""Tokens: how a program signs in, sees its keys and takes them away."""

from typing import Any

import marshmallow as ma
from flask.views import MethodView
from flask_login import current_user
from flask_security import verify_password
from flask_smorest import Blueprint

from core.access import allow_everybody, allow_signed_in
from core.accounts import issue_token, revoke_token, tokens_of, user_by_email
from core.db import db
from core.errors import N_, DomainError, Kind

tokens = Blueprint("api_tokens", __name__, url_prefix="/api/v1/tokens", description="Keys of devices and programs")


class SignIn(ma.Schema):
    email = ma.fields.Email(required=True)
    password = ma.fields.String(required=True, load_only=True, validate=ma.validate.Length(1, 200))
    name = ma.fields.String(
        required=True, validate=ma.validate.Length(1, 80), metadata={"description": "What will use the token."}
    )


class Token(ma.Schema):
    id = ma.fields.Integer()
    name = ma.fields.String()
    created_at = ma.fields.AwareDateTime()


class NewToken(Token):
    token = ma.fields.String(metadata={"description": "The secret; it is shown this once."})


class WrongCredentials(DomainError):
    code = "wrong_credentials"
    kind = Kind.NOT_SIGNED_IN
    sentence = N_("The e-mail address or the password is wrong. Check both and try again.")


@tokens.route("")
class Tokens(MethodView):
    """The caller's keys."""

    @tokens.arguments(SignIn)
    @tokens.response(201, NewToken)
    @allow_everybody()
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Sign in with e-mail and password and get a token for the Authorization header."""
        user = user_by_email(db.session(), given["email"])
        if user is None or not user.active or not verify_password(given["password"], user.password):
            raise WrongCredentials
        token, secret = issue_token(db.session(), user, given["name"])
        db.session.flush()
        return {"id": token.id, "name": token.name, "created_at": token.created_at, "token": secret}

    @tokens.response(200, Token(many=True))
    @allow_signed_in()
    def get(self) -> list[Any]:
        """List the caller's active tokens."""
        return tokens_of(db.session(), current_user)


@tokens.route("/<int:token_id>")
class OneToken(MethodView):
    """One key."""

    @tokens.response(204)
    @allow_signed_in()
    def delete(self, token_id: int) -> None:
        """Take a token away; whoever holds it is signed out."""
        revoke_token(db.session(), current_user, token_id)
