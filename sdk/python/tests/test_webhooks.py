"""Webhooks as a receiver gets them."""
import base64
import hashlib
import hmac
import json
import time
import unittest

from agentiv import Agentiv, WebhookVerificationError, verify_webhook

SECRET, OTHER = ("whsec_" + base64.b64encode(bytes([n] * 24)).decode() for n in (1, 2))
BODY = json.dumps({"event": "agent.execution.success", "execution_id": "exec_1", "output": {"ü": 1}}).encode()


def ours(secret=SECRET, body=BODY):
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def standard(secret=SECRET, body=BODY, event="evt_1", at=None):
    at = str(int(time.time() if at is None else at))
    mac = hmac.new(base64.b64decode(secret[6:]), f"{event}.{at}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": event, "webhook-timestamp": at, "webhook-signature": "v1," + base64.b64encode(mac).decode()}


class Webhooks(unittest.TestCase):
    def refused(self, headers, body=BODY, secret=SECRET, **more):
        with self.assertRaises(WebhookVerificationError):
            verify_webhook(body, headers, secret, **more)

    def test_the_event_of_a_request_that_is_signed_either_way_is_returned(self):
        for headers in (standard(), {"X-Agentiv-Signature": ours()}, {**standard(), "X-Agentiv-Signature": ours()}):
            event = verify_webhook(BODY, headers, SECRET)
            self.assertEqual((event.event, event["output"]["ü"]), ("agent.execution.success", 1))

    def test_clients_have_it_too(self):
        self.assertEqual(Agentiv("k").webhooks.verify(BODY, standard(), SECRET).execution_id, "exec_1")

    def test_headers_are_taken_in_any_case_and_as_bytes_or_lists(self):
        for change in (str.upper, str.title):
            verify_webhook(BODY, {change(name): value for name, value in standard().items()}, SECRET)
        verify_webhook(BODY, {name.encode().decode(): value.encode() for name, value in standard().items()}, SECRET)
        verify_webhook(BODY, {name: [value] for name, value in standard().items()}, SECRET)

    def test_the_body_may_be_text_as_it_came(self):
        verify_webhook(BODY.decode(), standard(), SECRET)
        verify_webhook(memoryview(BODY), standard(), SECRET)

    def test_a_parsed_body_is_refused(self):
        with self.assertRaisesRegex(TypeError, "as it came"):
            verify_webhook(json.loads(BODY), standard(), SECRET)

    def test_after_a_rotation_either_secret_will_do(self):
        new, old = standard(SECRET), standard(OTHER)
        both = {**new, "webhook-signature": f"{new['webhook-signature']} {old['webhook-signature']}"}
        ours_both = {"X-Agentiv-Signature": ours(SECRET), "X-Agentiv-Signature-Previous": ours(OTHER)}
        for secret in (SECRET, OTHER):
            verify_webhook(BODY, both, secret)
            verify_webhook(BODY, ours_both, secret)

    def test_a_receiver_may_know_several_secrets(self):
        verify_webhook(BODY, standard(OTHER), [SECRET, OTHER])
        self.refused(standard(OTHER), secret=[SECRET])

    def test_another_body_secret_id_or_time_is_refused(self):
        self.refused(standard(), body=BODY + b" ")
        self.refused(standard(), secret=OTHER)
        self.refused({**standard(), "webhook-id": "evt_2"})
        self.refused({**standard(), "webhook-timestamp": str(int(time.time()) + 1)})
        self.refused({"X-Agentiv-Signature": ours()}, body=BODY + b" ")
        self.refused({"X-Agentiv-Signature": ours().upper()})

    def test_a_right_signature_of_one_kind_does_not_mend_a_wrong_one_of_the_other(self):
        self.refused({**standard(OTHER), "X-Agentiv-Signature": ours()})

    def test_what_is_too_old_or_to_come_is_refused(self):
        for away in (-301, 301):
            self.refused(standard(at=time.time() + away))
        verify_webhook(BODY, standard(at=time.time() - 301), SECRET, tolerance=400)
        self.refused({**standard(), "webhook-timestamp": "9" * 5000})

    def test_without_a_signature_it_is_refused(self):
        self.refused({})
        self.refused({"webhook-signature": "v1,x"})

    def test_a_body_that_is_signed_and_no_event_is_refused(self):
        for body in (b"[]", b"{", b"\xff"):
            self.refused(standard(body=body), body=body)

    def test_a_secret_that_can_be_none_is_a_value_error(self):
        for secret in ("", "whsec_", "YWJj", "whsec_%%%", [], [SECRET, ""], None):
            with self.assertRaises(ValueError):
                verify_webhook(BODY, standard(), secret)

    def test_a_secret_of_another_kind_is_a_type_error(self):
        with self.assertRaisesRegex(TypeError, "must be a string"):
            verify_webhook(BODY, standard(), [SECRET, None])
