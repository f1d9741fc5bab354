"""Objections that a person lays down for one output: one file each; the union is the registry."""

from .budget import Budget
from .exclusion import Exclusion
from .fresh_sensor import FreshSensor
from .level_limit import LevelLimit
from .max_on_time import MaxOnTime
from .min_times import MinTimes
from .rate_limit import RateLimit
from .requirement import Requirement
from .starts_per_hour import StartsPerHour
from .time_window import TimeWindow

type Interlock = (
    LevelLimit
    | MaxOnTime
    | MinTimes
    | StartsPerHour
    | RateLimit
    | Requirement
    | Exclusion
    | FreshSensor
    | Budget
    | TimeWindow
)
