"""Three schedulers on one database whose clock the test moves: killed at random through every clock change of 2026 in
ten zones, jumps and outages; runs that outlast their period; accounts that others have in hand. What the ledger must say is
worked out in slots.py."""
import random
import time
from zoneinfo import ZoneInfo

from clocked import ClockedTest, Schedule
from faults import INTO_SCHEDULES
from slots import MINUTE_MS, changes, local
from stack import wait_until

HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
YEAR = 2026
YEAR_MS = 1767225600000       # its beginning
ZONES = ("America/New_York", "America/Havana", "America/Santiago", "Atlantic/Azores", "Africa/Casablanca",
         "Africa/Cairo", "Europe/Berlin", "Asia/Jerusalem", "Australia/Lord_Howe", "Pacific/Chatham")


def around(zone, change):
    """Expressions whose times are in what the change skips or repeats, and beside it."""
    before, after = local(change - 1, ZoneInfo(zone)), local(change, ZoneInfo(zone))
    first = min(before.hour, after.hour)      # the hour before the gap, or the first of the two
    hours = [(first + n) % 24 for n in range(-1, 3)]
    return (f"0 {hours[1]} * * *", f"30 {hours[2]} * * *", f"15 {hours[1]} * * *", f"45 {hours[0]} * * *",
            f"15,45 {hours[1]},{hours[2]} * * *", f"0-59/20 {hours[1]} * * *", f"10 {hours[0]},{hours[3]} * * *",
            "*/15 * * * *", f"*/15 {hours[2]} * * *", f"*/10 {hours[1]} * * *", "0 * * * *", "7 */2 * * *",
            "0 0 * * *", f"30 {hours[1]} * * 0,6", f"5 {hours[2]} * * 1-5")


class ClockChanges(ClockedTest):
    ACCOUNTS = 15

    def kill_one(self):
        """At some moment of its pass."""
        time.sleep(self.random.uniform(0, 0.004))
        self.random.choice(self.schedulers).kill()

    def steps(self, schedules, until):
        """Instants at which the clock is looked at: most of them just behind a slot; some are before the last one."""
        now = self.clock.at
        while now < until:
            ahead = [s.ahead[0].at for s in schedules if s.ahead]
            if ahead and self.random.random() < 0.7:
                now = max(now, min(ahead) + self.random.choice((0, 1, 999, 30_000, MINUTE_MS, MINUTE_MS + 1)))
            else:
                now += self.random.randrange(20 * MINUTE_MS)
            yield min(now, until)
            if self.random.random() < 0.15:
                yield now - self.random.choice((1, 1000, 90_000, 30 * MINUTE_MS))

    def go_through(self, schedules, until):
        latest = self.clock.at
        for now in self.steps(schedules, until):
            self.clock.set(now)
            self.fire_all(self.kill_one if self.random.random() < 0.2 else None)
            latest = max(latest, now)
            for s in schedules:
                s.meet(now)
        self.check_ledgers(schedules)

    def test_each_slot_of_every_clock_change_is_in_the_ledger_once(self):
        seed = random.randrange(1 << 32)
        self.random = random.Random(seed)
        count = 0
        for zone in ZONES:
            for change in changes(zone, YEAR):
                with self.subTest(zone=zone, change=str(local(change, ZoneInfo(zone))), seed=seed):
                    begin, end = change - 3 * HOUR_MS, change + 3 * HOUR_MS
                    schedules = [Schedule(n, cron, zone, self.random.choice(("latest", "none")))
                                 for n, cron in enumerate(around(zone, change), 1)]
                    self.put(schedules, begin, end + DAY_MS)
                    self.go_through(schedules, end)
                    count += 1
        self.assertGreaterEqual(count, 2 * len(ZONES))
        self.assertGreater(sum(s.kills for s in self.schedulers), count)


class Outages(ClockedTest):
    CRONS = ("* * * * *", "*/15 * * * *", "0 * * * *", "30 2 * * *", "30 3 * * *", "0 0 * * *", "20 */2 * * *")
    ZONE = "America/New_York"
    ACCOUNTS = 2 * len(CRONS)

    def go_on(self, schedules, minutes):
        """As long as all is well."""
        for _ in range(minutes):
            self.meet(schedules, self.clock.at // MINUTE_MS * MINUTE_MS + MINUTE_MS)

    def meet(self, schedules, now):
        self.clock.set(now)
        self.fire_all()
        for s in schedules:
            s.meet(now)

    def check_outage_of(self, outage_ms):
        """Nobody is there for that long, from just before a clock change; then all three come at once."""
        change = next(changes(self.ZONE, YEAR))
        schedules = [Schedule(n, cron, self.ZONE, catch_up) for n, (cron, catch_up) in
                     enumerate(((cron, catch_up) for cron in self.CRONS for catch_up in ("latest", "none")), 1)]
        self.put(schedules, change - 8 * MINUTE_MS, change + outage_ms + DAY_MS)
        self.go_on(schedules, 5)
        for scheduler in self.schedulers:
            scheduler.kill()
        self.meet(schedules, self.clock.at + outage_ms + 20_000)
        self.go_on(schedules, 5)
        self.check_ledgers(schedules)

    def test_after_an_hour_what_is_caught_up_is_as_each_schedule_says(self):
        self.check_outage_of(HOUR_MS)

    def test_after_a_day_what_is_caught_up_is_as_each_schedule_says(self):
        self.check_outage_of(DAY_MS)

    def test_after_three_days_the_oldest_slots_share_a_row(self):
        self.check_outage_of(3 * DAY_MS)


class Overlap(ClockedTest):
    """A run that goes on when the next one is due, a minute later; a worker runs it."""

    settings = {"worker.poll_ms": 50, "worker.lease_s": 3}
    ACCOUNTS = 1
    TOO_LONG_MS = 120000      # it ends when it is told to

    def lasting(self, ms):
        """So long the runs last that are made from now on."""
        self.stack.sql(f"UPDATE schedules SET input = JSON_OBJECT('sleep_ms', {ms})")

    def fire_the_first(self, overlap, ms):
        begin = self.clock.at or YEAR_MS
        self.put([Schedule(1, "* * * * *", "UTC", overlap=overlap)], begin, begin + HOUR_MS)
        self.lasting(ms)
        self.stack.start("worker")
        self.next_minute()
        wait_until(lambda: self.stack.number("SELECT COUNT(*) FROM executions e LEFT JOIN leases l ON l.execution_id = e.id"
                                             " LEFT JOIN execution_results r ON r.execution_id = e.id"
                                             " WHERE l.started_at > 0 OR r.status > 0"), 20, "it runs")

    def next_minute(self):
        self.clock.set(self.clock.at + MINUTE_MS)
        self.fire_all()

    def runs(self):
        """When each began and ended and with which error, in the order in which they were made."""
        wait_until(lambda: self.stack.number("SELECT COUNT(*) FROM schedule_runs") == 0, 30, "all runs are over")
        return [(began, int(ended), error) for began, ended, error in self.stack.sql(
            "SELECT started_at, completed_at, COALESCE(error_code, '') FROM executions"
            " JOIN execution_results ON execution_id = id ORDER BY id")]

    def outcomes(self):
        return [(row.outcome, row.reason) for row in self.ledgers()[1]]

    def test_with_queue_they_go_one_after_the_other(self):
        self.fire_the_first("queue", 300)
        self.next_minute()
        self.next_minute()
        runs = self.runs()
        self.assertEqual(self.outcomes(), [("fired", "")] * 3)
        self.assertEqual([error for _, _, error in runs], ["", "", ""])
        for before, after in zip(runs, runs[1:]):
            self.assertGreaterEqual(int(after[0]), before[1])

    def test_with_skip_none_is_made_until_it_is_over(self):
        self.fire_the_first("skip", self.TOO_LONG_MS)
        self.next_minute()
        self.next_minute()
        self.stack.sql("UPDATE leases SET cancel = 1")
        self.assertEqual([error for _, _, error in self.runs()], ["CANCELLED"])
        self.lasting(0)
        self.next_minute()
        self.assertEqual([error for _, _, error in self.runs()], ["CANCELLED", ""])
        self.assertEqual(self.outcomes(),
                         [("fired", ""), ("skipped", "overlap"), ("skipped", "overlap"), ("fired", "")])

    def test_with_cancel_previous_the_last_one_is_run_when_the_others_have_ended(self):
        self.fire_the_first("cancel_previous", self.TOO_LONG_MS)
        self.next_minute()
        self.lasting(0)
        self.next_minute()
        first, second, third = self.runs()
        self.assertEqual(self.outcomes(), [("fired", "")] * 3)
        self.assertEqual((first[2], second[2], third[2]), ("CANCELLED", "CANCELLED", ""))
        self.assertGreaterEqual(int(third[0]), max(first[1], second[1]))


class InHand(ClockedTest):
    """What another session has locked is left to it, and holds up nobody else."""

    FLOOD = 1000

    def put_flood(self):
        """An hourly schedule of each account; the first has a thousand more, all due before it."""
        hour = YEAR_MS + HOUR_MS
        self.put([Schedule(n, "0 * * * *", "UTC") for n in range(1, self.ACCOUNTS + 1)], hour - 1000, hour + HOUR_MS)
        self.stack.sql(
            f"{INTO_SCHEDULES} SELECT UNHEX(LPAD(HEX(1000 + seq), 32, '0')), 1, CONCAT('gone', seq), 1, {hour - 500}, 0,"
            f" '* * * * *', 'UTC', 0, 0, 0, 0, '{{}}' FROM seq_1_to_{self.FLOOD}")
        self.clock.set(hour)

    def fired_accounts(self):
        return [int(row[0]) for row in self.stack.sql("SELECT account_id FROM executions ORDER BY account_id")]

    def test_an_account_that_somebody_has_locked_holds_up_no_other(self):
        self.put_flood()
        session = self.session("SELECT account_id FROM account_quota WHERE account_id = 1 FOR UPDATE")
        self.fire_all(left=self.FLOOD + 1)
        self.assertEqual(self.fired_accounts(), list(range(2, self.ACCOUNTS + 1)))
        session.end()
        self.fire_all()
        self.assertEqual(self.fired_accounts(), list(range(1, self.ACCOUNTS + 1)))
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM schedule_slots"), self.FLOOD + self.ACCOUNTS)
