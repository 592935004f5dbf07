"""Schedules over twenty years in eight zones, against croniter, dateutil and zoneinfo: every time of every one."""

import datetime
import json
import os
import random
import subprocess

from harness import PeerCase

HERE = os.path.dirname(os.path.abspath(__file__))
ZONES = [
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Nuuk", "Asia/Shanghai", "Africa/Casablanca",
    "Asia/Kathmandu", "Pacific/Auckland",
]
START = int(datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc).timestamp())
END = int(datetime.datetime(2046, 1, 1, tzinfo=datetime.timezone.utc).timestamp())
# What clocks that are put forward or back meet, and days that are rare.
FIXED = [
    "daily:02:30", "daily:02:00", "daily:00:00", "daily:23:30", "weekly:7:02:15", "weekly:1,3,5:09:00", "monthly:1:09:00",
    "monthly:31:02:30", "monthly:last:01:30", "yearly:02-29:09:00", "0 */12 * * *", "*/30 1-3 * mar,oct sun", "0 0 29 2 *",
    "0 0 13 * fri", "30 2 */2 * sun", "15 3 31 * *", "0 9 * * mon-fri",
]


def expression(dice):
    """Any cron expression that does not come too often."""
    def field(low, high, names=()):
        def number():
            value = dice.randint(low, high)
            return names[value - low] if names and dice.random() < 0.3 else str(value)

        kind = dice.randrange(5)
        if kind == 0:
            return "*"
        if kind == 1:
            first, last = sorted((dice.randint(low, high), dice.randint(low, high)))
            return f"{first}-{last}" + (f"/{dice.randint(1, 7)}" if dice.random() < 0.5 else "")
        if kind == 2:
            return f"*/{dice.randint(2, max(2, (high - low) // 2))}"
        return ",".join(sorted({number() for _ in range(dice.randint(1, 3))}))

    months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    hours = ",".join(str(hour) for hour in sorted(dice.sample(range(24), dice.randint(1, 2))))
    return f"{dice.randrange(60)} {hours} {field(1, 28)} {field(1, 12, months)} {field(0, 6, days)}"


class Schedules(PeerCase):
    def test_every_time_of_twenty_years(self):
        seed = int(os.environ.get("AGIM_SEED", "20260101"))
        dice = random.Random(seed)
        schedules = FIXED + [expression(dice) for _ in range(12)]
        done = subprocess.run(
            [self.program("croniter"), os.path.join(HERE, "croniter_peer.py")],
            input=json.dumps({"schedules": schedules, "zones": ZONES, "start": START, "end": END}),
            capture_output=True, text=True, timeout=400, env=self.env)
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        expected = json.loads(done.stdout)
        total = 0
        for name in ZONES:
            for schedule in schedules:
                wanted = expected[f"{name} {schedule}"]
                total += len(wanted)
                self.assertEqual(
                    self.times(schedule, name, len(wanted) + 1)[:len(wanted)], wanted, f"seed {seed}: {name} {schedule}")
        self.assertGreater(total, 200_000)
        print(f"\nschedules: {total} times of {len(schedules)} schedules in {len(ZONES)} zones are as others reckon")

    def times(self, schedule, zone, count):
        made = self.pipe(["agim-remind", "add", "--json", "--to", "stdin:a", "--zone", zone, "--now", "2026-01-01T00:00:00Z",
                          schedule, "x"])
        self.assertCodes(made, 0)
        done = self.pipe(["agim-remind", "next", str(made.lines[0]["n"]), str(count)])
        self.assertCodes(done, 0)
        return [int(datetime.datetime.fromisoformat(line.replace("Z", "+00:00")).timestamp()) for line in done.out.split()]
