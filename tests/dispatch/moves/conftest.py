"""A published Monday of two technicians, as the tests of the living day have it."""

from tests.dispatch.live.conftest import Day, day, seven_thirty

__all__ = ["Day", "day", "seven_thirty"]
