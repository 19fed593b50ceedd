import pytest

from routing.travel import Point, TravelSettingsError
from routing.travel.great_circle import GreatCircleSettings, GreatCircleTravelTimes

PORTO, BRAGA = Point(41.1496, -8.6110), Point(41.5503, -8.4200)


def test_distance_and_time_follow_the_great_circle() -> None:
    answer = GreatCircleTravelTimes().matrix([PORTO, BRAGA])

    # 47.3 km as the crow flies.
    assert answer.metres[0, 1] == pytest.approx(47_330 * 1.62, rel=0.002)
    assert answer.seconds[0, 1] == pytest.approx(151 + 0.086 * 47_330, rel=0.002)
    assert (answer.seconds == answer.seconds.T).all()


def test_staying_takes_no_time_and_next_door_takes_the_base() -> None:
    next_door = Point(PORTO.lat + 1e-6, PORTO.lon)

    answer = GreatCircleTravelTimes().table([PORTO], [PORTO, next_door])

    assert answer.seconds.tolist() == [[0, 152]]


def test_across_the_date_line_is_near() -> None:
    answer = GreatCircleTravelTimes().table([Point(0, 179.99)], [Point(0, -179.99)])

    assert answer.metres[0, 0] < 5000


def test_a_path_is_a_straight_line() -> None:
    travel = GreatCircleTravelTimes()

    assert travel.path(PORTO, BRAGA) == [PORTO, BRAGA]
    assert travel.paths([PORTO, BRAGA, PORTO]) == [[PORTO, BRAGA], [BRAGA, PORTO]]


def test_the_name_follows_the_settings() -> None:
    usual = GreatCircleTravelTimes()
    slower = GreatCircleTravelTimes(GreatCircleSettings(seconds_per_metre=0.1))

    assert usual.name == "great_circle-0.086-151-1.62"
    assert slower.name != usual.name


@pytest.mark.parametrize(
    "wrong",
    [{"seconds_per_metre": 0}, {"base_seconds": -1}, {"detour_factor": 0.9}, {"detour_factor": float("nan")}],
)
def test_settings_outside_their_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(TravelSettingsError, match="Expected"):
        GreatCircleSettings(**wrong)
