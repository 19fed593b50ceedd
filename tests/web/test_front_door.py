"""Facts about signing in, going home, and languages."""

import pytest
from flask_security import hash_password

from core.accounts import RoleName, User
from core.firm import Firm, write_firm
from core.settings import write_setting
from tests.factories import add_person
from tests.web.conftest import Visitor, World


@pytest.mark.parametrize(
    ("role", "home"),
    [
        (RoleName.DISPATCHER, "/board"),
        (RoleName.ADMIN, "/board"),
        (RoleName.WAREHOUSE, "/warehouse"),
        (RoleName.TECHNICIAN, "/day"),
    ],
)
def test_everybody_is_sent_to_where_they_work(world: World, role: RoleName, home: str) -> None:
    assert world.signed_in(role).get("/").location == home


def test_whoever_is_not_signed_in_comes_back_to_the_page_after_signing_in(world: World) -> None:
    person = _person_with_password(world, "open sesame 123")
    visitor = world.visitor()

    asked = visitor.get("/board?day=2026-11-24")
    assert asked.location == "/login?next=/board%3Fday%3D2026-11-24"
    signed_in = visitor.post(asked.location, email=person.email, password="open sesame 123")

    assert signed_in.location == "/board?day=2026-11-24"


def test_a_wrong_password_is_refused_in_a_sentence(world: World) -> None:
    person = _person_with_password(world, "open sesame 123")

    page = world.visitor().post("/login", email=person.email, password="open barley 123")

    assert "E-mail address and password do not belong together" in page.text


def test_the_sign_in_page_says_nothing_of_a_demonstration_in_a_real_firm(world: World) -> None:
    assert "demonstration" not in world.visitor().get("/login").text


def test_the_sign_in_page_tells_how_to_set_up_a_firm_until_there_is_one(world: World) -> None:
    before = world.visitor().get("/login")
    write_firm(world.session, Firm(name="Terminal Repairs"))
    after = world.visitor().get("/login")

    assert "No firm is set up yet" in before.text
    assert "flask --app wsgi found --name" in before.text
    assert "Terminal Repairs" in after.text
    assert "found" not in after.text


def test_the_sign_in_page_lists_one_login_per_role_of_the_demonstration(world: World) -> None:
    login = {"email": "tech@demo.example", "role": "technician", "sees": "The stops of the day."}
    write_setting(world.session, "demonstration", {"logins": [login], "password": "demo-password"})

    page = world.visitor().get("/login")

    assert "Technician tech@demo.example The stops of the day." in page.text
    assert "demo-password" in page.text


def test_signing_out_by_a_form_ends_the_session(dispatcher: Visitor) -> None:
    assert dispatcher.post("/logout").location == "/login"
    assert (dispatcher.get("/board").location or "").startswith("/login")


def test_the_chosen_language_stays_with_the_account(world: World) -> None:
    person = add_person(world.session, roles=[RoleName.DISPATCHER])

    answer = world.visitor(person).post("/language", language="zh_Hans_CN", next="/board")

    assert answer.location == "/board"
    assert '<html lang="zh-Hans-CN">' in world.visitor(person).get("/board").html


def test_a_browser_that_asks_for_chinese_gets_it_before_signing_in(world: World) -> None:
    assert '<html lang="zh-Hans-CN">' in world.visitor().get("/login", **{"Accept-Language": "zh-CN,zh;q=0.9"}).html


def test_the_choice_of_a_stranger_is_kept_in_the_session(world: World) -> None:
    visitor = world.visitor()

    visitor.post("/language", language="zh_Hans_CN", next="/login")

    assert '<html lang="zh-Hans-CN">' in visitor.get("/login", **{"Accept-Language": "en"}).html


@pytest.mark.parametrize("outside", ["https://example.com", "//example.com", "/\\example.com", ""])
def test_a_switch_of_language_never_leads_to_another_site(world: World, outside: str) -> None:
    assert world.visitor().post("/language", language="en", next=outside).location == "/"


def test_an_unknown_language_changes_nothing(world: World) -> None:
    visitor = world.visitor()

    visitor.post("/language", language="xx", next="/login")

    assert '<html lang="en">' in visitor.get("/login").html


def _person_with_password(world: World, password: str) -> User:
    person = add_person(world.session, roles=[RoleName.DISPATCHER])
    with world.app.app_context():
        person.password = hash_password(password)
    return person
