/* THE table. The steps check access, feature, scope, query and body before a handler is called. */
#include "http/routes.h"

#include "api/handlers.h"

static const char *const execution_queries[] = {
	"status", "agent_slug", "trigger_type", "schedule_id", "created_after", "created_before",
	"limit", "cursor", NULL,
};

static const char *const step_queries[] = {"after", "limit", NULL};
static const char *const preview_queries[] = {"count", "from", "cron_expr", "timezone", NULL};
static const char *const history_queries[] = {"outcome", "limit", "cursor", NULL};
static const char *const endpoint_queries[] = {"limit", "cursor", NULL};
static const char *const delivery_queries[] = {"status", "event", "created_after", "created_before", "limit", "cursor", NULL};

#define WEBHOOKS_READ (SCOPE_AGENTS_READ | SCOPE_WEBHOOKS_WRITE)      /* either */

const struct route routes[] = {
	{HTTP_POST, "/api/agents/{}/run", agents_run,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_RUN, true, NULL},
	{HTTP_GET, "/api/executions/{}", executions_get,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_READ, false, NULL},
	{HTTP_GET, "/api/executions", executions_list,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_READ, false, execution_queries},
	{HTTP_GET, "/api/executions/{}/steps", executions_steps,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_READ, false, step_queries},
	{HTTP_GET, "/api/executions/{}/events", executions_events,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_READ, false, NULL},
	{HTTP_POST, "/api/executions/{}/cancel", executions_cancel,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_RUN, false, NULL},
	{HTTP_GET, "/api/agents", agents_list,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_READ, false, NULL},
	{HTTP_GET, "/api/agents/{}", agents_get,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_READ, false, NULL},
	{HTTP_GET, "/api/schedules", schedules_list_all,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_READ, false, NULL},
	{HTTP_GET, "/api/schedules/{}", schedules_get,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_READ, false, NULL},
	{HTTP_POST, "/api/schedules/{}", schedules_put_one,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_SCHEDULES_WRITE, true, NULL},
	{HTTP_DELETE, "/api/schedules/{}", schedules_delete_one,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_SCHEDULES_WRITE, false, NULL},
	{HTTP_POST, "/api/schedules/{}/run", schedules_run_now,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_RUN, false, NULL},
	{HTTP_GET, "/api/schedules/{}/preview", schedules_preview_get,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_READ, false, preview_queries},
	{HTTP_GET, "/api/schedules/{}/history", schedules_history_get,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_READ, false, history_queries},
	{HTTP_GET, "/api/webhooks", webhooks_list,
	 ACCESS_ACCOUNT, FEATURE_WEBHOOKS, WEBHOOKS_READ, false, endpoint_queries},
	{HTTP_POST, "/api/webhooks", webhooks_create,
	 ACCESS_ACCOUNT, FEATURE_WEBHOOKS, SCOPE_WEBHOOKS_WRITE, true, NULL},
	{HTTP_GET, "/api/webhooks/{}", webhooks_get,
	 ACCESS_ACCOUNT, FEATURE_WEBHOOKS, WEBHOOKS_READ, false, NULL},
	{HTTP_PATCH, "/api/webhooks/{}", webhooks_update,
	 ACCESS_ACCOUNT, FEATURE_WEBHOOKS, SCOPE_WEBHOOKS_WRITE, true, NULL},
	{HTTP_DELETE, "/api/webhooks/{}", webhooks_delete,
	 ACCESS_ACCOUNT, FEATURE_WEBHOOKS, SCOPE_WEBHOOKS_WRITE, false, NULL},
	{HTTP_POST, "/api/webhooks/{}/rotate-secret", webhooks_rotate,
	 ACCESS_ACCOUNT, FEATURE_WEBHOOKS, SCOPE_WEBHOOKS_WRITE, true, NULL},
	{HTTP_POST, "/api/webhooks/{}/test", webhooks_test,
	 ACCESS_ACCOUNT, FEATURE_WEBHOOKS, SCOPE_WEBHOOKS_WRITE, true, NULL},
	{HTTP_GET, "/api/webhooks/{}/deliveries", webhooks_deliveries,
	 ACCESS_ACCOUNT, FEATURE_WEBHOOKS, WEBHOOKS_READ, false, delivery_queries},
	{HTTP_POST, "/api/webhooks/{}/replay", webhooks_replay,
	 ACCESS_ACCOUNT, FEATURE_WEBHOOKS, SCOPE_WEBHOOKS_WRITE, true, NULL},
	{HTTP_GET, "/api/webhook-deliveries/{}", webhook_deliveries_get,
	 ACCESS_ACCOUNT, FEATURE_WEBHOOKS, WEBHOOKS_READ, false, NULL},
	{HTTP_POST, "/api/webhook-deliveries/{}/replay", webhook_deliveries_replay,
	 ACCESS_ACCOUNT, FEATURE_WEBHOOKS, SCOPE_WEBHOOKS_WRITE, true, NULL},
	{HTTP_GET, "/api/webhook-events", webhook_events_list,
	 ACCESS_ACCOUNT, FEATURE_WEBHOOKS, WEBHOOKS_READ, false, NULL},
	{HTTP_POST, "/api/webhook-events/{}/replay", webhook_events_replay,
	 ACCESS_ACCOUNT, FEATURE_WEBHOOKS, SCOPE_WEBHOOKS_WRITE, true, NULL},
	{HTTP_POST, "/api/session", session_create,
	 ACCESS_OPEN, FEATURE_NONE, 0, true, NULL},
	{HTTP_DELETE, "/api/session", session_delete,
	 ACCESS_SESSION, FEATURE_NONE, 0, false, NULL},
	{HTTP_GET, "/api/me", me_get,
	 ACCESS_ACCOUNT, FEATURE_API, 0, false, NULL},
	{HTTP_POST, "/api/me/password", me_password,
	 ACCESS_SESSION, FEATURE_NONE, 0, true, NULL},
	{HTTP_GET, "/api/connections", connections_list,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_CONNECTIONS_READ, false, NULL},
	{HTTP_GET, "/api/usage", usage_get,
	 ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_READ, false, NULL},
	{HTTP_GET, "/api/keys", api_keys_list,
	 ACCESS_SESSION, FEATURE_NONE, 0, false, NULL},
	{HTTP_POST, "/api/keys", api_keys_create,
	 ACCESS_SESSION, FEATURE_NONE, 0, true, NULL},
	{HTTP_DELETE, "/api/keys/{}", api_keys_delete,
	 ACCESS_SESSION, FEATURE_NONE, 0, false, NULL},
	{HTTP_POST, "/api/keys/{}/rotate", api_keys_rotate,
	 ACCESS_SESSION, FEATURE_NONE, 0, true, NULL},
	{HTTP_GET, "/health/live", health_live, ACCESS_OPEN, FEATURE_NONE, 0, false, NULL},
	{HTTP_GET, "/health/ready", health_ready, ACCESS_OPEN, FEATURE_NONE, 0, false, NULL},
	{HTTP_GET, "/metrics", metrics_get, ACCESS_LOCAL, FEATURE_NONE, 0, false, NULL},
};

const unsigned route_count = sizeof routes / sizeof *routes;
