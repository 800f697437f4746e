/* The handlers that the route table names. Each turns a checked request into a call on core and a typed
 * result into a response; none touches the store. */
#ifndef AGENTIV_API_HANDLERS_H
#define AGENTIV_API_HANDLERS_H

#include "http/request.h"

void agents_list(struct request *r);
void agents_get(struct request *r);
void agents_run(struct request *r);

void usage_get(struct request *r);
void openapi_json(struct request *r);

void executions_list(struct request *r);
void executions_get(struct request *r);
void executions_steps(struct request *r);
void executions_events(struct request *r);
void executions_cancel(struct request *r);

void schedules_list_all(struct request *r);
void schedules_get(struct request *r);
void schedules_put_one(struct request *r);
void schedules_delete_one(struct request *r);
void schedules_run_now(struct request *r);
void schedules_preview_get(struct request *r);
void schedules_history_get(struct request *r);

void webhooks_list(struct request *r);
void webhooks_create(struct request *r);
void webhooks_get(struct request *r);
void webhooks_update(struct request *r);
void webhooks_delete(struct request *r);
void webhooks_rotate(struct request *r);
void webhooks_test(struct request *r);
void webhooks_deliveries(struct request *r);
void webhooks_replay(struct request *r);
void webhook_deliveries_get(struct request *r);
void webhook_deliveries_replay(struct request *r);
void webhook_events_list(struct request *r);
void webhook_events_replay(struct request *r);

void session_create(struct request *r);
void session_delete(struct request *r);
void me_get(struct request *r);
void me_password(struct request *r);

void notifications_get(struct request *r);
void notifications_update(struct request *r);
void unsubscribe_get(struct request *r);
void unsubscribe_post(struct request *r);

void connections_list(struct request *r);

void api_keys_list(struct request *r);
void api_keys_create(struct request *r);
void api_keys_delete(struct request *r);
void api_keys_rotate(struct request *r);

void mcp_post(struct request *r);
void mcp_metadata(struct request *r);

void health_live(struct request *r);
void health_ready(struct request *r);
void metrics_get(struct request *r);

#endif
