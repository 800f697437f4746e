# Measuring schedules, on a database of their own: sourced by tests/bench/run.
# shellcheck shell=bash disable=SC2154 # its variables

sql_schedules() {
	sql "USE agentiv_schedules; $1"
}

# prepare_schedules ACCOUNTS: empty tables, and accounts without any limit.
prepare_schedules() {
	local n
	for ((n = 1; n <= AGENTS; n++)); do
		sed "s/\"slug\": \"probe\"/\"slug\": \"probe$n\"/" "$top/examples/agents/probe.json" \
			>"$state/agents/probe$n.json" || exit 1
	done
	sql "DROP DATABASE IF EXISTS agentiv_schedules; CREATE DATABASE agentiv_schedules"
	AGENTIV_DATABASE_NAME=agentiv_schedules stack_ctl "$state" migrate >>"$state/log/migrate.log" 2>&1 ||
		die "the schedules' database could not be made"
	sql_schedules "INSERT INTO accounts (id, public_id, email, name, plan, webhook_secret, created_at)
			SELECT seq, UNHEX(LPAD(HEX(seq), 32, '0')), seq, 'Bench', 'enterprise', '', 0 FROM seq_1_to_$1;
		INSERT INTO account_quota (account_id) SELECT id FROM accounts;
		INSERT INTO subscriptions (account_id, agent, status) SELECT id, '*', 1 FROM accounts"
}

# add_schedules COUNT ACCOUNTS AT CRON: one for each agent of each account, in the order in which they may have come.
add_schedules() {
	sql_schedules "INSERT INTO schedules (id, account_id, agent, enabled, next_at, last_slot, cron_expr, timezone, catch_up,
			overlap, created_at, updated_at, input)
		SELECT UNHEX(CONCAT('0195', LPAD(HEX(seq), 12, '0'), SUBSTR(SHA2(seq, 256), 1, 16))), 1 + (seq - 1) MOD $2,
			CONCAT('probe', 1 + (seq - 1) DIV $2), 1, $3, $3 - 1000, '$4', 'UTC', 0, 0, 0, 0, '{}' FROM seq_1_to_$1"
}

start_scheduler() {
	AGENTIV_DATABASE_NAME=agentiv_schedules stack_start "$state" scheduler || exit 1
}

counters() {
	sql "SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', 'Com_commit')" | sort | cut -f 2 | tr '\n' ' '
}

# All are due at the next minute that leaves time to begin; one scheduler waits for it.
measure_schedules() {
	local accounts=$((schedules / AGENTS)) at left before after asked=0 took end
	say "schedules: $((accounts * AGENTS)) due at the same minute"
	wanted commit || measure_commit
	stack_stop "$state" responder worker scheduler sender
	prepare_schedules $accounts
	at=$((($(date +%s) + 84 + schedules / 20000) / 60 * 60))     # in 25 s at least
	add_schedules $((accounts * AGENTS)) $accounts $((at * 1000)) "$(date -u -d "@$at" '+%-M %-H * * *')"
	[ "$(date +%s)" -lt $((at - 5)) ] || die "the schedules could not be made in time"
	start_scheduler
	left=$((at - $(date +%s) - 2))
	[ $left -ge 0 ] || die "the scheduler was not started in time"
	sleep $left     # it rests until the minute comes
	before=$(counters)
	end=$((at + 300))
	while [ "$(sql_schedules "SELECT EXISTS (SELECT 1 FROM schedules WHERE next_at <= ${at}000)")" = 1 ]; do
		[ "$(date +%s)" -lt $end ] || die "schedules still are due after five minutes"
		asked=$((asked + 2))
		sleep 0.5       # to ask costs what is measured
	done
	after=$(counters)
	stack_stop "$state" scheduler
	stack_start "$state" responder worker scheduler sender || exit 1
	sql_schedules "SELECT recorded_at - scheduled_for, outcome FROM schedule_slots ORDER BY 1" >"$work/slots"
	took=$(python3 - "$work/slots" $((accounts * AGENTS)) <<-'TEXT'
		import sys
		late = [line.split() for line in open(sys.argv[1], encoding="ascii")]
		assert len(late) == int(sys.argv[2]) and all(outcome == "0" for _, outcome in late), "not each fired once, in time"
		late = [int(ms) for ms, _ in late]
		print(late[len(late) // 2], late[len(late) * 99 // 100], late[-1])
	TEXT
	) || die "not every schedule fired once, in time"
	# shellcheck disable=SC2086 # words
	set -- $took $before $after
	record schedules.p50_ms "$1"
	record schedules.p99_ms "$2"
	record schedules.seconds "$(awk "BEGIN { print $3 / 1000 }")"
	record schedules.per_second "$(awk "BEGIN { print $accounts * $AGENTS * 1000 / $3 }")"
	record schedules.transactions "$(awk "BEGIN { print ($6 - $4) * 100 / $accounts / $AGENTS }")"
	record schedules.statements "$(awk "BEGIN { print ($7 - $5 - $asked - 3) / $accounts / $AGENTS }")"
}

# resting_with NAME: what a scheduler and the database use once it rests.
resting_with() {
	start_scheduler
	settle
	sleep "$REST_S"         # until it looks seldom
	idle "$1" db scheduler
	stack_stop "$state" scheduler
}

measure_resting() {
	local accounts=$((resting / AGENTS))
	say "resting: no schedule, then $((accounts * AGENTS)) that are due in a year"
	stack_stop "$state" responder worker scheduler sender
	prepare_schedules $accounts
	resting_with resting.none
	add_schedules $((accounts * AGENTS)) $accounts "$(date -d "+1 year" +%s)000" '0 0 1 1 *'
	resting_with resting.many
	stack_start "$state" responder worker scheduler sender || exit 1
}
