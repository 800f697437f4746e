/* run_latency URL SAMPLES < KEY: how long one client waits on a platform that has nothing else to do. One after the
 * other, SAMPLES times: an asynchronous run, until it is accepted and until its webhook has come; and a synchronous
 * run, until its answer is here. Prints the medians and 99th percentiles in milliseconds as JSON. */
#include <curl/curl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rnd.h"
#include "bench.h"
#include "hooks.h"

#define SAMPLES_MAX 10000
#define WAIT_S      20
#define PAUSE_US    3000       /* between two samples, and as much again at random: so that none meets the
                                * rest of the work that the one before left, nor the rhythm of a poll */

struct times { int64_t us[SAMPLES_MAX]; unsigned n; };

static struct times accepted, heard, finished;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char heard_id[ID_TEXT_SIZE];    /* under the lock: of the last delivery */
static int64_t heard_us;

static void on_heard(void *ctx, const char *execution, int64_t at_us)
{
	pthread_mutex_lock(&lock);
	snprintf(heard_id, sizeof heard_id, "%s", execution);
	heard_us = at_us;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
}

/* When the webhook of the execution came. */
static int64_t wait_for(const char *id)
{
	struct timespec until;
	int64_t at;
	int rc = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	pthread_mutex_lock(&lock);
	while (strcmp(heard_id, id) != 0 && rc == 0)
		rc = pthread_cond_timedwait(&changed, &lock, &until);
	at = heard_us;
	pthread_mutex_unlock(&lock);
	bench_must(rc == 0, "a webhook did not come within 20 s", NULL);
	return at;
}

struct answer { char text[4096]; size_t n; };

static size_t take(char *p, size_t size, size_t n, void *ctx)
{
	struct answer *a = ctx;

	if (n < sizeof a->text - a->n) {
		memcpy(a->text + a->n, p, n);
		a->n += n;
		a->text[a->n] = '\0';
	}
	return n;
}

/* Sends the body; id is the execution's. */
static void post(CURL *curl, const char *body, long expected, char id[ID_TEXT_SIZE])
{
	static const char member[] = "\"execution_id\":\"";
	struct answer a = {.n = 0};
	struct error err = {0};
	const char *p;
	long status = 0;

	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &a);
	bench_must(curl_easy_perform(curl) == CURLE_OK, "a request failed", NULL);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	p = strstr(a.text, member);
	if (status != expected || !p)
		err_set(&err, ERR_INTERNAL, "status %ld: %.300s", status, a.text);
	bench_must(err.code == ERR_NONE, "an answer was not as expected", &err);
	p += sizeof member - 1;
	snprintf(id, ID_TEXT_SIZE, "%.*s", (int)strcspn(p, "\""), p);
}

static void pause_a_little(void)
{
	struct timespec t = {.tv_nsec = (long)((1 + rnd_unit()) * PAUSE_US) * 1000};

	nanosleep(&t, NULL);
}

static void sample(CURL *curl, const char *async_body)
{
	char id[ID_TEXT_SIZE];
	int64_t began = clock_mono_us();

	post(curl, async_body, 202, id);
	accepted.us[accepted.n++] = clock_mono_us() - began;
	heard.us[heard.n++] = wait_for(id) - began;
	pause_a_little();
	began = clock_mono_us();
	post(curl, "{\"input_payload\":{\"payload\":1}}", 200, id);
	finished.us[finished.n++] = clock_mono_us() - began;
	pause_a_little();
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void print(const char *name, struct times *t, const char *end)
{
	qsort(t->us, t->n, sizeof *t->us, by_number);
	printf("\"%s\":{\"p50_ms\":%.3f,\"p99_ms\":%.3f}%s", name, (double)t->us[t->n / 2] / 1000,
	       (double)t->us[(t->n * 99 + 99) / 100 - 1] / 1000, end);
}

int main(int argc, char **argv)
{
	char key[200], bearer[300], async_body[300], url[300];
	struct curl_slist *headers = NULL;
	unsigned port = 0, i, samples = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
	CURL *curl;

	if (samples < 1 || samples > SAMPLES_MAX || !fgets(key, sizeof key, stdin)) {
		fputs("Usage: run_latency URL SAMPLES < KEY\n", stderr);
		return 2;
	}
	log_open("run_latency");
	key[strcspn(key, "\n")] = '\0';
	hooks_start(&port, on_heard, NULL);
	snprintf(async_body, sizeof async_body, "{\"input_payload\":{\"payload\":1},\"async\":true,\"webhook_url\":"
	         "\"http://127.0.0.1:%u/hook\"}", port);
	snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", key);
	snprintf(url, sizeof url, "%s/api/agents/probe/run", argv[1]);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	curl = curl_easy_init();
	headers = curl_slist_append(headers, bearer);
	headers = curl_slist_append(headers, "Content-Type: application/json");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
	for (i = 0; i < samples; i++)
		sample(curl, async_body);
	printf("{\"samples\":%u,", samples);
	print("accepted", &accepted, ",");
	print("finished", &finished, ",");
	print("webhook", &heard, "}\n");
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	return 0;
}
