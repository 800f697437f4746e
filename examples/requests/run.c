/* Runs an agent and prints its result, with libcurl and json-c.
 *
 *   cc -O2 -o run run.c -lcurl -ljson-c
 *   AGENTIV_BASE_URL=https://agentiv.example.com AGENTIV_API_KEY=agv_live_… ./run email-triage '{"max_emails": 20}'
 *
 * It waits as long as the run takes, and tries again when there is no answer, without running anything twice: each repeat
 * bears the same Idempotency-Key, and is the same run. Exit status: 0 the run has succeeded, 1 it has failed or was refused,
 * 2 usage, 4 there was no answer. */
#include <curl/curl.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define ANSWER_MAX   (16u << 20)     /* bytes; an output may have 4 MiB */
#define ATTEMPTS     5               /* in a row without an answer */
#define TIMEOUT_S    120L            /* of one request; the server answers earlier, by default after 55 s */
#define RETRY_MAX_S  60              /* who is told to come later than that gives up */

struct answer { char *text; size_t len; long status; curl_off_t retry_after_s; };

static size_t on_body(char *data, size_t size, size_t n, void *answer)
{
	struct answer *a = answer;
	char *longer;

	(void)size;
	if (a->len + n > ANSWER_MAX || !(longer = realloc(a->text, a->len + n + 1)))
		return 0;
	memcpy(longer + a->len, data, n);
	a->text = longer;
	a->len += n;
	a->text[a->len] = '\0';
	return n;
}

/* Sends the request that curl is set up for. status stays 0 when there is no whole answer. */
static void ask(CURL *curl, struct answer *a)
{
	free(a->text);
	*a = (struct answer){.text = NULL};
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
	if (curl_easy_perform(curl) != CURLE_OK)
		return;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &a->status);
	curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &a->retry_after_s);
}

/* A member of an object, by a path of two; NULL. */
static struct json_object *member(struct json_object *o, const char *first, const char *second)
{
	struct json_object *found = NULL;

	if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, first, &found))
		return NULL;
	if (!json_object_is_type(found, json_type_object) || !json_object_object_get_ex(found, second, &found))
		return NULL;
	return found;
}

static const char *text_of(struct json_object *o, const char *first, const char *second)
{
	const char *text = json_object_get_string(member(o, first, second));

	return text ? text : "";
}

/* Whether the same request may have a better answer; a run that has failed is not run again. */
static bool may_help(const struct answer *a, struct json_object *o)
{
	if (a->retry_after_s > RETRY_MAX_S)
		return false;
	return a->status == 0 || a->status == 429 || a->status == 502 || a->status == 503 || a->status == 504 ||
	       (a->status == 500 && strcmp(text_of(o, "error", "code"), "INTERNAL") == 0);
}

/* The answer when the run is over, or when nothing helps: NULL, if there is none. */
static struct json_object *run(CURL *curl, struct answer *a)
{
	struct json_object *o = NULL;
	unsigned failures = 0;

	for (;;) {
		json_object_put(o);
		ask(curl, a);
		o = a->status ? json_tokener_parse(a->text ? a->text : "") : NULL;
		if (a->status == 202)
			failures = 0;           /* it goes on: the same request waits for it again */
		else if (!may_help(a, o) || ++failures == ATTEMPTS)
			return o;
		sleep(a->retry_after_s > 0 ? (unsigned)a->retry_after_s : failures > 0 ? failures : 1);
	}
}

/* ---- the request ---- */

static char *print(const char *format, const char *a, const char *b)
{
	int n = snprintf(NULL, 0, format, a, b);
	char *text = malloc((size_t)n + 1);

	if (!text)
		abort();
	snprintf(text, (size_t)n + 1, format, a, b);
	return text;
}

static struct curl_slist *add_header(struct curl_slist *headers, const char *format, const char *value)
{
	char *line = print(format, value, "");
	struct curl_slist *longer = curl_slist_append(headers, line);

	free(line);
	return longer;
}

/* Of its own for each run: 128 bits that nobody guesses. */
static void make_key(char out[33])
{
	unsigned char bytes[16];
	size_t i;

	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		abort();
	for (i = 0; i < sizeof bytes; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static struct curl_slist *set_up(CURL *curl, const char *url, const char *body)
{
	struct curl_slist *headers = NULL;
	char key[33];

	make_key(key);
	headers = add_header(headers, "Authorization: Bearer %s%s", getenv("AGENTIV_API_KEY"));
	headers = add_header(headers, "Content-Type: application/json%s%s", "");
	headers = add_header(headers, "Idempotency-Key: %s%s", key);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 10L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_S);
	return headers;
}

/* The result to standard output, or what went wrong to standard error; the exit status. */
static int tell(const struct answer *a, struct json_object *o)
{
	if (a->status == 0) {
		fprintf(stderr, "run: no answer of %s\n", getenv("AGENTIV_BASE_URL"));
		return 4;
	}
	if (a->status != 200) {
		fprintf(stderr, "run: %ld %s: %s\n", a->status, text_of(o, "error", "code"), text_of(o, "error", "message"));
		return 1;
	}
	printf("%s\n%s\n", text_of(o, "data", "summary"),
	       json_object_to_json_string_ext(member(o, "data", "output"), JSON_C_TO_STRING_PRETTY));
	return 0;
}

int main(int argc, char **argv)
{
	const char *base = getenv("AGENTIV_BASE_URL");
	struct answer a = {.text = NULL};
	struct curl_slist *headers;
	struct json_object *o;
	char *url, *body;
	CURL *curl;
	int status;

	if (argc < 2 || argc > 3 || !base || !getenv("AGENTIV_API_KEY")) {
		fprintf(stderr, "usage: run AGENT [INPUT], with AGENTIV_BASE_URL and AGENTIV_API_KEY in the environment\n");
		return 2;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	curl = curl_easy_init();
	if (!curl)
		return 4;
	url = print("%s/api/agents/%s/run", base, argv[1]);
	body = print("{\"input_payload\": %s}%s", argc > 2 ? argv[2] : "{}", "");
	headers = set_up(curl, url, body);
	o = run(curl, &a);
	status = tell(&a, o);
	json_object_put(o);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	curl_global_cleanup();
	free(a.text);
	free(url);
	free(body);
	return status;
}
