/* GET /metrics: Prometheus text exposition format 0.0.4. Figures of this process, and of the queue as the
 * database has it now. */
#include "config.h"

#include <inttypes.h>

#include "api/app.h"
#include "api/handlers.h"
#include "api/waiting.h"
#include "http/response.h"
#include "http/routes.h"
#include "http/stats.h"

#define BODY_MAX (1u << 20)

static void head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_addf(b, "# HELP agentiv_%s %s\n# TYPE agentiv_%s %s\n", name, help, name, type);
}

static void figure(struct buf *b, const char *name, const char *type, const char *help, int64_t value)
{
	head(b, name, type, help);
	buf_addf(b, "agentiv_%s %" PRId64 "\n", name, value);
}

static void seconds(struct buf *b, const char *name, const char *help, int64_t ms)
{
	head(b, name, "gauge", help);
	buf_addf(b, "agentiv_%s %.3f\n", name, (double)ms / 1000);
}

/* method="GET",route="/api/agents" */
static void add_labels(struct buf *b, unsigned route)
{
	if (route < route_count)
		buf_addf(b, "method=\"%s\",route=\"%s\"", route_method(&routes[route]), routes[route].path);
	else
		buf_adds(b, "method=\"\",route=\"\"");
}

static void add_requests(struct buf *b, unsigned route, const struct route_stats *s)
{
	unsigned c;

	for (c = 1; c < 6; c++) {
		if (s->by_class[c] == 0)
			continue;
		buf_adds(b, "agentiv_http_requests_total{");
		add_labels(b, route);
		buf_addf(b, ",class=\"%uxx\"} %" PRIu64 "\n", c, s->by_class[c]);
	}
}

static void add_durations(struct buf *b, unsigned route, const struct route_stats *s)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < STATS_BUCKETS; i++)
		sum += s->buckets[i];
	if (sum == 0)
		return;
	for (i = 0, sum = 0; i < STATS_BUCKETS; i++) {
		sum += s->buckets[i];
		buf_adds(b, "agentiv_http_request_duration_seconds_bucket{");
		add_labels(b, route);
		if (stats_bounds_us[i] == INT64_MAX)
			buf_addf(b, ",le=\"+Inf\"} %" PRIu64 "\n", sum);
		else
			buf_addf(b, ",le=\"%g\"} %" PRIu64 "\n", (double)stats_bounds_us[i] / 1e6, sum);
	}
	buf_adds(b, "agentiv_http_request_duration_seconds_sum{");
	add_labels(b, route);
	buf_addf(b, "} %.6f\nagentiv_http_request_duration_seconds_count{", (double)s->sum_us / 1e6);
	add_labels(b, route);
	buf_addf(b, "} %" PRIu64 "\n", sum);
}

/* Index route_count stands for requests without a route. */
static void each_route(struct buf *b, void (*add)(struct buf *, unsigned, const struct route_stats *))
{
	struct route_stats s;
	unsigned i;

	for (i = 0; i <= route_count; i++) {
		stats_read(i < route_count ? i : STATS_ROUTES_MAX, &s);
		add(b, i, &s);
	}
}

static void add_process(struct buf *b, struct app *app)
{
	struct db_counters db = db_counters(app->db);
	uint64_t batches, jobs;

	admitter_counts(app->admitter, &batches, &jobs);
	figure(b, "admission_batches_total", "counter", "Transactions that accepted or refused runs.",
	       (int64_t)batches);
	figure(b, "admissions_total", "counter", "Runs that asked to be accepted.", (int64_t)jobs);
	reader_counts(app->reader, &batches, &jobs);
	figure(b, "read_batches_total", "counter", "Statements that read executions.", (int64_t)batches);
	figure(b, "reads_total", "counter", "Executions that they read.", (int64_t)jobs);
	figure(b, "requests_waiting", "gauge", "Requests that wait for an execution.",
	       waiting_count(app->waiting));
	figure(b, "db_statements_total", "counter", "Statements sent.", (int64_t)db.statements);
	figure(b, "db_round_trips_total", "counter", "Packets sent to the database.", (int64_t)db.round_trips);
	figure(b, "db_transactions_total", "counter", "Transactions begun.", (int64_t)db.transactions);
	figure(b, "db_retries_total", "counter", "Transactions begun again.", (int64_t)db.retries);
	figure(b, "db_connects_total", "counter", "Connections made.", (int64_t)db.connects);
	figure(b, "draining", "gauge", "1 while the process is being stopped.", atomic_load(&app->draining));
}

static void add_queue(struct buf *b, const struct queue_stats *q)
{
	head(b, "queue_runs", "gauge", "Runs that are not over; later up to 100000.");
	buf_addf(b, "agentiv_queue_runs{state=\"ready\"} %" PRId64 "\n", q->ready);
	buf_addf(b, "agentiv_queue_runs{state=\"leased\"} %" PRId64 "\n", q->leased);
	buf_addf(b, "agentiv_queue_runs{state=\"held\"} %" PRId64 "\n", q->held);
	buf_addf(b, "agentiv_queue_runs{state=\"later\"} %" PRId64 "\n", q->later);
	seconds(b, "queue_oldest_ready_seconds", "Age of the run that is ready for longest.", q->oldest_ready_ms);
	figure(b, "accounts_holding", "gauge", "Accounts that have held runs.", q->holding);
	figure(b, "queue_due", "gauge", "Runs of later whose time has come, still to be moved; up to 100000.", q->due);
	seconds(b, "queue_oldest_due_seconds", "How long the time of the first of them is over.", q->oldest_due_ms);
	figure(b, "leases_expired", "gauge", "Leases past their time that nobody has taken up.", q->expired);
	seconds(b, "leases_oldest_expired_seconds", "How long the first of them is past it.", q->oldest_expired_ms);
	figure(b, "outbox_deliveries", "gauge", "Webhooks and mails still to be sent; up to 100000.", q->outbox);
}

static void add_deliveries(struct buf *b, const struct outbox_stats *s)
{
	static const char *const outcomes[] = {"retried", "delivered", "failed"};
	int64_t sum = 0;
	unsigned i;

	figure(b, "outbox_overdue", "gauge", "Deliveries whose time has come and that no sender has taken; up to 100000.",
	       s->overdue);
	seconds(b, "outbox_oldest_overdue_seconds", "How long the time of the first of them is over.", s->oldest_overdue_ms);
	head(b, "delivery_attempts_total", "counter",
	     "Attempts to deliver, by what became of the delivery: delivered, to be retried, failed for good.");
	for (i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
		buf_addf(b, "agentiv_delivery_attempts_total{outcome=\"%s\"} %" PRId64 "\n", outcomes[i], s->attempts[i]);
		sum += s->attempts[i];
	}
	head(b, "delivery_duration_seconds", "histogram", "Time that attempts to deliver took.");
	for (i = 0; i < OUTBOX_BOUNDS; i++)
		buf_addf(b, "agentiv_delivery_duration_seconds_bucket{le=\"%g\"} %" PRId64 "\n",
		         (double)outbox_bounds_ms[i] / 1000, s->within[i]);
	buf_addf(b, "agentiv_delivery_duration_seconds_bucket{le=\"+Inf\"} %" PRId64 "\n", sum);
	buf_addf(b, "agentiv_delivery_duration_seconds_sum %.3f\n", (double)s->duration_ms / 1000);
	buf_addf(b, "agentiv_delivery_duration_seconds_count %" PRId64 "\n", sum);
}

static void add_schedules(struct buf *b, const struct schedule_stats *s)
{
	figure(b, "schedules_enabled", "gauge", "Schedules with a slot to come; up to 100000.", s->enabled);
	figure(b, "schedules_overdue", "gauge", "Schedules whose slot has come and that nobody has fired; up to 100000.",
	       s->overdue);
	seconds(b, "schedules_oldest_overdue_seconds", "How long ago the slot of the first of them came.", s->oldest_ms);
	figure(b, "schedules_paused", "gauge", "Schedules that were paused since their runs failed.", s->paused);
	figure(b, "schedule_runs_waiting", "gauge", "Runs of schedules that wait for the run before them.", s->waiting);
}

static void add_duties(struct buf *b, const struct duty_state *duties, unsigned n)
{
	unsigned late = 0, failed = 0, i;

	head(b, "duty_done_timestamp_seconds", "gauge", "When a duty of schedulers was last done to its end; 0 never.");
	for (i = 0; i < n; i++)
		buf_addf(b, "agentiv_duty_done_timestamp_seconds{duty=\"%s\"} %" PRId64 "\n", duties[i].row.name,
		         duties[i].row.done_at / 1000);
	head(b, "duty_rows_total", "counter", "Rows that a duty has removed, or months that it has closed.");
	for (i = 0; i < n; i++) {
		buf_addf(b, "agentiv_duty_rows_total{duty=\"%s\"} %" PRId64 "\n", duties[i].row.name, duties[i].row.rows);
		late += duties[i].late;
		failed += duties[i].row.failed_at != 0;
	}
	figure(b, "duties_late", "gauge", "Duties of schedulers that nobody has done for three of their periods.", late);
	figure(b, "duties_failed", "gauge", "Duties of schedulers that failed when they were last tried.", failed);
}

void metrics_get(struct request *r)
{
	struct schedule_stats s;
	struct outbox_stats o;
	struct queue_stats q;
	struct error err = {0};
	struct duty_state duties[DUTIES_MAX];
	unsigned duty_count = 0;
	struct buf b;
	bool up;

	buf_init(&b, BODY_MAX);
	head(&b, "build_info", "gauge", "The program's version.");
	buf_adds(&b, "agentiv_build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
	head(&b, "http_requests_total", "counter", "Answered requests.");
	each_route(&b, add_requests);
	head(&b, "http_request_duration_seconds", "histogram", "Time from a request's head to its answer.");
	each_route(&b, add_durations);
	add_process(&b, r->app);
	up = runs_stats(r->app->runs, &q, &err) && runs_outbox_stats(r->app->runs, &o, &err) &&
	     runs_schedule_stats(r->app->runs, &s, &err) && runs_duty_stats(r->app->runs, duties, &duty_count, &err);
	figure(&b, "database_up", "gauge", "1 when the database answers.", up);
	if (up) {
		add_queue(&b, &q);
		add_deliveries(&b, &o);
		add_schedules(&b, &s);
		add_duties(&b, duties, duty_count);
	}
	respond(r, 200, NULL, "text/plain; version=0.0.4; charset=utf-8", buf_str(&b), b.len);
	buf_release(&b);
}
