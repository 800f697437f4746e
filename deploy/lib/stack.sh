#!/usr/bin/env bash
# A whole Agentiv in one folder: private MariaDB, web server on 127.0.0.1, responder, worker, scheduler and
# sender.
# The quickstart, the tests and the benchmark all start theirs with this. Sourced, it only defines functions;
# run, it is a command (the text of usage, below).
#
# STATE is an absolute path. In it: agentiv.conf, secrets/, db/, log/, run/ (pid files, sockets), etc/ (generated
# configuration), agents/ (the operator's manifests), tmp/.
#
# Environment: STACK_BIN (folder of the programs), STACK_USER (whom root starts them as). Both are
# remembered in STATE/etc by `init`. AGENTIV_* variables reach the programs and override agentiv.conf.

# shellcheck source-path=SCRIPTDIR
_stack_lib=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=process.sh
. "$_stack_lib/process.sh"
# shellcheck source=database.sh
. "$_stack_lib/database.sh"
# shellcheck source=webserver.sh
. "$_stack_lib/webserver.sh"

# stack_sbin NAME: ordinary users often have no sbin in PATH.
stack_sbin() {
	PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin command -v "$1" ||
		stack_fail "the program $1 is not installed"
}

# stack_program STATE NAME: where it is.
stack_program() {
	local at
	[ -n "$STACK_BIN" ] || stack_fail "STACK_BIN must name the folder of the programs" || return
	for at in "$STACK_BIN/$2" "$STACK_BIN/../libexec/$2"; do
		[ ! -x "$at" ] || { readlink -f "$at"; return; }
	done
	stack_fail "$2 is not in STACK_BIN ($STACK_BIN)"
}

# stack_load STATE: what init remembered, where the environment says nothing.
stack_load() {
	local bin=${STACK_BIN:-} user=${STACK_USER:-}
	if [ -r "$1/etc/stack" ]; then
		# shellcheck source=/dev/null
		. "$1/etc/stack"
	fi
	STACK_BIN=${bin:-${STACK_BIN:-}}
	STACK_USER=${user:-${STACK_USER:-}}
}

# stack_prepare STATE [SECTION.NAME=VALUE…]: folders and configuration, before anything runs.
stack_prepare() {
	local state=$1 folder
	mkdir -p "$state" && chmod 0755 "$state" || return
	for folder in etc log secrets agents tmp; do
		mkdir -p "$state/$folder" || return
	done
	stack_make_run_dir "$state" && chmod 0700 "$state/secrets" || return
	printf "STACK_BIN='%s'\nSTACK_USER='%s'\n" "$STACK_BIN" "${STACK_USER:-}" >"$state/etc/stack"
	if [ "$(id -u)" = 0 ] && [ -n "${STACK_USER:-}" ]; then
		chown "$STACK_USER:" "$state" "$state"/{etc,log,secrets,agents,tmp} "$(stack_run_dir "$state")" || return
	fi
	[ -s "$state/secrets/database" ] ||
		stack_as sh -c 'umask 077 && od -An -N24 -tx1 /dev/urandom | tr -d " \n" >"$0"' "$state/secrets/database" || return
	shift
	stack_config_write "$state" "$@"
}

# stack_config_write STATE [SECTION.NAME=VALUE…]: STATE/agentiv.conf; later settings replace earlier.
stack_config_write() {
	local state=$1 run mode=0660
	shift
	run=$(stack_run_dir "$state")
	# where all runs as root, Apache, which does not, must reach the responder
	[ "$(stack_as id -u)" != 0 ] || mode=0666
	printf '%s\n' "database.hosts=socket:$run/db.sock" database.name=agentiv database.user=agentiv_app \
		"database.password_file=$state/secrets/database" \
		"paths.run_dir=$run" "paths.agents_dir=$state/agents" \
		"secrets.pepper_file=$state/secrets/pepper" "secrets.seal_file=$state/secrets/seal" \
		"http.listen=$run/agentiv.sock" "http.listen_mode=$mode" "$@" |
		python3 "$_stack_lib/ini.py" >"$state/agentiv.conf.new" &&
		mv "$state/agentiv.conf.new" "$state/agentiv.conf"
}

# stack_setting STATE NAME: a value of agentiv.conf, "" when it is not there.
stack_setting() {
	sed -n "s/^$2 *= *//p" "$1/agentiv.conf"
}

# stack_ctl STATE ARGUMENT…: agentivctl of this stack.
stack_ctl() {
	local state=$1
	shift
	stack_as "$(stack_program "$state" agentivctl)" -c "$state/agentiv.conf" "$@"
}

# stack_secrets STATE: pepper and seal key, made once.
stack_secrets() {
	[ -s "$1/secrets/pepper" ] && [ -s "$1/secrets/seal" ] || stack_ctl "$1" secrets init >/dev/null
}

stack_migrate() {
	stack_ctl "$1" migrate >>"$1/log/migrate.log" 2>&1 || {
		stack_log_tail "$1/log/migrate.log"
		stack_fail "the database's schema could not be brought up to date; see $1/log/migrate.log"
	}
}

# stack_start STATE NAME…: db, responder, worker, scheduler, sender; done when each is ready. Running ones are left.
stack_start() {
	local state=$1 name run
	shift
	run=$(stack_run_dir "$state")
	for name; do
		! stack_pid "$state" "$name" >/dev/null || continue
		case $name in
		db) stack_mariadb_start "$state" ;;
		responder) stack_program_start "$state" responder agentiv.fcgi stack_socket_open "$run/agentiv.sock" ;;
		worker) stack_program_start "$state" worker agentiv-worker stack_bell "$state" worker ;;
		scheduler) stack_program_start "$state" scheduler agentiv-scheduler stack_bell "$state" scheduler ;;
		sender) stack_program_start "$state" sender agentiv-webhookd stack_bell "$state" sender ;;
		*) stack_fail "unknown process '$name' (db, responder, worker, scheduler, sender)" ;;
		esac || return
	done
}

stack_program_start() {
	local state=$1 name=$2 program
	program=$(stack_program "$state" "$3") || return
	shift 3
	stack_spawn "$state" "$name" "$program" -c "$state/agentiv.conf" && stack_wait "$state" "$name" 20 "$@"
}

# somebody listens at the Unix socket
stack_socket_open() {
	python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$1"
}

# the daemon has bound its doorbell
stack_bell() {
	local pid bell
	pid=$(stack_pid "$1" "$2") || return
	for bell in "$(stack_run_dir "$1")"/*."$pid".*sock; do
		[ ! -S "$bell" ] || return 0
	done
	return 1
}

# stack_stop STATE NAME…
stack_stop() {
	local state=$1 name
	shift
	for name; do
		stack_end "$state" "$name"
	done
}

# stack_down STATE: everything, in the order in which nothing is lost.
stack_down() {
	stack_stop "$1" web responder scheduler worker sender db
}

# stack_init STATE [SECTION.NAME=VALUE…]: from nothing to a database with the present schema, running.
stack_init() {
	stack_prepare "$@" && stack_secrets "$1" && stack_start "$1" db && stack_migrate "$1"
}

# stack_up STATE SERVER PORT [cgi]: all processes; as CGI without responder.
stack_up() {
	local state=$1 server=$2 port=$3
	if [ "${4:-}" = cgi ]; then
		stack_start "$state" db worker scheduler sender
	else
		stack_start "$state" db responder worker scheduler sender
	fi && stack_web_start "$state" "$server" "$port" "${4:-}"
}

# stack_url STATE: http://127.0.0.1:PORT and the base path.
stack_url() {
	local port
	read -r _ port _ <"$1/etc/web" && echo "http://127.0.0.1:$port$(stack_setting "$1" base_path)"
}

# stack_health STATE NAME: "ok", or a word that says what is wrong.
stack_health() {
	local state=$1 name=$2
	stack_pid "$state" "$name" >/dev/null || { echo stopped; return; }
	case $name in
	db) stack_sql "$state" 'SELECT 1' ;;
	responder) stack_socket_open "$(stack_run_dir "$state")/agentiv.sock" ;;
	worker | scheduler | sender) stack_bell "$state" "$name" ;;
	web) curl -fsS -m 5 "$(stack_url "$state")/health/ready" ;;
	esac >/dev/null 2>&1 && echo ok || echo unwell
}

# stack_status STATE: lines of name, pid, health, memory in KiB; false unless all are well.
stack_status() {
	local state=$1 name pid health all=0
	for name in db responder worker scheduler sender web; do
		pid=$(stack_pid "$state" $name) || pid=-
		health=$(stack_health "$state" $name)
		[ "$health" = ok ] || all=1
		printf '%s %s %s %s\n' $name "$pid" "$health" "$([ "$pid" = - ] && echo 0 || stack_memory "$pid")"
	done
	return $all
}

# stack_serve up|web STATE SERVER PORT [cgi]: prints the URL. Port 0 is a free one; it can be taken by somebody else
# before the web server has it, so it is tried again.
stack_serve() {
	local command=$1 state=$2 server=$3 port=$4 mode=${5:-} try
	for try in 1 2 3; do
		[ "$4" != 0 ] || port=$(stack_free_port) || return
		if [ "$command" = up ]; then
			stack_up "$state" "$server" "$port" "$mode"
		else
			stack_web_start "$state" "$server" "$port" "$mode"
		fi && stack_url "$state" && return
		[ "$4" = 0 ] && [ -s "$state/log/web.log" ] && tail -n 5 "$state/log/web.log" | grep -q 'in use' || return 1
	done
	return 1
}

stack_usage() {
	cat <<'TEXT'
Usage: stack.sh COMMAND STATE [ARGUMENT…]
A whole Agentiv in the folder STATE; STACK_BIN says where the programs are.

  init STATE [SECTION.NAME=VALUE…]  folders, configuration, secrets, database (left running), schema
  up STATE SERVER PORT [cgi]        all processes behind nginx, lighttpd or apache; port 0: a free one; prints the URL
  start STATE NAME…                 db, responder, worker, scheduler, sender
  web STATE SERVER PORT [cgi]       the web server alone; prints the URL
  stop STATE NAME…                  those, and web
  signal STATE NAME SIGNAL          KILL also waits for the end
  pid STATE NAME                    prints it, fails when it does not run
  status STATE                      name, pid, health, KiB of memory
  config STATE [SECTION.NAME=VALUE…] writes agentiv.conf anew
  ctl STATE ARGUMENT…               agentivctl
  sql STATE STATEMENT               as the database's administrator
  sql-client STATE                  the same, with statements from the standard input
  url STATE                         the base URL
  down STATE                        ends all
  free-port                         prints a TCP port that nobody uses
  render TEMPLATE KEY=VALUE…        a configuration template filled in
TEXT
}

# stack_check_words COMMAND ARGUMENT…: whether they go together, before anything is touched.
stack_check_words() {
	local command=$1 least=0 word
	shift
	case $command in
	up | web) least=2 ;;
	signal) least=2 ;;
	start | stop | pid | ctl | sql) least=1 ;;
	init | config)
		for word; do
			[[ $word == ?*.?*=* ]] || { stack_fail "not of the form SECTION.NAME=VALUE: $word"; return; }
		done
		;;
	esac
	[ $# -ge $least ] || { stack_fail "$command needs more arguments (--help shows them)"; return; }
	case $command in
	up | web) stack_web_check "$@" ;;
	esac
}

# stack_find COMMAND STATE: only init makes a folder; the others need one that it made, and the programs that are
# started must be there. To end what never was is no error.
stack_find() {
	local command=$1 state=$2
	stack_load "$state"
	[ "$command" = init ] || [ "$command" = down ] || [ -f "$state/etc/stack" ] ||
		stack_fail "$state is no stack: init makes one" || return
	case $command in
	init | up | start | ctl) stack_program "$state" agentivctl >/dev/null || return ;;
	esac
	[ "$command" != init ] || mkdir -p "$state"
}

# stack_main COMMAND STATE ARGUMENT…
stack_main() {
	local command=${1:-} state=${2:-}
	case $command in
	free-port) stack_free_port; return ;;
	render) shift; stack_render "$@"; return ;;
	'' | -h | --help | help) stack_usage; [ -n "$command" ]; return ;;
	esac
	[ -n "$state" ] || { stack_usage >&2; return 2; }
	shift 2
	stack_check_words "$command" "$@" || return 2
	stack_find "$command" "$state" || return
	state=$(readlink -f "$state")
	case $command in
	init) stack_init "$state" "$@" ;;
	up | web) stack_serve "$command" "$state" "$1" "$2" "${3:-}" ;;
	start) stack_start "$state" "$@" ;;
	stop) stack_stop "$state" "$@" ;;
	signal) stack_signal "$state" "$@" ;;
	pid) stack_pid "$state" "$1" ;;
	status) stack_status "$state" ;;
	config) stack_config_write "$state" "$@" ;;
	ctl) stack_ctl "$state" "$@" ;;
	sql) stack_sql "$state" "$@" ;;
	sql-client) stack_sql_client "$state" ;;
	url) stack_url "$state" ;;
	down) [ ! -d "$state" ] || stack_down "$state" ;;
	*) stack_usage >&2; return 2 ;;
	esac
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	STACK_PROGRAM=stack.sh
	stack_main "$@"
fi
