# Measuring webhooks: sourced by tests/bench/run.
# shellcheck shell=bash disable=SC2154 # its variables

# record_all < JSON: each of its members.
record_all() {
	local name value
	while read -r name value; do
		record "$name" "$value"
	done < <(python3 -c 'import json, sys
for name, value in json.loads(sys.stdin.read()).items():
	print(name, value)')
}

# Deliveries to endpoints, beside wrk's plain POSTs to the same receivers.
measure_deliver() {
	say "deliver: $deliveries deliveries to each of two receivers, $finish_rounds times, beside plain POSTs"
	seed_restore
	"$here/deliver.py" "$state" "$work" "$objects/hook_receiver" "$deliveries" "$finish_rounds" "$seconds" >"$work/deliver.json" ||
		die "deliveries could not be measured"
	record_all <"$work/deliver.json"
}

# Endpoints of which half are bad, beside the good ones alone.
measure_crowd() {
	say "crowd: $endpoints endpoints for twice $crowd_s s, in the second time half of them bad"
	seed_restore
	"$here/crowd.py" "$state" "$work" "$endpoints" "$crowd_s" >"$work/crowd.json" || die "the crowd could not be measured"
	record_all <"$work/crowd.json"
}
