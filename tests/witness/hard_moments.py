"""The witness of hard moments: Python's `zoneinfo` and `calendar`.

    hard_moments.py < CASES

Each line of CASES is a JSON object with `zone`, `utc` in microseconds, and what was found for it: `in_fold`, `next_to_gap`, `hours`, and,
for the local date, `month_end`, `leap_day` and `year_end`. Every finding is printed; the exit code is 1 when there is one.
"""

import calendar
import json
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def main():
    cases = findings = 0
    for line in sys.stdin:
        case = json.loads(line)
        expected = told(ZoneInfo(case["zone"]), EPOCH + timedelta(microseconds=case["utc"]))
        cases += 1
        if expected != {key: case[key] for key in expected}:
            findings += 1
            print(f"{case}\nexpected {expected}")
    print(f"{cases} cases")
    return 1 if findings or not cases else 0


def told(zone, utc):
    local = utc.astimezone(zone).replace(tzinfo=None)
    offsets = [local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)]
    last = calendar.monthrange(local.year, local.month)[1]
    return {
        # Before the clock goes back it is further ahead; in a gap it would be the other way round.
        "in_fold": offsets[0] > offsets[1],
        "next_to_gap": goes_forward(zone, utc),
        "hours": minutes_of_day(zone, local.date()) / 60,
        "month_end": local.day == last,
        "leap_day": (local.month, local.day) == (2, 29),
        "year_end": (local.month, local.day) == (12, 31),
    }


def goes_forward(zone, utc):
    """Whether the offset grows at a moment after an hour before, up to an hour after: minute by minute, on whole minutes."""
    minute = utc.replace(second=0, microsecond=0)
    offset = lambda at: at.astimezone(zone).utcoffset()
    for n in range(-60, 61):
        change = minute + n * MINUTE
        if utc - HOUR < change <= utc + HOUR and offset(change) > offset(change - timedelta(seconds=1)):
            return True
    return False


def minutes_of_day(zone, day):
    """The minutes in which the clock shows a date, counted."""
    start = datetime.combine(day, datetime.min.time(), timezone.utc) - 30 * HOUR
    return sum((start + n * MINUTE).astimezone(zone).date() == day for n in range(84 * 60))


if __name__ == "__main__":
    sys.exit(main())
