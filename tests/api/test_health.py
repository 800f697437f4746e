"""Agents, health and metrics."""
import re
import unittest

from client import CGI, TIME, Account, ApiCase, soon, wait_until


class Agents(ApiCase):
    def test_the_list_is_the_seed_s(self):
        account = Account(self.platform, subscription=None)
        account.subscribe("trialing", "probe", "--trial-ends", "3d")
        answer = self.get("/api/agents", key=account.key)
        self.assertEqual(answer.status, 200)
        agents = {a["slug"]: a for a in answer.data}
        self.assertEqual(list(agents["probe"]), ["slug", "name", "description", "required_integrations",
                                                 "subscription_status", "trial_ends_at"])
        self.assertEqual(agents["probe"]["subscription_status"], "trialing")
        self.assertRegex(agents["probe"]["trial_ends_at"], TIME)
        self.assertEqual(agents["needs-gmail"]["required_integrations"], ["gmail"])
        self.assertEqual(agents["needs-gmail"]["subscription_status"], "none")
        self.assertIsNone(agents["needs-gmail"]["trial_ends_at"])

    def test_one_agent_shows_its_schemas(self):
        agent = self.get("/api/agents/needs-gmail").data
        self.assertEqual(agent["name"], "NeedsGmail")
        self.assertEqual(agent["optional_integrations"], ["google-calendar"])
        self.assertEqual(agent["input_schema"]["properties"]["steps"]["maximum"], 10)
        self.assertEqual(agent["output_schema"], {"type": "object"})
        self.assertIsNone(self.get("/api/agents/strict").data["output_schema"])
        self.assertGreater(agent["estimated_duration_ms"], 0)

    def test_a_trial_that_is_over_is_canceled(self):
        account = Account(self.platform, subscription=None)
        account.subscribe("trialing", "all", "--trial-ends", soon(3))
        wait_until(lambda: self.get("/api/agents/probe", key=account.key).data["subscription_status"] == "canceled",
                   8, "the trial is over", 0.2)


class Health(ApiCase):
    def test_live_and_ready_need_no_key(self):
        for path, status in (("/health/live", "live"), ("/health/ready", "ready")):
            answer = self.get(path, key=None)
            self.assertEqual((answer.status, answer.data), (200, {"status": status}))

    def test_head_has_the_length_of_get(self):
        get, head = self.get("/health/live"), self.call("HEAD", "/health/live")
        self.assertEqual(head.status, 200)
        if "Content-Length" in head.headers:
            self.assertEqual(head.headers["Content-Length"], get.headers["Content-Length"])


class Metrics(ApiCase):
    def test_the_text_is_prometheus_s(self):
        self.run_probe(wait=True)
        answer = self.get("/metrics", key=None)
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"))
        names = set()
        for line in answer.text.splitlines():
            if line.startswith("# TYPE "):
                names.add(line.split()[2])
            elif not line.startswith("#"):
                self.assertRegex(line, r'^[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[0-9.e+-]+$')
                base = re.sub(r"_(bucket|sum|count)$", "", re.match(r"[a-z_]+", line)[0])
                self.assertTrue(base in names or re.match(r"[a-z_]+", line)[0] in names, line)
        self.assertLessEqual({"agentiv_build_info", "agentiv_http_requests_total", "agentiv_queue_runs",
                              "agentiv_http_request_duration_seconds", "agentiv_database_up",
                              "agentiv_admissions_total", "agentiv_queue_oldest_ready_seconds", "agentiv_accounts_holding",
                              "agentiv_queue_due", "agentiv_queue_oldest_due_seconds", "agentiv_leases_expired",
                              "agentiv_leases_oldest_expired_seconds", "agentiv_schedules_enabled",
                              "agentiv_schedules_overdue", "agentiv_schedules_oldest_overdue_seconds",
                              "agentiv_schedules_paused", "agentiv_schedule_runs_waiting", "agentiv_duties_late", "agentiv_duties_failed",
                              "agentiv_duty_done_timestamp_seconds", "agentiv_outbox_overdue", "agentiv_outbox_oldest_overdue_seconds",
                              "agentiv_delivery_attempts_total", "agentiv_delivery_duration_seconds"}, names)
        self.assertRegex(answer.text, r'\nagentiv_duty_rows_total\{duty="executions"\} [0-9]+\n')
        self.assertIn("\nagentiv_database_up 1\n", answer.text)
        if not CGI:
            self.assertRegex(answer.text, r'agentiv_http_requests_total\{method="POST",route="/api/agents/\{\}/run",'
                                          r'class="2xx"\} [1-9]')

    def test_a_forwarded_request_is_not_local(self):
        answer = self.get("/metrics", key=None, headers={"X-Forwarded-For": "192.0.2.1"})
        self.refused(answer, "FORBIDDEN")


if __name__ == "__main__":
    unittest.main()
