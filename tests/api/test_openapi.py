"""GET /api/openapi.json. Whether its answers are as it says is judged by the tests in tests/openapi."""
import json
import unittest

from client import HERE, ApiCase, exchange


class Document(ApiCase):
    def document(self):
        answer = exchange(self.platform.url, "GET", "/api/openapi.json")
        self.assertEqual(answer.status, 200)
        return answer.body

    def test_anybody_may_read_it(self):
        self.assertRegex(self.document()["openapi"], r"^3\.1\.")

    def test_who_asks_for_a_path_that_is_none_is_led_to_it(self):
        answer = self.call("GET", "/api/nothing", key=None)
        self.refused(answer, "NOT_FOUND")
        self.assertEqual(answer.error["message"], "No such path; see /api/openapi.json")

    def test_it_is_the_same_each_time(self):
        self.assertEqual(self.document(), self.document())

    def test_it_has_the_operator_s_agents_with_their_schemas(self):
        manifest = json.loads((HERE / "../../examples/agents/probe.json").read_text(encoding="utf-8"))
        document = self.document()
        run = document["paths"]["/api/agents/probe/run"]["post"]
        self.assertEqual(run["requestBody"]["content"]["application/json"]["schema"]["$ref"],
                         "#/components/schemas/ProbeRunRequest")
        self.assertEqual(document["components"]["schemas"]["ProbeInput"], manifest["input_schema"])
        self.assertEqual(document["components"]["schemas"]["ProbeOutput"], manifest["output_schema"])

    def test_its_server_is_the_one_that_was_asked(self):
        self.assertEqual(self.document()["servers"][0]["url"], "/")

    def test_head_has_its_length(self):
        self.assertEqual(self.call("HEAD", "/api/openapi.json", key=None).headers["Content-Length"],
                         exchange(self.platform.url, "GET", "/api/openapi.json").headers["Content-Length"])


if __name__ == "__main__":
    unittest.main()
