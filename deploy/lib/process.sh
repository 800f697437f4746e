# shellcheck shell=bash
# Processes of a stack: started as its user in a session of their own, known by pid files in
# STATE/run, ended by process id. Sourced by stack.sh.

# stack_as COMMAND…: runs it as the stack's user (STACK_USER; only root can change).
stack_as() {
	local -a switch
	stack_switch
	"${switch[@]}" "$@"
}

# Fills the caller's array `switch` with the words before such a command.
stack_switch() {
	switch=()
	if [ "$(id -u)" = 0 ] && [ -n "${STACK_USER:-}" ] && [ "$STACK_USER" != root ]; then
		switch=(setpriv "--reuid=$STACK_USER" "--regid=$(id -g "$STACK_USER")" --init-groups --
			env "HOME=$(getent passwd "$STACK_USER" | cut -d: -f6)" "USER=$STACK_USER")
	fi
}

# stack_fail MESSAGE…: one line on stderr, false.
stack_fail() {
	printf '%s: %s\n' "${STACK_PROGRAM:-stack}" "$*" >&2
	return 1
}

# stack_run_dir STATE: the folder of pid files and sockets. A Unix socket's path has room for 107 bytes, so a
# state folder deep in the tree has a link to a short folder there instead.
stack_run_dir() {
	readlink -f "$1/run"
}

stack_make_run_dir() {
	local state=$1 short
	if [ -L "$state/run" ] && [ ! -d "$state/run" ]; then
		rm "$state/run"          # the short folder went away, with a reboot for example
	fi
	[ -d "$state/run" ] && return
	if [ "${#state}" -le 60 ]; then
		mkdir "$state/run"
	else
		short=$(mktemp -d "/tmp/agentiv-XXXXXXXX") && ln -s "$short" "$state/run"
	fi
}

# stack_pid STATE NAME: prints the process id; false when it does not run. The command line must name the
# state folder, as all of a stack's do, so that a number used again by the system is not taken for ours.
stack_pid() {
	local run pid words try
	run=$(stack_run_dir "$1")
	# "return 1", not "return": in a trap that would be the status from before the trap
	[ -n "$run" ] && [ -r "$run/$2.pid" ] || return 1
	read -r pid <"$run/$2.pid" || return 1
	# the command line is empty for a moment while a program is replaced by another (exec), and of a zombie
	for try in 1 2 3 4 5; do
		words=$(tr "\0" " " 2>/dev/null <"/proc/$pid/cmdline") || return 1
		[ -z "$words" ] || break
		sleep 0.01
	done
	[[ $words == *"$1/"* || $words == *"$run/"* ]] && echo "$pid"
}

# stack_spawn STATE NAME COMMAND…: starts it in the background, output to STATE/log/NAME.log.
stack_spawn() {
	local state=$1 name=$2 run
	local -a switch
	shift 2
	stack_switch
	run=$(stack_run_dir "$state")
	rm -f "$run/$name.pid"
	stack_as touch "$state/log/$name.log" || return
	# the locks of whoever calls (8, 9) are not inherited
	"${switch[@]}" setsid bash -c 'cd / && echo $$ >"$0" && exec "$@"' "$run/$name.pid" "$@" \
		</dev/null >>"$state/log/$name.log" 2>&1 8>&- 9>&- &
	disown
	stack_wait "$state" "$name" 5 test -s "$run/$name.pid"
}

# stack_wait STATE NAME SECONDS COMMAND…: until the command succeeds. Ends early when the process has ended;
# then, and after the time, says so and shows the end of its log.
stack_wait() {
	local state=$1 name=$2 seconds=$3 log=$1/log/$2.log end
	shift 3
	end=$((SECONDS + seconds))
	while ! "$@" >/dev/null 2>&1; do
		if [ -s "$(stack_run_dir "$state")/$name.pid" ] && ! stack_pid "$state" "$name" >/dev/null; then
			stack_log_tail "$log"
			stack_fail "$name did not start; its log is $log"
			return 1
		fi
		if [ $SECONDS -gt $end ]; then
			stack_log_tail "$log"
			stack_fail "$name was not ready within $seconds s; its log is $log"
			return 1
		fi
		sleep 0.05
	done
}

stack_log_tail() {
	[ ! -s "$1" ] || tail -n "${2:-5}" "$1" | sed 's/^/  | /' >&2
}

# stack_end STATE NAME [SECONDS]: SIGTERM, waits, SIGKILL past the time. Done when it does not run.
stack_end() {
	local state=$1 name=$2 seconds=${3:-60} pid
	if pid=$(stack_pid "$state" "$name"); then
		kill -TERM "$pid" 2>/dev/null
		if ! stack_await_end "$pid" "$seconds"; then
			stack_fail "$name ($pid) did not stop within $seconds s and was killed"
			stack_signal "$state" "$name" KILL
		fi
	fi
	rm -f "$(stack_run_dir "$state")/$name.pid"
}

# stack_signal STATE NAME SIGNAL: after KILL, waits until the process is gone.
stack_signal() {
	local pid
	pid=$(stack_pid "$1" "$2") || return 1
	kill -s "$3" "$pid" || return 1
	[ "$3" != KILL ] || stack_await_end "$pid" 20
}

# stack_await_end PID SECONDS: false when it still runs then. A zombie has ended.
stack_await_end() {
	local end=$((SECONDS + $2)) state
	while state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) && [ -n "$state" ] && [ "$state" != Z ]; do
		[ $SECONDS -le $end ] || return 1
		sleep 0.02
	done
}

# stack_memory PID: KiB of it and of its children, each page shared out among those that map it (PSS). Of a process that
# hides its memory only root is told that; others see what is resident.
stack_memory() {
	local pid
	for pid in "$1" $(cat "/proc/$1/task/"*/children 2>/dev/null); do
		cat "/proc/$pid/smaps_rollup" 2>/dev/null || grep -s '^VmRSS:' "/proc/$pid/status"
	done | awk '/^(Pss|VmRSS):/ { kib += $2 } END { print kib + 0 }'
}


# stack_free_port: a TCP port that nobody listens at now.
stack_free_port() {
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# stack_port_busy PORT
stack_port_busy() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
