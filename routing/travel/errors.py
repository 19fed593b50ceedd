"""What can go wrong with travel times: one family, each with a code, a sentence with the facts, and what to do next."""


class TravelError(Exception):
    """Base of everything that ``routing.travel`` refuses or cannot do."""

    code = "travel_error"


class InvalidPoint(TravelError):
    """A coordinate that is not on the globe."""

    code = "invalid_point"


class PointOffRoad(TravelError):
    """A point too far from any road of the map to be reached by car."""

    code = "point_off_road"


class MapFileError(TravelError):
    """A map file that is missing, unreadable or holds no roads."""

    code = "map_file"


class RoadServerError(TravelError):
    """A road server that cannot be reached, refuses, or answers something unusable."""

    code = "road_server"


class TravelSettingsError(TravelError):
    """A provider or setting that does not exist, or a value outside its range."""

    code = "travel_settings"
