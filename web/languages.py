"""The languages of the pages, and switching between them."""

from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Flask, current_app, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_babel import Babel, get_locale

from core.access import allow_everybody
from web.caller import caller
from web.forms import back_to

pages = Blueprint("languages", __name__)

TRANSLATIONS = Path(__file__).parent / "translations"


@dataclass(frozen=True)
class Language:
    """A language of the pages: its locale, the code browsers know it by, and its name in itself."""

    locale: str
    tag: str
    name: str


# Names stand in their own language, so they are not translated.
LANGUAGES = (Language("en", "en", "English"), Language("zh_Hans_CN", "zh-Hans-CN", "简体中文"))
LOCALES = tuple(language.locale for language in LANGUAGES)
# What browsers send for the languages we have.
ACCEPTED = {"en": "en", "zh": "zh_Hans_CN", "zh-cn": "zh_Hans_CN", "zh-hans": "zh_Hans_CN", "zh-hans-cn": "zh_Hans_CN"}


def register(app: Flask) -> None:
    """Choose a language for every request."""
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(TRANSLATIONS))
    Babel(app, locale_selector=choose_locale)
    app.jinja_env.globals["LANGUAGES"] = LANGUAGES
    app.add_template_global(language)


def language() -> Language:
    """Return the language of the page that is being made."""
    locale = str(get_locale())
    return next((known for known in LANGUAGES if known.locale == locale), LANGUAGES[0])


def choose_locale() -> str:
    """Return the language kept with the account, else with the session, else what the browser asks for."""
    user = caller()
    for kept in (user.language if user else None, session.get("language")):
        if kept in LOCALES:
            return str(kept)
    wanted = request.accept_languages.best_match(list(ACCEPTED))
    default: str = current_app.config["DEFAULT_LANGUAGE"]
    return ACCEPTED[wanted] if wanted else default


@pages.post("/language")
@allow_everybody()
def switch() -> ResponseReturnValue:
    """Keep the chosen language with the account, or with the session of somebody who is not signed in."""
    chosen = request.form.get("language", "")
    if chosen in LOCALES:
        session["language"] = chosen
        user = caller()
        if user is not None:
            user.language = chosen
    return redirect(back_to(request.form.get("next", "")))
