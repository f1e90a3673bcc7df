"""A witness of recurrences: `dateutil.rrule` finds the days, `zoneinfo` the instants.

    python recurrences.py SEEDBED [SEED] [RULES]

Draws rules from the seed, lets the binary SEEDBED make their rows, and compares every row and every answer. The first differences are
printed, and the exit code is 1 when there is one. Needs python-dateutil (written with 4.0.0) and tzdata of the release that SEEDBED has
(2025.2); the zones of the machine are not read.

What `rrule` does not say itself is said here, by docs/reference/recurrences.md:

- `rrule` leaves out a month without a 31st, where seedbed takes its last day. So "on 31" is the last one of the days 28 to 31
  (`bymonthday=(28, 29, 30, 31), bysetpos=-1`), and a yearly 29 February the last one of 28 and 29 in that month.
- `rrule` counts steps from its `dtstart`, seedbed from the first occurrence. So a rule of step 1 finds that first, and is asked again
  from its day on with the step. A year's rule stays in the month of the first occurrence (`bymonth`).
- `rrule` knows no clocks. It gives local days, and `moments` says which instants their times are.
- Hours and minutes are elapsed time, so their rules are in UTC.
- `rrule` drops microseconds, which are added afterwards.
"""

import csv
import json
import random
import re
import subprocess
import sys
import tempfile
import zoneinfo
from bisect import bisect_left, bisect_right
from datetime import date, datetime, time, timedelta, timezone
from functools import cache
from itertools import cycle, groupby, islice
from pathlib import Path

from dateutil.relativedelta import relativedelta
from dateutil.rrule import DAILY, HOURLY, MINUTELY, MONTHLY, WEEKLY, YEARLY, rrule, weekdays

UNITS = {"year": YEARLY, "month": MONTHLY, "week": WEEKLY, "day": DAILY, "hour": HOURLY, "minute": MINUTELY}
ELAPSED = ("hour", "minute")
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
FOLDS = ("later", "earlier", "both")
DAY, SECOND, MICROSECOND = timedelta(days=1), timedelta(seconds=1), timedelta(microseconds=1)
# One now before and one after the tables of transitions end; at the middle one, rows up to now are many.
NOWS = (datetime(1999, 12, 31, 12), datetime(2038, 1, 19, 3, 14, 8), datetime(2099, 12, 31, 23, 59, 59))
RULES_PER_TABLE = 25
TABLES_PER_RUN = 40
# Days before the local day of the start on which the first occurrence is looked for. Where clocks go back over midnight, as they did
# in St. John's at 00:01, a time of the day before comes after the start.
DAYS_BEFORE = 2
# A rule in ten is in a zone whose clocks do what others do not: they go back over midnight, skip a day, change by half an hour or
# for a month, or have seconds.
ODD_ZONES = ("America/St_Johns", "America/Goose_Bay", "Antarctica/Casey", "Antarctica/Troll", "Pacific/Apia", "Pacific/Kwajalein",
             "Pacific/Kiritimati", "Australia/Lord_Howe", "Africa/Casablanca", "Africa/Monrovia", "Asia/Pyongyang", "Europe/Dublin")
# Occurrences that are computed beyond the rows, for `end` and for questions after the last row.
BEYOND = 12


def main():
    seedbed = sys.argv[1]
    seed, rules = (int(word) for word in (sys.argv[2:] + ["1", "4000"][len(sys.argv) - 2 :]))
    zoneinfo.reset_tzpath([])
    draw, zones = random.Random(seed), accepted(seedbed)
    compared = {"rows": 0, "answers": 0}
    tables = max(1, rules // RULES_PER_TABLE)
    for first, now in zip(range(0, tables, TABLES_PER_RUN), cycle(NOWS)):
        groups = [Group(draw, zones, now) for _ in range(min(TABLES_PER_RUN, tables - first))]
        with tempfile.TemporaryDirectory() as folder:
            compare(groups, generated(seedbed, now, groups, folder), compared)
    print(f"{tables * RULES_PER_TABLE} rules in {len(zones)} zones: {compared['rows']} rows and {compared['answers']} answers agree")


# How seedbed is asked.


def accepted(seedbed):
    """The zones that seedbed knows. It tells of all that it does not know at once."""
    known = sorted(zoneinfo.available_timezones())
    columns = {f"z{i}": f"= timestamp '2026-01-01' at time zone '{zone}'" for i, zone in enumerate(known)}
    scenario = json.dumps({"tables": {"zones": {"rows": 1, "columns": columns}}})
    told = subprocess.run([seedbed, "check", "-"], input=scenario, text=True, capture_output=True).stderr
    unknown = set(re.findall(r"unknown time zone `(.+?)`", told))
    if len(unknown) > 5 or (told and not unknown):
        sys.exit(f"zones that zoneinfo knows and seedbed does not: {sorted(unknown)}\n{told[-1000:]}")
    return [zone for zone in known if zone not in unknown]


def generated(seedbed, now, groups, folder):
    """The rows of every table, by its name."""
    tables = {}
    for i, group in enumerate(groups):
        tables |= {f"p{i}": group.parents(), f"c{i}": group.children(f"p{i}")}
    # JSON is YAML.
    scenario = Path(folder, "scenario.yaml")
    scenario.write_text(json.dumps({"as_of": instant(now), "tables": tables}))
    command = [seedbed, "generate", scenario, "--to", f"{folder}/data/", "--format", "csv", "--threads", "1", "--quiet"]
    run = subprocess.run(command, text=True, capture_output=True)
    if run.returncode:
        sys.exit(f"{run.stderr[:3000]}\nseedbed refuses the scenario with as_of {now}")
    read = lambda name: [row for file in sorted(Path(folder, "data", name).glob("*.csv")) for row in csv.DictReader(file.open())]
    return {name: read(name) for name in tables}


def compare(groups, found, compared):
    """Stops at the first table that differs, after its first few differences."""
    differences = []
    for i, group in enumerate(groups):
        rows = {int(id): list(rows) for id, rows in groupby(found[f"c{i}"], lambda row: row["p"])}
        for rule, answers in zip(group.rules, found[f"p{i}"], strict=True):
            expected = {name: shown(value) for name, value in rule.answers.items()}
            got = {name: answers[name] for name in expected}
            here = [{name: shown(value) for name, value in row.items()} for row in rule.rows]
            there = [{name: row[name] for name in rule.ROW} for row in rows.get(rule.literals["id"], [])]
            if got != expected:
                differences.append((rule, f"answers {got}\nexpected {expected}"))
            if here != there:
                k = next((k for k, pair in enumerate(zip(here, there)) if pair[0] != pair[1]), min(len(here), len(there)))
                differences.append((rule, f"row {k + 1} of {len(there)} {there[k : k + 1]}\nexpected of {len(here)} {here[k : k + 1]}"))
            compared["rows"] += len(here)
            compared["answers"] += len(expected)
        if differences:
            for rule, text in differences[:5]:
                print(f"{group.every()}\nlet {group.let()}\nas_of {group.now}, row {rule.literals}\n{text}\n")
            sys.exit(f"{len(differences)} differences in a table of {RULES_PER_TABLE} rules")


# What is drawn.


class Group:
    """A table of rules that have all in common that no column can say: the unit, `on`, `fold`, and how they are asked."""

    def __init__(self, draw, zones, now):
        self.draw, self.now = draw, now
        self.unit = draw.choice(list(UNITS))
        self.on = draw_on(draw, self.unit)
        self.fold = draw.choice(FOLDS)
        # Arguments are texts of the scenario in some tables, and values of the row in others.
        self.n = draw.choice((None, None, 1, 2, 3))
        self.clock = draw.choice((None, None, time(2, 30), time(0, 0)))
        self.has_clock = self.unit not in ELAPSED and (self.clock is not None or draw.random() < 0.5)
        self.from_dates = draw.random() < 0.15
        self.by_name = draw.random() < 0.5
        self.life = draw_life(draw) if draw.random() < 0.3 else None
        self.rules = []
        while len(self.rules) < RULES_PER_TABLE:
            rule = Rule(self, len(self.rules) + 1, draw, draw.choice(ODD_ZONES if draw.random() < 0.1 else zones))
            if rule.is_in_reach:
                self.rules.append(rule)

    def rule(self):
        rule = {self.unit: self.n or "= n", "from": "from_at", "zone": "zone"}
        if self.on:
            rule["on"] = self.on
        if self.has_clock:
            rule["at"] = self.clock.strftime("%H:%M") if self.clock else "= clock"
        # The default is left unsaid.
        if self.unit not in ELAPSED and self.fold != "later":
            rule["fold"] = self.fold
        return rule

    def let(self):
        let = {"rule": {"recurrence": self.rule()}}
        if self.life:
            let["life"] = {"lifecycle": {"from": "life_at", "until": "ends_at", "states": self.life.states}}
        return let

    def every(self):
        every = {"of": "rule"} if self.by_name else self.rule()
        if self.life:
            every["while"] = f"life in ({', '.join(self.life.awake)})"
        return every | {"until": "until_at"}

    def parents(self):
        instants = ("from_at", "until_at", "t") + (("life_at", "ends_at") if self.life else ())
        columns = {name: {"type": "timestamptz"} for name in instants}
        if self.from_dates:
            columns["from_at"] = {"type": "date"}
        if self.has_clock:
            columns["clock"] = {"type": "time"}
        columns |= {"before": "= rule.before(t)", "last": "= rule.last(t)", "next": "= rule.next(t)", "at": "= rule.at(k)"}
        if self.life:
            columns |= {"state": "= life.state", "since": "= life.since", "steps": "= life.steps", "then": "= life.state_at(t)"}
        return {"rows": [rule.literals for rule in self.rules], "let": self.let(), "columns": columns}

    def children(self, parents):
        columns = {"p": "parent"} | {name: f"= o.{name}" for name in Rule.ROW}
        return {"per": parents, "every": self.every(), "let": {"o": "occurrence"}, "columns": columns}


def draw_on(draw, unit):
    if unit == "week" and draw.random() < 0.7:
        return draw.sample(WEEKDAYS, draw.randint(1, 5))
    if unit in ("year", "month"):
        kind = draw.randrange(6)
        if kind == 1:
            return draw.choice((1, 15, 28, 29, 30, 31))
        if kind == 2:
            return "last day"
        if kind >= 3:
            return f"{draw.choice(list(NTH))} {draw.choice(WEEKDAYS)}"
    return None


class Rule:
    """One rule: a literal row of the parents, and what follows from it."""

    ROW = ("number", "start", "end", "start_date", "end_date")

    def __init__(self, group, id, draw, zone):
        self.group, self.zone = group, zone and zoneinfo.ZoneInfo(zone)
        unit, now = group.unit, group.now
        self.n = group.n or draw.choice({"minute": (1, 7, 30, 45), "hour": (1, 5, 24)}.get(unit, (1, 1, 1, 2, 3, 5)))
        self.start, self.clock = self.drawn_start(draw, now)
        expected = list(islice(self.occurrences(), BEYOND + draw.randint(0, 40)))
        moments = [at for at, _ in expected]
        # Two years of transitions more may come with `both` than the tables of a zone know.
        self.is_in_reach = bool(moments) and moments[-1].year < (2099 if group.fold == "both" else 2140)
        if not self.is_in_reach:
            return

        # Questions at the edges of occurrences, and anywhere.
        near = draw.choice(moments[:-1]) + draw.choice((-MICROSECOND, timedelta(0), MICROSECOND))
        span = moments[-1] - self.start
        t = near if draw.random() < 0.6 else self.start - DAY + draw.random() * span
        k = draw.randint(-1, len(moments))
        self.answers = {
            "before": bisect_left(moments, t),
            "last": moments[bisect_right(moments, t) - 1] if moments[0] <= t else None,
            "next": moments[bisect_right(moments, t)],
            "at": moments[k - 1] if k >= 1 else None,
        }

        # Rows end with now where that is near, or with an `until` that is not far from an occurrence.
        last = moments[-2]
        until = None
        if last <= now or draw.random() < 0.2:
            until = draw.choice(moments[:-1]) + draw.choice((-MICROSECOND, timedelta(0), MICROSECOND, DAY * draw.random()))
            until = min(until, last)
        self.literals = {"id": id, "zone": zone, "from_at": instant(self.start), "n": self.n}
        self.literals |= {"until_at": instant(until), "t": instant(t), "k": k}
        if group.from_dates:
            self.literals["from_at"] = str(self.start.date())
        if group.has_clock:
            self.literals["clock"] = self.clock.isoformat()
        steps = None
        if group.life:
            steps = self.drawn_steps(draw, moments, t)
        awake = lambda at: steps is None or state_at(steps, at) in group.life.awake
        self.rows = []
        for (at, day), (end, end_day) in zip(expected, expected[1:]):
            # A life is known up to now, so what depends on it ends there.
            if (at < until if until else at <= now) and (steps is None or at <= now) and awake(at):
                row = (len(self.rows) + 1, at, end, day, end_day)
                self.rows.append(dict(zip(self.ROW, row)))

        # Where something of the rule is NULL there are no rows, and where that or the question is, there is no answer.
        missing = draw.choice(("from_at", "zone", "n", "t", "k")) if draw.random() < 0.04 and not group.life else None
        if missing == "n" and group.n:
            return
        if missing:
            self.literals[missing] = None
        silent = {"t": ("before", "last", "next"), "k": ("at",), None: ()}.get(missing, tuple(self.answers))
        self.answers |= dict.fromkeys(silent)
        if missing in ("from_at", "zone", "n"):
            self.rows = []

    def drawn_start(self, draw, now):
        """Where the rule begins, and its time of day. Most are drawn so that they meet something."""
        unit, first, n = self.group.unit, datetime(1970, 1, 1), self.n
        changes = transitions(self.zone.key)
        kind = draw.randrange(10)
        clock = time(draw.randrange(24), draw.choice((0, 15, 30, 59)), draw.choice((0, 0, 0, 59)))
        over = over_midnight(self.zone.key)
        if kind <= 4 and over:
            # On the day that the clocks are about to go back from, at a time that comes again on the day before.
            change, past = draw.choice(over)
            local = change.astimezone(self.zone).replace(tzinfo=None, fold=0)
            clock = (local + draw.random() * (datetime.combine(local.date() + DAY, time()) - local)).time()
            start = change.replace(tzinfo=None) - draw.random() * past
        elif kind <= 4 and changes:
            # Some steps before the clocks change, at a time around the change.
            change = draw.choice(changes)
            local = change.astimezone(self.zone).replace(tzinfo=None, fold=0) + draw.randint(-16, 8) * timedelta(minutes=15)
            clock = local.time()
            span = {unit + "s": n * draw.randint(0, 8)}
            wall = local - relativedelta(**span)
            start = moments(wall, self.zone, "later")[0] - draw.choice((timedelta(0), timedelta(0), MICROSECOND, DAY / 2))
            # In the hours around the change itself.
            if draw.random() < 0.3:
                near = draw.choice((MICROSECOND, 30 * SECOND, timedelta(minutes=draw.randint(1, 180))))
                start = change.replace(tzinfo=None) + draw.choice((-1, 0, 1)) * near
        elif kind <= 6:
            # Ends of months, the longest and the shortest ones above all.
            day = draw.choice(((1, 31), (1, 30), (1, 29), (2, 28), (2, 29), (3, 31), (8, 31), (12, 31), (4, 30)))
            year = draw.randrange(1972, 2096, 4) if day == (2, 29) else draw.randint(1970, 2095)
            start = moments(datetime.combine(date(year, *day), clock), self.zone, "later")[0]
        elif kind == 7:
            # An occurrence right now counts.
            start = now - relativedelta(**{unit + "s": n * draw.randint(0, 12)})
            clock = start.replace(tzinfo=timezone.utc).astimezone(self.zone).time()
        else:
            start = first + timedelta(seconds=draw.randrange(125 * 365 * 86400), microseconds=draw.choice((0, 0, 1, 999999, 123000)))
        start = max(start, first)
        if self.group.from_dates:
            # A date means its midnight in UTC.
            start = datetime.combine(start.date(), time())
        return start, (self.group.clock or clock) if self.group.has_clock else None

    def drawn_steps(self, draw, occurrences, t):
        """The steps of the row's life: the instants at which states are entered, from fixed stays."""
        life, now = self.group.life, self.group.now
        span = max(occurrences[-1] - self.start, timedelta(hours=2))
        began = draw.choice((self.start, draw.choice(occurrences), self.start + (draw.random() - 0.3) * span))
        # Stays of about a tenth of the rows' time, in whole steps of a kind, so that states begin at the instants of occurrences.
        unit = next((unit for unit in (DAY, timedelta(hours=1), timedelta(minutes=1)) if unit * 20 <= span), timedelta(minutes=1))
        stay = max(1, int(span / unit / draw.choice((3, 10, 20))))
        minutes = stay * int(unit / timedelta(minutes=1))
        ends = draw.choice((occurrences[-1], draw.choice(occurrences), None if "rule" not in life.stays else occurrences[-1]))
        steps, at, name = [], began, life.names[0]
        while at is not None and at <= now and (not steps or ends is None or at < ends):
            steps.append((at, name))
            at, name = life.leaves(name, at, minutes, occurrences)
            if len(steps) == 300:
                # seedbed allows 10,000 of them.
                ends = at
        self.literals |= {"life_at": instant(began), "ends_at": instant(ends), "minutes": minutes}
        self.answers |= {"state": steps[-1][1] if steps else None, "since": steps[-1][0] if steps else None}
        self.answers |= {"steps": len(steps), "then": state_at(steps, t)}
        return steps

    def occurrences(self):
        """The instants and local dates, without an end."""
        unit, step, zone = self.group.unit, UNITS[self.group.unit], self.zone
        if unit in ELAPSED:
            rest = timedelta(microseconds=self.start.microsecond)
            for at in rrule(step, dtstart=self.start - rest, interval=self.n):
                yield at + rest, (at + rest).replace(tzinfo=timezone.utc).astimezone(zone).date()
            return
        local = self.start.replace(tzinfo=timezone.utc).astimezone(zone).replace(tzinfo=None, fold=0)
        clock = self.clock or local.time()
        wall = lambda day: moments(datetime.combine(day, clock), zone, self.group.fold)
        # Any day is one of the rule where `on` does not say which. Clocks may go back over midnight, so days before are looked at too.
        today = datetime.combine(local.date(), time())
        days = DAILY if not self.group.on else WEEKLY if unit == "week" else MONTHLY
        found = rrule(days, dtstart=today - DAYS_BEFORE * DAY, **self.parts(None))
        # A day before the start that the zone skips altogether (Samoa's 30 December 2011) is none.
        is_first = lambda day: wall(day)[-1] >= self.start and (day >= today or not is_skipped(datetime.combine(day, clock), zone))
        first = next(day for day in found if is_first(day))
        for day in rrule(step, interval=self.n, dtstart=first, **self.parts(first)):
            yield from ((at, day.date()) for at in wall(day) if at >= self.start)

    def parts(self, first):
        """What `on` is in the words of rrule; `first` is the first day, where it is known."""
        on, unit, parts = self.group.on, self.group.unit, {}
        if first and unit == "year":
            parts["bymonth"] = first.month
        if unit == "week":
            if on or first:
                parts["byweekday"] = [weekdays[WEEKDAYS.index(day)] for day in on] if on else weekdays[first.weekday()]
        elif on == "last day":
            parts["bymonthday"] = -1
        elif isinstance(on, str):
            nth, day = on.split()
            parts["byweekday"] = weekdays[WEEKDAYS.index(day)](NTH[nth])
        elif unit in ("year", "month") and (on or first):
            day = on or first.day
            parts |= {"bymonthday": range(28, day + 1), "bysetpos": -1} if day > 28 else {"bymonthday": day}
        return parts


class Life:
    """States in a ring or a row, which last for fixed times or up to the next occurrence."""

    def __init__(self, names, stays, awake):
        self.names, self.stays, self.awake = names, stays, awake

    @property
    def states(self):
        states = {}
        for name, next_name, stay in zip(self.names, self.names[1:] + self.names[:1], self.stays):
            if stay is None:
                states[name] = None
            elif stay == "rule":
                states[name] = {"leaves": [{"to": next_name, "at": "rule"}]}
            elif stay == "row":
                states[name] = {"for": "= interval '1 minute' * minutes", "then": next_name}
            else:
                states[name] = {"for": stay, "then": next_name}
        return states

    def leaves(self, name, at, minutes, occurrences):
        """When a state that was entered at an instant is left, and for which one."""
        i = self.names.index(name)
        stay, to = self.stays[i], self.names[(i + 1) % len(self.names)]
        if stay is None:
            return None, None
        if stay == "rule":
            # The life ends before those that are not listed.
            later = occurrences[bisect_right(occurrences, at) :]
            return (later[0], to) if later else (None, None)
        if stay == "row":
            return at + timedelta(minutes=minutes), to
        number, unit = stay.split()
        # By the calendar in UTC: a month after 31 January is 28 February.
        return at + relativedelta(**{unit.rstrip("s") + "s": int(number)}), to


def draw_life(draw):
    names = ["one", "two", "three", "four"][: draw.randint(2, 4)]
    stays = [draw.choice(("row", "row", "row", "rule", "36 hours", "3 days", "1 month", "90 minutes")) for _ in names]
    if draw.random() < 0.3:
        stays[-1] = None
    return Life(names, stays, draw.sample(names, draw.randint(1, len(names) - 1)))


def state_at(steps, at):
    """The state at an instant, None before the first step. The step that begins right then holds."""
    i = bisect_right([entered for entered, _ in steps], at)
    return steps[i - 1][1] if i else None


# Clocks and texts.


def moments(wall, zone, fold):
    """The instants, in UTC, of a time on a wall clock, the earlier one first."""
    first, second = (wall - wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    if first >= second:
        # There is one such time. Or it is skipped, and the offset before the gap moves it forward by its length.
        return [first]
    return {"earlier": [first], "later": [second], "both": [first, second]}[fold]


def is_skipped(wall, zone):
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return first < second


@cache
def transitions(zone):
    """The instants from 1970 to 2099 at which the clocks of a zone change, to the second."""
    zone = zoneinfo.ZoneInfo(zone)
    offset = lambda at: datetime.fromtimestamp(at, zone).utcoffset()
    found, step = [], 20 * 86400
    for low in range(0, 4_102_000_000, step):
        high = low + step
        if offset(low) != offset(high):
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append(datetime.fromtimestamp(high, timezone.utc))
    return found


@cache
def over_midnight(zone):
    """The transitions that go back to the day before, with the time since midnight that is past by then."""
    found = []
    for change in transitions(zone):
        after = change.astimezone(zoneinfo.ZoneInfo(zone))
        before = (change - SECOND).astimezone(after.tzinfo)
        if before.date() > after.date():
            found.append((change, timedelta(hours=before.hour, minutes=before.minute, seconds=before.second + 1)))
    return found


def instant(at):
    """An instant as scenarios have it."""
    return at and at.isoformat() + "Z"


def shown(value):
    """A value as CSV files have it."""
    if isinstance(value, datetime):
        text = value.isoformat(" ")
        return (text.rstrip("0") if "." in text else text) + "+00"
    return "" if value is None else str(value)


if __name__ == "__main__":
    main()
