"""Facts about refusals as pages: what happened, and what to do."""

import pytest
import sqlalchemy as sa

from app import firm_clock
from core.accounts import RoleName
from core.settings import write_setting
from tests.factories import add_person
from tests.web.conftest import Visitor, World


def test_an_unknown_address_gets_a_page_with_a_way_back(dispatcher: Visitor) -> None:
    page = dispatcher.get("/no-such-page")

    assert page.status == 404
    assert "There is nothing here" in page.text
    assert 'href="/"' in page.html


def test_a_page_of_another_role_says_which_role_it_takes(world: World) -> None:
    page = world.signed_in(RoleName.TECHNICIAN).get("/board")

    assert page.status == 403
    assert "administrator, dispatcher" in page.text


def test_a_page_of_another_role_says_who_can_give_it(world: World) -> None:
    add_person(world.session, name="Ines Chef", roles=[RoleName.ADMIN])
    add_person(world.session, name="Left Long Ago", roles=[RoleName.ADMIN]).active = False

    page = world.signed_in(RoleName.WAREHOUSE).get("/board")

    assert "Ines Chef person" in page.text
    assert "Left Long Ago" not in page.text


def test_a_part_that_is_refused_is_answered_by_a_part(world: World) -> None:
    answer = world.signed_in(RoleName.WAREHOUSE).get("/board", **{"X-Part": "1"})

    assert answer.status == 403
    assert "<html" not in answer.html
    assert "This is not for your account" in answer.text


def test_a_part_for_somebody_signed_out_leads_back_to_the_page_around_it(world: World) -> None:
    answer = world.visitor().get(
        "/jobs/J-1/card", **{"X-Part": "1", "Referer": "http://localhost/board?day=2026-11-24"}
    )

    assert answer.status == 401
    assert 'href="/login?next=/board%3Fday%3D2026-11-24"' in answer.html


def test_a_referrer_that_is_no_address_leads_back_to_the_front_door(world: World) -> None:
    answer = world.visitor().get("/jobs/J-1/card", **{"X-Part": "1", "Referer": "http://["})

    assert answer.status == 401
    assert 'href="/login?next=/"' in answer.html


def test_whoever_asks_for_json_is_refused_in_json(dispatcher: Visitor) -> None:
    answer = dispatcher.client.get("/no-such-page", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_a_button_address_that_is_opened_says_so(dispatcher: Visitor) -> None:
    page = dispatcher.get("/plan-runs")

    assert page.status == 405
    assert "answers to a button" in page.text


def test_a_form_without_its_token_is_refused(dispatcher: Visitor) -> None:
    answer = dispatcher.client.post("/language", data={"language": "en"})

    assert answer.status_code == 400
    assert "it had expired" in answer.text


def test_a_date_that_is_none_is_refused_by_name(dispatcher: Visitor) -> None:
    page = dispatcher.get("/board?day=someday")

    assert page.status == 422
    assert "someday is not a date" in page.text


def test_too_much_at_once_is_refused(dispatcher: Visitor) -> None:
    page = dispatcher.post("/jobs", description="x" * 9_000_000)

    assert page.status == 413
    assert "That is too much at once" in page.text


@pytest.mark.parametrize(
    ("phone", "words"), [("9" * 41, "40 characters fit there"), ("22\0", "a character that cannot be kept")]
)
def test_a_text_that_cannot_be_kept_is_refused_in_words(dispatcher: Visitor, phone: str, words: str) -> None:
    firm = {"code": "P", "name": "Night Riders", "shift": "0", "travel": "30", "work": "40"}

    page = dispatcher.post("/partners", command_id="c1", phone=phone, **firm)

    assert page.status == 422
    assert words in page.text
    assert "No partner firms" in dispatcher.get("/partners").text


def test_guessing_passwords_ends_in_a_page_that_asks_to_wait(world: World) -> None:
    client = world.visitor().client

    answers = [client.post("/login", data={"email": "", "password": str(n)}) for n in range(21)]

    assert 429 not in {answer.status_code for answer in answers[:-1]}
    assert answers[-1].status_code == 429
    assert "Too many attempts" in answers[-1].text


def test_refusals_are_given_in_chinese_too(world: World) -> None:
    page = world.signed_in(RoleName.DISPATCHER, language="zh_Hans_CN").get("/no-such-page")

    assert page.status == 404
    assert '<html lang="zh-Hans-CN">' in page.html


def test_a_database_that_fails_is_answered_by_a_page_that_does_not_need_it(dispatcher: Visitor, world: World) -> None:
    dispatcher.get("/board")
    with world.session.get_bind().connect() as connection:  # type: ignore[union-attr]
        connection.execute(sa.text("ALTER TABLE users RENAME TO lost"))
        connection.commit()

    page = dispatcher.get("/board")

    assert page.status == 503
    assert "The database did not answer" in page.text
    assert '<a class="button button-main" href="/board">' in page.html


def test_the_pages_say_which_time_the_demonstration_shows(dispatcher: Visitor, world: World) -> None:
    write_setting(world.session, "demonstration_clock", {"offset_seconds": 3600.0})
    world.session.commit()
    firm_clock._read_at = float("-inf")  # As after the few seconds for which the offset is kept.

    page = dispatcher.get("/jobs")

    assert "The clock here shows Monday, November 23, 2026, 08:30" in page.text


def test_a_firm_on_the_worlds_clock_has_no_banner(dispatcher: Visitor) -> None:
    assert "Demonstration" not in dispatcher.get("/jobs").text


@pytest.mark.parametrize("path", ["/static/mark.svg", "/static/built/manifest.json"])
def test_static_files_need_no_sign_in(world: World, path: str) -> None:
    assert world.visitor().get(path).status == 200
