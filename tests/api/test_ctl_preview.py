"""agentivctl schedule preview: the times of an expression, without configuration or database."""
from ctl import Ctl, call


class Preview(Ctl):
    def times(self, cron, timezone, start, *more):
        return self.done("schedule", "preview", "--cron", cron, "--timezone", timezone, "--from", start, *more, conf=False)

    def not_taken(self, status, *words):
        return self.refused(status, "INVALID_INPUT", "schedule", "preview", *words, conf=False)

    def test_it_is_an_array_of_the_next_five_instants(self):
        self.assertEqual(self.times("0 6 * * 1-5", "Asia/Kolkata", "2026-01-01T00:30:00Z"),
                         ["2026-01-02T00:30:00Z", "2026-01-05T00:30:00Z", "2026-01-06T00:30:00Z", "2026-01-07T00:30:00Z",
                          "2026-01-08T00:30:00Z"])

    def test_clock_changes_follow_the_rules(self):
        self.assertEqual(self.times("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "--count", 1), ["2026-03-29T01:30:00Z"])
        self.assertEqual(len([t for t in self.times("*/15 1 * * *", "America/New_York", "2026-11-01T00:00:00Z", "--count", 9)
                              if t < "2026-11-02"]), 8)

    def test_up_to_1000_are_listed(self):
        self.assertEqual(len(self.times("* * * * *", "UTC", "2026-01-01", "--count", 1000)), 1000)
        self.assertIn("1 to 1000", self.not_taken(2, "--cron", "* * * * *", "--timezone", "UTC", "--count", 1001))
        self.assertIn("1 to 1000", self.not_taken(2, "--cron", "* * * * *", "--timezone", "UTC", "--count", 0))

    def test_the_epoch_is_an_instant_as_any_other(self):
        self.assertEqual(self.times("0 0 1 * *", "UTC", "1969-12-31T23:59:59Z", "--count", 1), ["1970-01-01T00:00:00Z"])

    def test_what_is_refused_tells_why(self):
        self.assertIn("hour, position 3", self.not_taken(1, "--cron", "0 24 * * *", "--timezone", "UTC"))
        self.assertIn("never match", self.not_taken(1, "--cron", "0 0 30 2 *", "--timezone", "UTC"))
        # always skipped there: 02:00 to 03:00 on the second Sunday of March
        self.assertIn("never shows", self.not_taken(1, "--cron", "*/15 2 * 3 0#2", "--timezone", "America/New_York"))
        self.assertIn("Mars/Olympus", self.not_taken(1, "--cron", "0 0 * * *", "--timezone", "Mars/Olympus"))
        self.not_taken(2, "--cron", "0 0 * * *")
        self.assertIn("--from", self.not_taken(2, "--cron", "0 0 * * *", "--timezone", "UTC", "--from", "noon"))

    def test_people_see_weekday_local_time_and_what_a_clock_change_moved(self):
        status, out, err = call("schedule", "preview", "--cron", "30 2 * * *", "--timezone", "Europe/Berlin", "--from",
                                "2026-03-28", "--count", "2", conf=False)
        self.assertEqual((status, err), (0, ""))
        lines = [line.split() for line in out.splitlines()]
        self.assertEqual(lines[1], ["Sat", "2026-03-28", "02:30:00", "2026-03-28T01:30:00Z"])
        self.assertEqual(lines[2][:4], ["Sun", "2026-03-29", "03:30:00", "2026-03-29T01:30:00Z"])
        self.assertIn("clock change", out.splitlines()[2])
