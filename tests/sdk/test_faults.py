"""Each SDK before a server that fails: what was asked for is done once, and the caller is told the right thing.

For each fault, each of the calls CALLS is made; the first request of it is harmed, or all of them."""
import unittest

import faulty
from sdkcase import SYNC_WAIT_S, SdkCase, call, platform

PROBE = {"payload": {"n": 1}}
# the harmed request was not done: it is made again, the same, once
PASSING = ["reset_before", "reset_after", "truncated", "wrong_json", "other_json", "page", "limited", "internal",
           "unavailable", "bad_gateway", "slow_head", "slow_body"]
# what the caller is told when it does not pass, in three tries
LASTING = {"reset_before": ("ConnectionError", None), "reset_after": ("ConnectionError", None),
           "truncated": ("ConnectionError", None), "wrong_json": ("ResponseError", None), "page": ("ResponseError", None),
           "limited": ("RateLimitedError", "RATE_LIMITED"), "internal": ("InternalError", "INTERNAL"),
           "unavailable": ("UnavailableError", "UNAVAILABLE"), "bad_gateway": ("UnavailableError", "UNAVAILABLE"),
           "slow_head": ("TimeoutError", None)}
# faults by which the server never hears of a request
UNHEARD = {"reset_before", "limited", "internal", "unavailable"}


def patience(sdk):
    """How long a part of an answer is waited for."""
    return {"read_timeout": 1} if sdk.startswith("python") else {"timeout": 1}


def keys(requests):
    return {request.headers.get("idempotency-key") for request in requests}


def posts(proxy):
    return [request for request in proxy.requests if request.method == "POST"]


class Faults(SdkCase):
    def through(self, sdk, account, fault, method, args, times=1, stream=False, which=lambda r: True, **client):
        """What the call came to, the proxy with all it has seen, and the executions that were made meanwhile."""
        options = {**(patience(sdk) if fault.startswith("slow") else {}), **client}
        before = account.executions()
        with faulty.Faulty(platform().url, getattr(faulty, fault), times, which) as proxy:
            told = call(sdk, method, args, stream, api_key=account.key, base_url=proxy.url, **options)
        return told, proxy, account.executions() - before

    # ---- runs ----

    def passing(self, fault):
        def run(sdk, account):
            told, proxy, made = self.through(sdk, account, fault, "agents.run", ["probe", {"input": PROBE}])
            self.assertEqual(told["ok"]["output"]["payload"], {"n": 1})
            self.assertEqual(made, {told["ok"]["execution_id"]})
            self.assertEqual(len(proxy.requests), 2)
            self.assertEqual(len(keys(proxy.requests)), 1)
            self.assertNotIn(None, keys(proxy.requests))
            self.assertEqual(len({request.body for request in proxy.requests}), 1)
        self.with_each(run)

    def lasting(self, fault):
        def run(sdk, account):
            told, proxy, made = self.through(sdk, account, fault, "agents.run", ["probe", {"input": PROBE}], times=99)
            self.assertEqual((told["error"]["class"], told["error"]["code"]), LASTING[fault])
            self.assertEqual((len(proxy.requests), len(keys(proxy.requests))), (3, 1))
            self.assertEqual(len(made), 0 if fault in UNHEARD else 1)
        self.with_each(run)

    def test_an_accepted_run_is_accepted_once(self):
        for fault in ("reset_after", "truncated", "page"):
            def run(sdk, account, fault=fault):
                told, proxy, made = self.through(sdk, account, fault, "agents.run", ["probe", {"input": PROBE, "async": True}])
                self.assertEqual(made, {told["ok"]["execution_id"]})
                self.assertEqual((len(proxy.requests), len(keys(proxy.requests))), (2, 1))
            with self.subTest(fault=fault):
                self.with_each(run)

    def test_a_run_that_failed_is_told_so_and_not_run_again(self):
        def run(sdk, account):
            told, proxy, made = self.through(sdk, account, "passing", "agents.run", ["probe", {"input": {"fail": "final"}}])
            self.assertEqual((told["error"]["class"], told["error"]["code"], told["error"]["status"]),
                             ("ExecutionFailedError", "EXECUTION_FAILED", 500))
            self.assertEqual((made, len(proxy.requests)), ({told["error"]["execution_id"]}, 1))
        self.with_each(run)

    def test_a_failure_whose_news_was_lost_is_found_again(self):
        def run(sdk, account):
            told, proxy, made = self.through(sdk, account, "reset_after", "agents.run", ["probe", {"input": {"fail": "final"}}])
            self.assertEqual(told["error"]["class"], "ExecutionFailedError")
            self.assertEqual((made, len(proxy.requests)), ({told["error"]["execution_id"]}, 2))
        self.with_each(run)

    def test_what_is_to_be_waited_for_long_is_told_at_once(self):
        def run(sdk, account):
            told, proxy, made = self.through(sdk, account, "limited_for_long", "agents.run", ["probe", {"input": {}}])
            self.assertEqual((told["error"]["class"], len(proxy.requests), made), ("RateLimitedError", 1, set()))
        self.with_each(run)

    def test_the_request_id_of_a_refusal_is_told(self):
        def run(sdk, account):
            told, _, _ = self.through(sdk, account, "limited", "agents.run", ["probe", {"input": {}}], times=99, max_retries=0)
            self.assertEqual((told["error"]["request_id"], told["error"]["status"]), ("req_limited", 429))
        self.with_each(run)

    # ---- runs that the server lets go on ----

    def waited(self, fault, which, times=1, **more):
        def run(sdk, account):
            args = ["probe", {"input": {**PROBE, "steps": 4, "sleep_ms": 1000 * SYNC_WAIT_S + 1000}}]
            told, proxy, made = self.through(sdk, account, fault, "agents.run", args, times, which=which, **more)
            self.assertEqual(told["ok"]["output"]["payload"], {"n": 1})
            self.assertEqual(set(told["ok"]),
                             {"execution_id", "status", "summary", "output", "tokens_used", "duration_ms"})
            self.assertEqual(made, {told["ok"]["execution_id"]})
            self.assertEqual(len(posts(proxy)), 1)
        self.with_each(run)

    def test_a_run_that_is_let_go_on_is_waited_for(self):
        self.waited("passing", lambda r: False, 0)

    def test_a_run_is_waited_for_over_events_that_break(self):
        self.waited("cut", lambda r: r.target.endswith("/events"))

    def test_a_run_is_waited_for_without_events(self):
        self.waited("page", lambda r: r.target.endswith("/events"), 99)

    def test_a_run_is_waited_for_though_its_news_is_lost(self):
        self.waited("reset_after", lambda r: r.method == "GET" and not r.target.endswith("/events"))

    def test_who_waits_no_longer_is_told_which_run_goes_on(self):
        def run(sdk, account):
            args = ["probe", {"input": {"sleep_ms": 1000 * SYNC_WAIT_S + 4000}, "wait_timeout": SYNC_WAIT_S + 1}]
            told, _, made = self.through(sdk, account, "passing", "agents.run", args)
            self.assertEqual((told["error"]["class"], {told["error"]["execution_id"]}), ("TimeoutError", made))
        self.with_each(run)

    # ---- reading ----

    def test_reading_gets_over_every_fault_that_passes(self):
        for fault in ("reset_before", "truncated", "page", "unavailable", "slow_body"):
            def get(sdk, account, fault=fault):
                told, proxy, _ = self.through(sdk, account, fault, "agents.get", ["probe"])
                self.assertEqual((told["ok"]["slug"], len(proxy.requests)), ("probe", 2))
            with self.subTest(fault=fault):
                self.with_each(get)

    def test_a_list_goes_over_connections_that_are_closed_between_its_pages(self):
        def pages(sdk, account):
            made = [call(sdk, "agents.run", ["probe", {"input": {}}], api_key=account.key, base_url=platform().url)
                    for _ in range(3)]
            told, proxy, _ = self.through(sdk, account, "closed_between", "executions.list", [{"limit": 1}], 99, True)
            listed = [e["id"] for e in told["ok"]]
            self.assertEqual(listed[:3], [m["ok"]["execution_id"] for m in reversed(made)])
            self.assertEqual(len(listed), len(set(listed)))
            self.assertEqual(len(proxy.requests), len(listed))
        self.with_each(pages)

    def test_events_go_on_where_they_were_cut(self):
        def follow(sdk, account):
            started = call(sdk, "agents.run", ["probe", {"input": {"steps": 5, "sleep_ms": 400}, "async": True}],
                           api_key=account.key, base_url=platform().url)["ok"]["execution_id"]
            told, proxy, _ = self.through(sdk, account, "cut", "executions.events", [started], 2, True)
            self.assertEqual([(e["event"], e["data"].get("step")) for e in told["ok"]],
                             [("step", n) for n in range(1, 6)] + [("end", None)])
            self.assertEqual([r.headers.get("last-event-id") for r in proxy.requests], [None, "1", "2"])
        self.with_each(follow)

    # ---- what is made beside runs ----

    def test_an_endpoint_is_registered_once(self):
        def create(sdk, account):
            before = len(account.data("/api/webhooks"))
            told, proxy, _ = self.through(sdk, account, "reset_after", "webhooks.create", [{"url": "https://example.com/h"}])
            self.assertTrue(told["ok"]["secret"].startswith("whsec_"))
            self.assertEqual(len(account.data("/api/webhooks")), before + 1)
            self.assertEqual((len(proxy.requests), len(keys(proxy.requests))), (2, 1))
        self.with_each(create)


def add_tests():
    for fault in PASSING:
        setattr(Faults, f"test_a_run_is_done_once_whose_first_request_meets_{fault}",
                lambda self, fault=fault: self.passing(fault))
    for fault in LASTING:
        setattr(Faults, f"test_the_right_error_comes_when_every_request_of_a_run_meets_{fault}",
                lambda self, fault=fault: self.lasting(fault))


add_tests()

if __name__ == "__main__":
    unittest.main()
