"""Lists of one page, and of many."""
import agentiv

from .support import Case, both, ok


class Lists(Case):
    @both
    def test_a_list_goes_over_all_pages(self, make):
        pages = [ok([{"id": "a"}, {"id": "b"}], next_cursor="c1", has_more=True),
                 ok([], next_cursor="c2", has_more=True),
                 ok([{"id": "c"}], next_cursor=None, has_more=False)]
        with make(pages) as t:
            self.assertEqual([e.id for e in t.call("executions.list", status="failed", limit=2)], ["a", "b", "c"])
            self.assertEqual(t.asked(), ["GET /api/executions?status=failed&limit=2",
                                         "GET /api/executions?status=failed&limit=2&cursor=c1",
                                         "GET /api/executions?status=failed&limit=2&cursor=c2"])

    @both
    def test_pages_can_be_gone_through_themselves(self, make):
        with make([ok([{"id": "a"}], next_cursor="c1", has_more=True), ok([], next_cursor=None, has_more=False)]) as t:
            first, second = t.pages("webhooks.list")
            self.assertEqual((first[0].id, first.next_cursor, first.has_more), ("a", "c1", True))
            self.assertEqual((second, second.has_more), ([], False))

    @both
    def test_steps_go_on_behind_the_number_of_the_last(self, make):
        with make([ok([{"step": 1}, {"step": 2}], has_more=True), ok([{"step": 3}], has_more=False)]) as t:
            self.assertEqual([s.step for s in t.call("executions.steps", "exec_1")], [1, 2, 3])
            self.assertEqual(t.asked()[1], "GET /api/executions/exec_1/steps?after=2")

    @both
    def test_a_page_that_fails_for_a_while_is_asked_for_again(self, make):
        with make([ok([{"id": "a"}], next_cursor="c", has_more=True), ok("no list"),
                   ok([{"id": "b"}], next_cursor=None, has_more=False)]) as t:
            self.assertEqual(len(t.call("executions.list")), 2)

    @both
    def test_a_server_that_leads_in_a_circle_is_not_followed(self, make):
        for beside in ({"next_cursor": "c"}, {"next_cursor": None}, {}):
            with self.subTest(**beside), make([ok([{"id": "a"}], has_more=True, **beside)] * 9) as t:
                self.fails(agentiv.ResponseError, t, "executions.list")
                self.assertLessEqual(len(t.requests), 2)

    @both
    def test_a_short_list_is_a_list(self, make):
        with make([ok([{"slug": "probe"}])]) as t:
            self.assertEqual(t.call("agents.list")[0].slug, "probe")
