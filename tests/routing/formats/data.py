"""Where the public sets are, and tests that need them."""

from pathlib import Path

import pytest

DATA = Path(__file__).parents[4] / "shared" / "data"


def needs(place: Path) -> pytest.MarkDecorator:
    """Leave a test out, with a sentence, where a public set is absent."""
    return pytest.mark.skipif(not place.exists(), reason=f"the public set is not at {place}")
