"""What the fault tests share: a stack with the probe agent and short leases, many runs, and what must hold of them."""
import http.client
import json
import os
import queue
import threading
import unittest
from collections import Counter
from pathlib import Path

from receiver import Receiver
from stack import Stack, StackError, wait_until

LEASE_S = 3
SETTINGS = {
    "worker.lease_s": LEASE_S, "worker.threads": 16, "worker.retry_base_ms": 50, "worker.retry_max_ms": 200,
    "webhooks.lease_s": 3, "webhooks.timeout_s": 2, "webhooks.schedule_s": "1,1,1,1,1,1,1,1",
    "outbound.allow_networks": "127.0.0.0/8",
}
CLIENTS = 16

# of schedules: what follows are values, or a SELECT of them
INTO_SCHEDULES = ("INSERT INTO schedules (id, account_id, agent, enabled, next_at, last_slot, cron_expr, timezone, catch_up,"
                  " overlap, created_at, updated_at, input)")


class FaultTest(unittest.TestCase):
    """Each test has a stack of its own, so that none inherits another's damage."""

    settings = {}
    accepted = interrupted = 0

    def setUp(self):
        self.stack = Stack(Path(os.environ["AGENTIV_TEST_TMP"], self.id().rpartition(".")[2][:40]),
                           {**SETTINGS, **self.settings})
        self.addCleanup(self.stack.down)
        self.stack.init(["examples/agents/probe.json"])
        self.stack.up()
        self.key = self.stack.account("fault@example.com")
        self.receiver = self.enterContext(Receiver())

    def client(self, timeout_s=70):
        client = self.stack.client(self.key, timeout_s)
        self.addCleanup(client.close)
        return client

    def thaw(self, name):
        """Lets go on what was frozen, if it still runs."""
        try:
            self.stack.signal(name, "CONT")
        except StackError:
            pass

    # ---- submitting ----

    def submit_many(self, count, payload):
        """Submits count runs from several connections, each under its own Idempotency-Key and again until it is
        accepted; returns the execution ids. Meanwhile self.accepted tells how many are, self.interrupted how many
        requests got no answer or were told that something is away."""
        work = queue.SimpleQueue()
        for n in range(count):
            work.put(n)
        accepted, broken = [], []
        lock = threading.Lock()

        def submit():
            client = self.stack.client(self.key, timeout_s=20)
            while not broken:
                try:
                    n = work.get_nowait()
                except queue.Empty:
                    break
                try:
                    execution = self.submit_one(client, n, payload)
                except AssertionError as e:
                    broken.append(e)
                    break
                with lock:
                    accepted.append(execution)
                    self.accepted = len(accepted)
            client.close()

        threads = [threading.Thread(target=submit) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if broken:
            raise broken[0]
        return accepted

    def submit_one(self, client, n, payload):
        def accepted():
            try:
                answer = client.run("probe", {**payload, "payload": n}, self.receiver.url(),
                                    Idempotency_Key=f"{self.id()}-{n}")
            except (OSError, http.client.HTTPException):
                self.interrupted += 1    # the responder's or the web server's connection was cut
                return None
            if answer.status == 202:
                return answer.body["data"]["execution_id"]
            # nothing else is said while the responder, or the database, is away
            if answer.status not in (502, 503, 504):
                raise AssertionError(f"run {n} was answered {answer.status}: {answer.body}")
            self.interrupted += 1
            return None
        return wait_until(accepted, 60, f"run {n} is accepted", pause_s=0.05)

    # ---- what must hold ----

    def webhooks(self):
        """The bodies that came, by execution id, in order."""
        found = {}
        for request in self.receiver.requests():
            body = json.loads(request.body)
            found.setdefault(body["execution_id"], []).append(body)
        return found

    def ended_count(self):
        return self.stack.number("SELECT COUNT(*) FROM execution_results WHERE status <> 0")

    def wait_until_all_ended(self, count, seconds=90):
        try:
            wait_until(lambda: self.open_count() == 0, seconds, f"{count} runs end", pause_s=0.1)
        except AssertionError:
            self.fail(f"{self.open_count()} runs do not end; queues: {self.queues()}")

    def open_count(self):
        return self.stack.number("SELECT COUNT(*) FROM executions LEFT JOIN execution_results ON execution_id = id"
                                 " WHERE COALESCE(status, 0) = 0")

    def queues(self):
        """Rows of each table that holds runs that have not ended."""
        return {table: self.stack.number(f"SELECT COUNT(*) FROM {table}")
                for table in ("queue_ready", "queue_held", "queue_later", "leases")}

    def check_each_ended_once(self, ids, status="success"):
        """Each accepted run, and no other, has ended, once: one row, one outcome, in no queue, no slot taken, and its
        webhook came at least once, each time with the same outcome."""
        self.assertEqual(len(set(ids)), len(ids), "two submissions got the same execution")
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM executions"), len(ids))
        self.assertEqual(self.queues(), {"queue_ready": 0, "queue_held": 0, "queue_later": 0, "leases": 0})
        self.assertEqual(self.stack.sql("SELECT active, held, day_runs FROM account_quota"),
                         [["0", "0", str(len(ids))]])
        self.wait_for_webhooks(ids)
        client = self.client()
        bodies = self.webhooks()
        self.assertEqual(set(bodies), set(ids))
        for execution in ids:
            data = client.get(f"/api/executions/{execution}").body["data"]
            self.assertEqual(data["status"], status, data)
            for body in bodies[execution]:
                self.assertEqual({name: body[name] for name in ("status", "output", "summary")},
                                 {name: data[name] for name in ("status", "output", "summary")})
        return bodies

    def wait_for_webhooks(self, ids, seconds=90):
        missing = set(ids)

        def all_came():
            missing.difference_update(self.webhooks())
            return not missing
        try:
            wait_until(all_came, seconds, "every webhook has come", pause_s=0.1)
        except AssertionError:
            self.fail(f"{len(missing)} of {len(ids)} webhooks did not come; deliveries by state, attempts and error: "
                      f"{self.deliveries(missing)}; in the outbox: {self.stack.number('SELECT COUNT(*) FROM outbox')}")

    def deliveries(self, ids):
        """What is recorded of the deliveries of these runs."""
        rows = self.stack.sql("SELECT LOWER(HEX(id)), state, attempts, last_error FROM deliveries")
        wanted = {ulid_hex(execution) for execution in ids}
        found = Counter(tuple(row[1:]) for row in rows if row[0] in wanted)
        found["no row"] = len(ids) - sum(found.values())
        return dict(found)


def ulid_hex(execution):
    """The 16 bytes of an exec_… id, as the database has them."""
    n = 0
    for c in execution.rpartition("_")[2]:
        n = n * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(c.upper())
    return f"{n:032x}"


def outcome(data):
    """What of an execution must never change once it has ended."""
    return json.dumps(data, sort_keys=True)
