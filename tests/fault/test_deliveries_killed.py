"""kill -9 while 10,000 deliveries are due: each event arrives at each of its receivers, nothing is stuck, and what comes
twice can be known by its id."""
from collections import Counter

from deliveries import DELIVERED, Deliveries, id_text
from faults import FaultTest
from receiver_process import ReceiverProcess
from stack import wait_until

RUNS = 5000
DUE = 2 * RUNS      # each run's end goes to its own URL and to an endpoint


class WhileTenThousandDeliveriesAreDue(FaultTest):
    def setUp(self):
        super().setUp()
        self.hooks = ReceiverProcess(self.stack.state)
        self.hooks.start()
        self.addCleanup(self.hooks.kill)
        self.made = Deliveries(self.stack)
        key = self.stack.ctl("key", "create", "--user", self.made.email, "--name", "test", "--scopes", "webhooks:write")["key"]
        client = self.stack.client(key)
        answer = client.request("POST", "/api/webhooks", {"url": self.hooks.url("/endpoint")})
        self.assertEqual(answer.status, 201, answer.body)
        client.close()

    def kill_at(self, count, *names, receiver=False):
        """When so many have come, and start again what was killed."""
        self.hooks.wait_for(count)
        if receiver:
            self.hooks.kill()
        for name in names:
            self.stack.signal(name, "KILL")
        self.assertLess(self.hooks.count(), DUE - 500, "it was killed too late to prove anything")
        if receiver:
            self.hooks.start()
        if names:
            self.stack.start(*names)

    def outbox(self):
        return self.stack.number("SELECT COUNT(*) FROM outbox")

    def test_killing_sender_database_and_receiver_loses_no_event_and_leaves_none_stuck(self):
        self.stack.stop("sender")
        runs = self.made.many_ended_runs(RUNS, self.hooks.url("/run"))
        self.stack.start("sender")
        self.kill_at(1000, "sender")
        self.kill_at(2000, "db")
        self.kill_at(3000, receiver=True)
        self.kill_at(4000, "db", "sender", receiver=True)
        wait_until(lambda: self.outbox() == 0, 60, "nothing is due any more", pause_s=0.1)
        self.check_each_came(runs)
        self.check_all_are_delivered()

    def check_each_came(self, runs):
        lines = self.hooks.lines()
        came = {(line.path, line.event) for line in lines}
        missing = {(path, id_text("evt", run)) for run in runs for path in ("/run", "/endpoint")} - came
        self.assertEqual(len(missing), 0, f"did not come, {sorted(missing)[:3]} among them")
        self.assertEqual(len(came), DUE)
        # a delivery that came again is the same event, with the same body
        self.assertEqual(len(set(lines)), DUE)
        self.assertEqual(len({line.delivery for line in lines}), DUE)
        again = [n for n in Counter(lines).values() if n > 1]
        self.assertTrue(again, "none came twice, so none was on its way when its sender was killed")

    def check_all_are_delivered(self):
        self.assertEqual(self.stack.sql("SELECT state, COUNT(*) FROM deliveries GROUP BY state"),
                         [[str(DELIVERED), str(DUE)]])
