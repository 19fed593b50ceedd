"""Facts about accounts: who may sign in, and what is one's own."""

import pytest
import sqlalchemy as sa

from core.accounts import ApiToken, RoleName, User, issue_token, user_by_email
from core.commands import Command
from tests import factories as make
from tests.web.conftest import Page, Visitor, World
from tests.web.page_forms import forms_to, send

NEW = {"name": "Eva Lima", "email": "Eva@Example.com", "password": "a short sentence", "roles": "warehouse"}


@pytest.fixture
def admin(world: World) -> Visitor:
    return world.signed_in(RoleName.ADMIN)


def add(admin: Visitor, **typed: str) -> Page:
    return send(admin, admin.get("/accounts"), "/accounts", **NEW | typed)


def test_a_person_who_was_added_can_sign_in(world: World, admin: Visitor) -> None:
    told = admin.follow(add(admin))
    newcomer = world.visitor()

    signed_in = newcomer.post("/login", email="eva@example.com", password=NEW["password"])

    assert "Eva Lima can sign in now." in told.text
    assert signed_in.status == 302
    assert newcomer.get("/warehouse").status == 200


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"password": "short"}, "Use at least 10"),
        ({"password": "x" * 201}, "Use at most 200"),
        ({"email": "eva"}, "eva is no e-mail address"),
        ({"name": "  "}, "A name has 1 to 120 characters"),
        ({"roles": "king"}, "Choose at least one"),
        ({"roles": "technician"}, "needs the technician whose stops they see"),
        ({"roles": "technician", "technician": "T99"}, "There is no technician T99"),
    ],
)
def test_a_person_who_cannot_be_is_refused_and_the_form_is_kept(
    world: World, admin: Visitor, typed: dict[str, str], words: str
) -> None:
    refused = add(admin, **typed)

    assert refused.status in {404, 422}
    assert words in refused.text
    form = forms_to(refused, "/accounts")[0]
    assert form["name"] == (NEW | typed)["name"]
    assert form["password"] == ""
    assert user_by_email(world.session, "eva@example.com") is None


def test_an_address_signs_in_only_once(admin: Visitor) -> None:
    add(admin)

    refused = add(admin, email=" eva@example.com ")

    assert refused.status == 409
    assert "eva@example.com signs in already" in refused.part('id="e-email"', "</p>")


def test_the_same_form_sent_twice_adds_one_person(world: World, admin: Visitor) -> None:
    form = forms_to(admin.get("/accounts"), "/accounts")[0] | NEW

    answers = [admin.post("/accounts", **form) for _ in range(2)]

    assert [answer.status for answer in answers] == [303, 303]
    assert len(world.session.scalars(sa.select(User)).all()) == 2


def test_a_technicians_account_opens_the_technicians_day(world: World, admin: Visitor) -> None:
    technician = make.add_technician(world.session, code="T07")

    add(admin, roles="technician", technician="T07")
    again = add(admin, email="other@example.com", roles="technician", technician="T07")

    assert technician.user is not None
    assert technician.user.email == "eva@example.com"
    assert again.status == 409
    assert "T07 signs in as eva@example.com already" in again.text


def test_somebody_who_is_locked_out_is_out_at_once_and_can_be_let_in_again(world: World, admin: Visitor) -> None:
    eva = make.add_person(world.session, name="Eva", roles=[RoleName.WAREHOUSE])
    browser = world.visitor(eva)
    assert browser.get("/warehouse").status == 200

    locked = admin.follow(send(admin, admin.get("/accounts"), f"/accounts/{eva.id}/lock"))
    assert "Eva cannot sign in any more." in locked.text
    assert browser.get("/warehouse").status == 302

    send(admin, admin.get("/accounts"), f"/accounts/{eva.id}/unlock")
    assert browser.get("/warehouse").status == 200


def test_nobody_locks_themselves_out(world: World) -> None:
    boss = make.add_person(world.session, name="Boss", roles=[RoleName.ADMIN])
    browser = world.visitor(boss)

    page = browser.get("/accounts")
    refused = browser.post(f"/accounts/{boss.id}/lock")

    assert not forms_to(page, f"/accounts/{boss.id}/lock")
    assert refused.status == 409
    assert "You cannot lock yourself out" in refused.text


def test_an_unknown_person_cannot_be_locked_out(admin: Visitor) -> None:
    assert admin.post("/accounts/77/lock").status == 404


def test_only_an_administrator_manages_accounts(dispatcher: Visitor) -> None:
    assert dispatcher.get("/accounts").status == 403
    assert dispatcher.post("/accounts", **NEW).status == 403


def test_a_token_is_shown_once_works_and_is_never_stored(world: World, dispatcher: Visitor) -> None:
    form = forms_to(dispatcher.get("/account"), "/account/tokens")[0] | {"name": "till system"}

    shown = dispatcher.post("/account/tokens", **form)
    secret = shown.part('<code class="secret">', "</code>")
    again = dispatcher.follow(dispatcher.post("/account/tokens", **form))

    assert "Copy it now" in shown.text
    assert secret not in again.text
    assert "shown only once" in again.text
    [token] = world.session.scalars(sa.select(ApiToken)).all()
    assert secret not in {token.digest, token.name}
    assert all(secret not in str(command.answer) for command in world.session.scalars(sa.select(Command)))
    called = world.app.test_client().get("/board", headers={"Authorization": f"Bearer {secret}"})
    assert called.status_code == 200


def test_a_revoked_token_opens_nothing(world: World) -> None:
    person = make.add_person(world.session, roles=[RoleName.DISPATCHER])
    token, secret = issue_token(world.session, person, "till system")
    world.session.flush()
    browser = world.visitor(person)

    send(browser, browser.get("/account"), f"/account/tokens/{token.id}/revoke")

    called = world.app.test_client().get("/board", headers={"Authorization": f"Bearer {secret}"})
    assert called.status_code == 302
    assert "You have no tokens." in browser.get("/account").text


def test_a_token_of_somebody_else_cannot_be_revoked(world: World, dispatcher: Visitor) -> None:
    other = make.add_person(world.session)
    token, _ = issue_token(world.session, other, "phone")
    world.session.flush()

    assert dispatcher.post(f"/account/tokens/{token.id}/revoke").status == 404


def test_a_token_needs_a_name(dispatcher: Visitor) -> None:
    refused = send(dispatcher, dispatcher.get("/account"), "/account/tokens", name=" ")

    assert refused.status == 422
    assert "A name has 1 to 80 characters" in refused.text


def test_the_own_language_is_kept_with_the_account(world: World) -> None:
    person = make.add_person(world.session, roles=[RoleName.WAREHOUSE])
    browser = world.visitor(person)

    sent = send(browser, browser.get("/account"), "/language", language="zh_Hans_CN", next="/account")

    assert 'lang="zh-Hans-CN"' in browser.follow(sent).html
    assert person.language == "zh_Hans_CN"


def test_a_person_changes_the_own_password_and_other_browsers_are_signed_out(world: World, admin: Visitor) -> None:
    add(admin)
    here, elsewhere = world.visitor(), world.visitor()
    for browser in (here, elsewhere):
        browser.post("/login", email="eva@example.com", password=NEW["password"])

    changed = send(
        here, here.get("/account"), "/account/password", password=NEW["password"], new_password="another sentence"
    )

    assert "Your password is changed." in here.follow(changed).text
    assert elsewhere.get("/warehouse").location == "/login?next=/warehouse"
    newcomer = world.visitor()
    assert newcomer.post("/login", email="eva@example.com", password=NEW["password"]).status == 200
    assert newcomer.post("/login", email="eva@example.com", password="another sentence").status == 302


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"password": "wrong sentence"}, "This is not your password."),
        ({"new_password": "short"}, "Use at least 10"),
        ({"new_password": "x" * 201}, "Use at most 200"),
    ],
)
def test_a_password_that_cannot_be_changed_stays(
    world: World, admin: Visitor, typed: dict[str, str], words: str
) -> None:
    add(admin)
    browser = world.visitor()
    browser.post("/login", email="eva@example.com", password=NEW["password"])

    sent = {"password": NEW["password"], "new_password": "another sentence"} | typed
    refused = send(browser, browser.get("/account"), "/account/password", **sent)

    assert refused.status == 422
    assert words in refused.text
    assert all(f'value="{secret}"' not in refused.html for secret in sent.values())
    assert world.visitor().post("/login", email="eva@example.com", password=NEW["password"]).status == 302


def test_the_own_account_asks_for_a_sign_in(world: World) -> None:
    assert world.visitor().get("/account").location == "/login?next=/account"
