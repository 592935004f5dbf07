"""croniter and dateutil as reckoners of schedules: reads {"schedules", "zones", "start", "end"} as JSON from standard
input, and prints for each zone and schedule the times that come, as seconds. Run by the Python of its own environment;
test_schedule.py holds agim-remind against it.

What becomes of local times that do not exist, or exist twice, is reckoned here with zoneinfo, from the manual's words.
"""

import datetime
import json
import sys
import zoneinfo

from croniter import croniter
from dateutil import rrule

EPOCH = datetime.datetime(1970, 1, 1)
UTC = datetime.timezone.utc


def local_times(schedule, start, end):
    """The local times of a schedule, from a day before the start to a day behind the end."""
    first, last = start - datetime.timedelta(days=2), end + datetime.timedelta(days=2)
    kind, _, rest = schedule.partition(":")
    if kind not in ("daily", "weekly", "monthly", "yearly"):
        times = croniter(schedule, first, day_or=True, implement_cron_bug=True)
        while True:
            time = times.get_next(datetime.datetime)
            if time > last:
                return
            yield time
    clock = rest[-5:]
    more = {"byhour": int(clock[:2]), "byminute": int(clock[3:]), "bysecond": 0, "dtstart": first, "until": last}
    days = rest[:-6]
    if kind == "daily":
        rule = rrule.rrule(rrule.DAILY, **more)
    elif kind == "weekly":
        rule = rrule.rrule(rrule.WEEKLY, byweekday=[int(day) - 1 for day in days.split(",")], **more)
    elif kind == "monthly":
        rule = rrule.rrule(
            rrule.MONTHLY, bymonthday=[-1 if day == "last" else int(day) for day in days.split(",")], **more)
    else:
        rule = rrule.rrule(rrule.YEARLY, bymonth=int(days[:2]), bymonthday=int(days[3:]), **more)
    yield from rule


def shown(seconds, zone):
    return datetime.datetime.fromtimestamp(seconds, zone).replace(tzinfo=None)


def moment(time, zone):
    """The first moment at which clocks show a time, or the one from which they go on behind it."""
    seconds = int(time.replace(tzinfo=zone, fold=0).astimezone(UTC).timestamp())
    if shown(seconds, zone) == time:
        return seconds
    low, high = seconds - 2 * 86_400, seconds
    while high - low > 1:
        middle = (low + high) // 2
        if shown(middle, zone) >= time:
            high = middle
        else:
            low = middle
    return high


def main():
    asked = json.load(sys.stdin)
    start, end = asked["start"], asked["end"]
    result = {}
    naive = {}
    for schedule in asked["schedules"]:
        naive[schedule] = list(local_times(
            schedule, EPOCH + datetime.timedelta(seconds=start), EPOCH + datetime.timedelta(seconds=end)))
    for name in asked["zones"]:
        zone = zoneinfo.ZoneInfo(name)
        for schedule, times in naive.items():
            moments = sorted({moment(time, zone) for time in times})
            result[f"{name} {schedule}"] = [time for time in moments if start < time <= end]
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
