# shellcheck shell=bash
# A stack's private MariaDB: a Unix socket only, durable commits. Sourced by stack.sh.
#
# The stack's user is its administrator, known by the socket; the programs use the account agentiv_app,
# whose password is in STATE/secrets/database.

# Its temporary files are in STATE/tmp: a server that starts deletes those of others in a folder that they share.

STACK_DB_READY_S=60

# stack_mariadb_start STATE: makes the data folder at the first call. STACK_DB_ARGS: more options.
stack_mariadb_start() {
	local state=$1 run owner
	stack_pid "$state" db >/dev/null && return
	run=$(stack_run_dir "$state")
	owner=$(stack_as id -un)
	if [ ! -f "$state/db/.made" ]; then
		rm -rf "$state/db"
		stack_as mkdir -m 0700 "$state/db" &&
			stack_as env TMPDIR="$state/tmp" mariadb-install-db --no-defaults --user="$owner" --datadir="$state/db" \
				--auth-root-authentication-method=socket --auth-root-socket-user="$owner" \
				--skip-test-db >"$state/log/db-install.log" 2>&1 &&
			stack_as touch "$state/db/.made" || {
			stack_log_tail "$state/log/db-install.log"
			stack_fail "the database could not be made; see $state/log/db-install.log"
			return 1
		}
	fi
	# shellcheck disable=SC2086 # options are words
	stack_spawn "$state" db "$(stack_sbin mariadbd)" --no-defaults --user="$owner" --datadir="$state/db" \
		--tmpdir="$state/tmp" \
		--socket="$run/db.sock" --pid-file="$run/db-own.pid" --skip-networking --skip-log-bin \
		--innodb-flush-log-at-trx-commit=1 --innodb-buffer-pool-size=128M \
		--transaction-isolation=READ-COMMITTED --character-set-server=utf8mb4 \
		--performance-schema=0 --max-connections=200 ${STACK_DB_ARGS:-} &&
		stack_wait "$state" db "$STACK_DB_READY_S" stack_sql "$state" 'SELECT 1' &&
		stack_mariadb_accounts "$state"
}

stack_mariadb_accounts() {
	local state=$1 password
	password=$(cat "$state/secrets/database") &&
		stack_sql "$state" "CREATE DATABASE IF NOT EXISTS agentiv CHARACTER SET utf8mb4;
			CREATE OR REPLACE USER agentiv_app@localhost IDENTIFIED BY '$password';
			GRANT ALL ON \`agentiv%\`.* TO agentiv_app@localhost;"
}

stack_mariadb_stop() {
	stack_end "$1" db 60
}

# stack_sql STATE SQL: as administrator, bare tab-separated rows.
stack_sql() {
	stack_as mariadb --no-defaults --batch --skip-column-names --connect-timeout=2 \
		--socket="$(stack_run_dir "$1")/db.sock" -e "$2"
}

# stack_sql_client STATE: statements from the standard input, one after the other.
stack_sql_client() {
	stack_as mariadb --no-defaults --batch --skip-column-names --unbuffered \
		--socket="$(stack_run_dir "$1")/db.sock" agentiv
}
