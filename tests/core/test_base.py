"""Facts about texts that no column can hold."""

import pytest

from core.base import TextNotUsable, TextTooLong
from dispatch.models import Partner


def test_a_text_beyond_its_column_is_refused_when_it_is_set() -> None:
    with pytest.raises(TextTooLong, match="40 characters fit there") as refused:
        Partner(code="P", name="Partner", phone="9" * 41)

    assert refused.value.facts["column"] == "phone"


def test_a_text_as_long_as_its_column_is_kept() -> None:
    assert Partner(code="P", name="Partner", phone="9" * 40).phone == "9" * 40


def test_a_text_with_a_nul_is_refused() -> None:
    with pytest.raises(TextNotUsable, match="a␀b"):
        Partner(code="P", name="a\0b")
