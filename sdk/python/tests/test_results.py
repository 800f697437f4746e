"""Results, errors, and what a client is made with."""
import copy
import inspect
import json
import logging
import os
import pickle
import unittest
from unittest import mock

import agentiv
from agentiv import errors, types
from agentiv._objects import Object, shape

from .support import Case, both, ok, refusal

KEY, SECRET = "agv_live_abcdef", "whsec_YWJj"


class Results(unittest.TestCase):
    def setUp(self):
        data = {"id": "exec_1", "status": "failed", "error": {"code": "TIMEOUT", "message": "m"}, "new": {"deep": [1]}}
        self.execution = shape(types.Execution, json.loads(json.dumps(data), object_pairs_hook=Object))

    def test_members_are_attributes_and_items(self):
        self.assertEqual((self.execution.id, self.execution["id"]), ("exec_1", "exec_1"))

    def test_members_within_are_of_their_classes(self):
        self.assertIsInstance(self.execution.error, types.ExecutionError)
        self.assertEqual(self.execution.error.code, "TIMEOUT")

    def test_members_that_nobody_knows_are_kept(self):
        self.assertEqual(self.execution["new"].deep, [1])
        self.assertIn("new", dir(self.execution))

    def test_a_member_that_is_not_there_is_an_attribute_error_that_names_it(self):
        with self.assertRaisesRegex(AttributeError, "Execution has no member 'nothing'"):
            self.execution.nothing
        self.assertIsNone(getattr(self.execution, "nothing", None))

    def test_results_are_written_copied_and_pickled_as_dicts(self):
        for other in (json.loads(json.dumps(self.execution)), copy.deepcopy(self.execution),
                      pickle.loads(pickle.dumps(self.execution))):
            self.assertEqual(other, self.execution)

    def test_members_can_be_set_and_deleted(self):
        self.execution.note = 1
        self.assertEqual(self.execution["note"], 1)
        del self.execution.note
        self.assertNotIn("note", self.execution)

    def test_what_is_not_of_its_type_is_left_as_it_is(self):
        self.assertEqual(shape(types.Execution, {"error": "odd"}).error, "odd")
        self.assertEqual(shape(types.Me, {"auth": None})["auth"], None)

    def test_keys_and_secrets_are_not_shown(self):
        for made in (types.ApiKeyWithSecret(key=KEY), types.WebhookEndpointWithSecret(secret=SECRET),
                     types.Session(session_token=KEY), types.SessionToken(session_token=KEY)):
            self.assertNotRegex(f"{made!r} {made}", f"{KEY}|{SECRET}")
        self.assertEqual(types.ApiKeyWithSecret(key=KEY).key, KEY)


class Errors(Case):
    @both
    def test_an_error_has_the_members_of_the_answer(self, make):
        with make([refusal(400, "INTEGRATION_NOT_CONNECTED", field="f", integrationSlug="gmail", execution_id="exec_1",
                           more=5)]) as t:
            error = self.fails(agentiv.IntegrationNotConnectedError, t, "agents.list")
        self.assertEqual((error.code, error.status, error.request_id, error.field, error.integration_slug,
                          error.execution_id, error.body["more"]),
                         ("INTEGRATION_NOT_CONNECTED", 400, "req_1", "f", "gmail", "exec_1", 5))
        self.assertEqual(str(error), "It is INTEGRATION_NOT_CONNECTED (request req_1)")

    @both
    def test_a_code_that_is_newer_than_the_package_is_an_agentiv_error(self, make):
        with make([refusal(418, "TEAPOT")]) as t:
            self.assertEqual(self.fails(agentiv.AgentivError, t, "agents.list").code, "TEAPOT")

    def test_there_is_a_class_for_each_code(self):
        for code, kind in errors.BY_CODE.items():
            self.assertEqual(kind.__name__, "".join(w.title() for w in code.split("_")) + "Error")
            self.assertIs(getattr(agentiv, kind.__name__), kind)

    @both
    def test_neither_errors_nor_logs_show_the_key(self, make):
        with self.assertLogs("agentiv", logging.DEBUG) as logs, make([refusal(503, "UNAVAILABLE")] * 3, api_key=KEY) as t:
            error = self.fails(agentiv.UnavailableError, t, "agents.run", "probe", input={"secret": SECRET})
            told = f"{error!r} {error} {vars(error)} {logs.output} {t.client!r} {t.client.agents!r}"
            self.assertNotRegex(told, f"{KEY}|{SECRET}")
            self.assertEqual(len(logs.output), 2)


class Clients(unittest.TestCase):
    def test_key_and_server_come_from_the_environment(self):
        with mock.patch.dict(os.environ, {"AGENTIV_API_KEY": KEY, "AGENTIV_BASE_URL": "http://127.0.0.1:1/x/"}):
            for make in (agentiv.Agentiv, agentiv.AsyncAgentiv):
                core = make()._core
                self.assertEqual((core.credentials, core.route.port, core.route.prefix),
                                 ({"Authorization": f"Bearer {KEY}"}, 1, "/x"))

    def test_without_a_server_it_is_the_public_one(self):
        with mock.patch.dict(os.environ, {}, clear=True):
            self.assertEqual(repr(agentiv.Agentiv(KEY)), "Agentiv(https://api.agentiv.cloud)")

    def test_without_a_key_a_client_says_what_to_do(self):
        with mock.patch.dict(os.environ, {}, clear=True):
            with self.assertRaisesRegex(ValueError, "AGENTIV_API_KEY"):
                agentiv.Agentiv()
            self.assertEqual(agentiv.Agentiv(api_key="")._core.credentials, {})

    def test_a_client_that_cannot_work_is_refused_and_shows_no_secret(self):
        for named in ({"api_key": f"{KEY}\n"}, {"session_token": f"{KEY} x"}, {"api_key": KEY, "session_token": KEY},
                      {"base_url": f"ftp://{KEY}"}, {"base_url": f"http://me:{KEY}@h"}, {"base_url": f"{KEY}"},
                      {"base_url": "http://h:99999"}, {"base_url": "http://h/?a"}, {"proxy": f"https://me:{KEY}@h"},
                      {"timeout": 0}, {"connect_timeout": -1}, {"max_retries": -1}, {"max_retries": 1.5}):
            with self.subTest(named=list(named)), self.assertRaises(ValueError) as caught:
                agentiv.Agentiv(**{"api_key": "k", **named} if "session_token" not in named else named)
            self.assertNotIn(KEY, str(caught.exception))

    def test_a_server_with_what_is_behind_it_is_refused(self):
        for behind in ("/api", "/api/", "/mcp"):
            with self.subTest(behind), self.assertRaisesRegex(ValueError, "^base_url must be .* without /api or /mcp at its end$"):
                agentiv.Agentiv("k", base_url=f"https://example.com{behind}")

    def test_what_is_of_another_kind_is_named(self):
        for named in ({"api_key": 5}, {"api_key": {}}, {"base_url": 5}, {"proxy": 5}):
            with self.subTest(named), self.assertRaisesRegex(TypeError, "^(api_key|base_url|The proxy) must be a string$"):
                agentiv.Agentiv(**{"api_key": "k", **named})
        with self.assertRaisesRegex(ValueError, "^timeout must be a number of seconds above 0$"):
            agentiv.Agentiv("k", timeout="5s")

    def test_both_clients_take_the_same(self):
        self.assertEqual(inspect.signature(agentiv.Agentiv), inspect.signature(agentiv.AsyncAgentiv))

    def test_methods_have_their_signatures_and_say_what_they_do(self):
        client = agentiv.Agentiv("k")
        for name in ("agents.run", "executions.list", "executions.events", "webhooks.create"):
            resource, method = name.split(".")
            method = getattr(getattr(client, resource), method)
            self.assertNotIn("self", inspect.signature(method).parameters)
            self.assertTrue(method.__doc__, name)

    def test_other_options_leave_the_client_as_it_is(self):
        client = agentiv.Agentiv("k")
        other = client.with_options(timeout=1, max_retries=0)
        self.assertEqual((client._core.options.max_retries, other._core.options.max_retries), (2, 0))
        self.assertIs(client._core.pool, other._core.pool)
