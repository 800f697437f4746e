# The responder: transports, request, response, the route table and its steps, and the handlers of src/api.
noinst_LIBRARIES += libhttp.a
libhttp_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
libhttp_a_SOURCES = \
	src/http/cgi.c \
	src/http/fcgi.c \
	src/http/request.c src/http/request.h \
	src/http/response.c src/http/response.h \
	src/http/server.c src/http/server.h src/http/server_priv.h \
	src/http/stats.c src/http/stats.h \
	src/http/transport.h
HTTP_LIBS = libhttp.a $(FCGI_LIBS)

noinst_LIBRARIES += libapi.a
libapi_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
libapi_a_SOURCES = \
	src/api/agents.c src/api/usage.c \
	src/api/app.c src/api/app.h \
	src/api/connections.c \
	src/api/events.c \
	src/api/executions.c \
	src/api/handlers.h \
	src/api/health.c \
	src/api/keys.c \
	src/api/list.c src/api/list.h \
	src/api/mcp.c src/api/mcp_priv.h \
	src/api/mcp_call.c src/api/mcp_lookup.c src/api/mcp_result.c src/api/mcp_server.c \
	src/api/mcp_tasks.c src/api/mcp_tools.c \
	src/api/metrics.c \
	src/api/notifications.c \
	src/api/once.c src/api/once.h \
	src/api/openapi.c src/api/openapi.h src/api/openapi_priv.h \
	src/api/openapi_agents.c src/api/openapi_check.c src/api/openapi_operation.c src/api/openapi_refs.c \
	src/api/openapi_responses.c src/api/openapi_source.c src/api/openapi_webhooks.c \
	src/api/query.c src/api/query.h \
	src/api/render.c src/api/render.h \
	src/api/schedules.c src/api/schedules_priv.h \
	src/api/schedules_request.c src/api/schedules_times.c \
	src/api/session.c \
	src/api/runs.c src/api/runs_priv.h \
	src/api/runs_answer.c src/api/runs_request.c \
	src/api/step_stream.c src/api/step_stream.h \
	src/api/webhooks.c src/api/webhooks_priv.h src/api/webhook_deliveries.c \
	src/api/waiting.c src/api/waiting.h src/api/waiting_priv.h \
	src/api/waiting_look.c src/api/waiting_table.c \
	src/http/router.c \
	src/http/routes.c src/http/routes.h src/http/routes_write.c \
	src/http/steps.c src/http/steps.h
API_LIBS = libapi.a

# The descriptions of the API are in the program, so that they cannot be those of another release.
nodist_libapi_a_SOURCES = src/api/openapi_parts.c
OPENAPI_PARTS = \
	src/api/openapi/common.json \
	src/api/openapi/runs.json \
	src/api/openapi/schedules.json \
	src/api/openapi/webhooks.json \
	src/api/openapi/events.json \
	src/api/openapi/account.json \
	src/api/openapi/mcp.json \
	src/api/openapi/operation.json
EXTRA_DIST += src/api/openapi/embed.awk $(OPENAPI_PARTS)
CLEANFILES += src/api/openapi_parts.c
src/api/openapi_parts.c: src/api/openapi/embed.awk $(OPENAPI_PARTS)
	$(AM_V_GEN)$(MKDIR_P) src/api && (cd $(srcdir) && $(AWK) -f src/api/openapi/embed.awk $(OPENAPI_PARTS)) >$@-new && \
		mv $@-new $@
