"""The witness of recurrences: Python's `zoneinfo`, and days looked at one by one.

    recurrences.py < CASES

Each line of CASES is a JSON object: `step` with its number, `on`, `at` in microseconds or null, `fold`, `zone`, `from` in microseconds,
and `found`, the first instants. Every finding is printed; the exit code is 1 when there is one.
"""

import calendar
import json
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)


def main():
    cases = findings = 0
    for line in sys.stdin:
        case = json.loads(line)
        expected = first(case, len(case["found"]))
        cases += 1
        if expected != case["found"]:
            findings += 1
            print(f"{case}\nexpected {expected}")
    print(f"{cases} cases")
    return 1 if findings or not cases else 0


def first(case, count):
    """The first instants of a case."""
    start = EPOCH + case["from"] * MICROSECOND
    (unit, number), = case["step"].items()
    if unit == "minutes":
        return [case["from"] + k * number * 60_000_000 for k in range(count)]
    zone = ZoneInfo(case["zone"])
    local = start.astimezone(zone).replace(tzinfo=None)
    midnight = datetime.combine(local.date(), datetime.min.time())
    time = local - midnight if case["at"] is None else case["at"] * MICROSECOND
    found, anchor = [], None
    day = local.date()
    while len(found) < count:
        if anchor is None:
            # The first day of the rule with an instant that is not before the start.
            if is_day(case, unit, 1, day, day) and instants(case, zone, day, time)[-1] >= start:
                anchor = day
        if anchor is not None and is_day(case, unit, number, anchor, day):
            found += [instant for instant in instants(case, zone, day, time) if instant >= start]
        day += timedelta(days=1)
    return [(instant - EPOCH) // MICROSECOND for instant in found[:count]]


def is_day(case, unit, number, anchor, day):
    """Whether a rule that began on one day knows another one."""
    on = case["on"]
    if unit == "days":
        return (day - anchor).days % number == 0
    if unit == "weeks":
        monday = anchor - timedelta(days=anchor.weekday())
        weekdays = on if on else [anchor.isoweekday()]
        return (day - monday).days // 7 % number == 0 and day.isoweekday() in weekdays
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    return months % number == 0 and day.day == day_of_month(on, anchor, day)


def day_of_month(on, anchor, day):
    last = calendar.monthrange(day.year, day.month)[1]
    if on is None:
        return min(anchor.day, last)
    if isinstance(on, int):
        return min(on, last)
    nth, weekday = on
    days = [d for d in range(1, last + 1) if date(day.year, day.month, d).isoweekday() == weekday]
    return days[nth - 1] if nth else days[-1]


def instants(case, zone, day, time):
    """The instants of a local time, the earlier one first."""
    local = datetime.combine(day, datetime.min.time()) + time
    earlier, later = (local.replace(tzinfo=zone, fold=fold).astimezone(timezone.utc) for fold in (0, 1))
    if earlier.astimezone(zone).replace(tzinfo=None) != local or earlier == later:
        # Skipped: the offset before the gap moves it forward. Or there is but one.
        return [earlier]
    return {"earlier": [earlier], "later": [later], "both": [earlier, later]}[case["fold"]]


sys.exit(main())
