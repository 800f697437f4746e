"""Deliveries made by hand in a stack's database, for tests of the sender alone."""
import os
import secrets
import time
from typing import NamedTuple

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
EVENTS = {"agent.execution.success": 0, "agent.execution.failed": 1, "schedule.fired": 2}
PENDING, DELIVERED, FAILED = 0, 1, 2


def now_ms():
    return int(time.time() * 1000)


def new_id():
    return now_ms().to_bytes(6, "big") + os.urandom(10)


def id_text(prefix, raw):
    number = int.from_bytes(raw, "big")
    return f"{prefix}_" + "".join(CROCKFORD[number >> 5 * i & 31] for i in reversed(range(26)))


def sql_bytes(raw):
    return f"x'{raw.hex()}'"


def sql_text(text):
    return "NULL" if text is None else f"CONVERT({sql_bytes(text.encode())} USING utf8mb4)"


class State(NamedTuple):
    state: int
    attempts: int
    status: int
    error: str


class Deliveries:
    def __init__(self, stack, email="owner@example.com"):
        self.stack, self.email = stack, email
        stack.ctl("user", "create", "--email", email, "--name", "Owner", "--plan", "enterprise")
        account, public = stack.sql(f"SELECT id, HEX(public_id) FROM accounts WHERE email = '{email}'")[0]
        self.account = int(account)
        self.user_id = id_text("usr", bytes.fromhex(public))
        self.secret = stack.ctl("webhook-secret", "show", "--user", email)["secret"]

    def ended_runs(self, urls, **more):
        """Runs that have just ended, one for each URL, whose webhooks are due. Returns their ids."""
        # a statement is an argument of the client, and has to fit one
        return [i for at in range(0, len(urls), 100) for i in self._some_runs(urls[at:at + 100], **more)]

    def _some_runs(self, urls, output='{"done": true}', output_sql=None, failed=False):
        ids = [new_id() for _ in urls]
        output_sql = output_sql or sql_bytes(output.encode())
        now = now_ms()
        result = (f"3, 1, {now}, {now}, 70, 12, 'TIMEOUT', 'It took too long', NULL, NULL" if failed else
                  f"2, 1, {now}, {now}, 70, 12, NULL, NULL, 'Did 3 things', {output_sql}")
        runs = ",".join(f"({sql_bytes(i)}, {self.account}, 'email-triage', 0, {now}, {sql_text(url)}, '{{}}')"
                        for i, url in zip(ids, urls))
        results = ",".join(f"({sql_bytes(i)}, {result})" for i in ids)
        outbox = ",".join(f"({now}, {sql_bytes(i)})" for i in ids)
        self.stack.sql("INSERT INTO executions (id, account_id, agent, trigger_type, queued_at, webhook_url, input)"
                       f" VALUES {runs}; INSERT INTO execution_results (execution_id, status, attempt, started_at,"
                       " completed_at, duration_ms, tokens_used, error_code, error_message, summary, output)"
                       f" VALUES {results}; INSERT INTO outbox (due_at, delivery_id) VALUES {outbox}")
        return ids

    def ended_run(self, url, **more):
        return self.ended_runs([url], **more)[0]

    def mail(self, *payloads):
        """A mail to the account that is due, and tells of finished runs with these payloads. Returns its id."""
        mail, now = new_id(), now_ms()
        notes = "".join(f"INSERT INTO notifications (id, account_id, delivery_id, kind, at, payload) VALUES ({sql_bytes(new_id())},"
                        f" {self.account}, {sql_bytes(mail)}, 0, {now}, {sql_bytes(payload.encode())});" for payload in payloads)
        self.stack.sql(
            f"{notes} INSERT INTO deliveries (id, account_id, event, state, attempts, created_at) VALUES ({sql_bytes(mail)},"
            f" {self.account}, 5, 0, 0, {now}); UPDATE account_quota SET mail_delivery = {sql_bytes(mail)} WHERE account_id ="
            f" {self.account}; INSERT INTO outbox (due_at, delivery_id) VALUES ({now}, {sql_bytes(mail)})")
        return mail

    def unwanted_events(self, count):
        """Events for endpoints that are due, and that no endpoint wants any more."""
        ids, now = [sql_bytes(new_id()) for _ in range(count)], now_ms()
        self.stack.sql("INSERT INTO events (id, account_id, event, at, payload) VALUES "
                       + ",".join(f"({i}, {self.account}, 2, {now}, '{{}}')" for i in ids)
                       + "; INSERT INTO outbox (due_at, delivery_id, fanout) VALUES " + ",".join(f"({now - 1}, {i}, 1)" for i in ids))

    def many_ended_runs(self, count, url):
        """The ids of as many runs that have just ended, and whose webhooks are due at the URL and at the endpoints that want
        them: many at once, and quickly."""
        at = now_ms()
        run = f"UNHEX(CONCAT(LPAD(HEX({at}), 12, '0'), LPAD(HEX(seq), 20, '0')))"
        runs = f"FROM seq_1_to_{count}"
        self.stack.sql(
            "START TRANSACTION; INSERT INTO executions (id, account_id, agent, trigger_type, queued_at, webhook_url, input)"
            f" SELECT {run}, {self.account}, 'email-triage', 0, {at}, {sql_text(url)}, '{{}}' {runs};"
            " INSERT INTO execution_results (execution_id, status, attempt, started_at, completed_at, duration_ms, tokens_used,"
            f" summary, output) SELECT {run}, 2, 1, {at}, {at}, 70, 12, 'Did 3 things',"
            f""" CONCAT('{{"n": ', seq, '}}') {runs};"""
            f" INSERT INTO outbox (due_at, delivery_id, fanout) SELECT {at}, {run}, 1 {runs}; COMMIT")
        return [at.to_bytes(6, "big") + n.to_bytes(10, "big") for n in range(1, count + 1)]

    def event(self, url, event, payload):
        """A delivery of an event that is no run's. Returns (delivery, event) ids."""
        delivery, event_id = new_id(), new_id()
        self.stack.sql("INSERT INTO events (id, account_id, event, at, payload)"
                       f" VALUES ({sql_bytes(event_id)}, {self.account}, {EVENTS[event]}, {now_ms()}, {sql_bytes(payload)});"
                       " INSERT INTO deliveries (id, account_id, event, state, attempts, created_at, event_id, url)"
                       f" VALUES ({sql_bytes(delivery)}, {self.account}, {EVENTS[event]}, 0, 0, {now_ms()},"
                       f" {sql_bytes(event_id)}, {sql_text(url)});"
                       f" INSERT INTO outbox (due_at, delivery_id) VALUES ({now_ms()}, {sql_bytes(delivery)})")
        return delivery, event_id

    def state(self, delivery):
        """What is known of it; None before its first attempt."""
        rows = self.stack.sql("SELECT state, attempts, COALESCE(last_status, 0), COALESCE(last_error, '')"
                              f" FROM deliveries WHERE id = {sql_bytes(delivery)}")
        return State(*map(int, rows[0][:3]), rows[0][3]) if rows else None

    def is_over(self, delivery):
        state = self.state(delivery)
        return state if state and state.state != PENDING else None

    def due_in_ms(self, delivery):
        """When it is due, from now; None when it is not in the outbox."""
        rows = self.stack.sql(f"SELECT due_at FROM outbox WHERE delivery_id = {sql_bytes(delivery)}")
        return int(rows[0][0]) - now_ms() if rows else None

    def count(self, state):
        return self.stack.number(f"SELECT COUNT(*) FROM deliveries WHERE state = {state}")

    def new_secret_needed(self):
        """Makes the account's sealed secret unreadable."""
        self.stack.sql(f"UPDATE accounts SET webhook_secret = {sql_bytes(secrets.token_bytes(80))}"
                       f" WHERE id = {self.account}")

    def empty(self):
        self.stack.sql("DELETE FROM outbox; DELETE FROM deliveries; DELETE FROM events; DELETE FROM delivery_attempts;"
                       " DELETE FROM execution_results; DELETE FROM executions")
