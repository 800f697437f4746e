"""Examples: that they are there, and that they fit. Whether they fit is judged by Redocly's and Spectral's validators."""
import unittest

from document import document, operations, redocly, resolved, spectral

NOTHING = {"type": "null"}


def is_empty(content):
    return content["schema"].get("properties", {}).get("data") == NOTHING


class Examples(unittest.TestCase):
    def setUp(self):
        self.document = document()

    def contents(self, of):
        return resolved(self.document, of).get("content", {}).values()

    def test_each_operation_has_an_example_of_its_body(self):
        for name, operation in operations(self.document):
            if "requestBody" in operation:
                with self.subTest(name):
                    self.assertTrue(all("example" in c for c in self.contents(operation["requestBody"])))

    def test_each_answer_that_holds_something_has_an_example(self):
        for name, operation in operations(self.document):
            for status, response in operation["responses"].items():
                for content in self.contents(response):
                    with self.subTest(name, status=status):
                        self.assertTrue("example" in content or "examples" in content)

    def test_each_code_has_an_example_where_it_is_answered(self):
        for name, response in self.document["components"]["responses"].items():
            for content in self.contents(response):
                for code, example in content["examples"].items():
                    with self.subTest(name, code=code):
                        self.assertEqual(example["value"]["error"]["code"], code)

    def test_each_code_has_an_example_with_the_schema_of_errors(self):
        schemas = self.document["components"]["schemas"]
        self.assertEqual([e["error"]["code"] for e in schemas["ErrorResponse"]["examples"]], schemas["ErrorCode"]["enum"])

    def test_each_event_has_an_example_as_it_is_sent(self):
        for name, item in self.document["webhooks"].items():
            with self.subTest(name):
                self.assertEqual(item["post"]["requestBody"]["content"]["application/json"]["example"]["event"], name)

    def found(self, words):
        """What does not fit is found: else the lints' silence would say nothing."""
        self.assertTrue(any(words in message or words in place for _, place, message in redocly(self.document)))
        self.assertTrue(any(words in message or words in place for _, place, message in spectral(self.document)))

    def test_an_answer_s_example_that_does_not_fit_is_found(self):
        content = self.document["paths"]["/api/me"]["get"]["responses"]["200"]["content"]["application/json"]
        content["example"]["data"]["teapot"] = True
        self.found("teapot")

    def test_an_error_s_example_that_does_not_fit_is_found(self):
        response = self.document["components"]["responses"]["CONFLICT"]
        response["content"]["application/json"]["examples"]["CONFLICT"]["value"]["error"]["code"] = "TEAPOT"
        self.found("CONFLICT")

    def test_an_agent_s_example_that_does_not_fit_is_found(self):
        post = self.document["paths"]["/api/agents/email-triage/run"]["post"]
        post["requestBody"]["content"]["application/json"]["example"]["input_payload"]["max_emails"] = 1000
        self.found("max_emails")


if __name__ == "__main__":
    unittest.main()
