#!/bin/sh
# Runs an agent and prints the API's answer. It waits as long as the run takes, and tries again when there is no answer,
# without running anything twice: each repeat bears the same Idempotency-Key, and is the same run.
#
#   run.sh AGENT [INPUT]       INPUT: an object of JSON
#
# Exit status: 0 the run has succeeded, 1 it has failed or was refused, 4 there was no answer.
set -eu
: "${AGENTIV_BASE_URL:?names the server}" "${AGENTIV_API_KEY:?is the key}"
agent=${1:?the slug of an agent}
input=${2-"{}"}
key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
answer=$(mktemp) body=$(mktemp)
trap 'rm -f "$answer" "$body"' EXIT
printf '{"input_payload": %s}' "$input" >"$body"

# The key comes to curl on standard input: on the command line others could read it. Prints the status.
ask() {
	curl -s -K - -o "$answer" -w '%{http_code}' --connect-timeout 10 --max-time 120 <<-END
		url = "$AGENTIV_BASE_URL/api/agents/$agent/run"
		header = "Authorization: Bearer $AGENTIV_API_KEY"
		header = "Content-Type: application/json"
		header = "Idempotency-Key: $key"
		data = "@$body"
	END
}

failures=0
while :; do
	: >"$answer"
	status=$(ask) || status=000      # no answer, or not all of it
	case $status in
	200) break ;;
	202) failures=0 ;;      # it goes on: the same request waits for it again
	000 | 429 | 502 | 503 | 504) failures=$((failures + 1)) ;;
	500)
		# a run that has failed is not run again
		grep -Eq '"code": ?"INTERNAL"' "$answer" || break
		failures=$((failures + 1))
		;;
	*) break ;;
	esac
	[ $failures -lt 5 ] || break
	sleep $((failures > 0 ? failures : 1))
done
[ "$status" != 000 ] || { echo "run.sh: no answer of $AGENTIV_BASE_URL" >&2; exit 4; }
cat "$answer"
echo
[ "$status" = 200 ]
