# shellcheck shell=bash
# A stack's private web server: configured from the same templates that hosts use (deploy/nginx,
# deploy/lighttpd, deploy/apache). Sourced by stack.sh.
#
# Each takes STATE and PORT (of 127.0.0.1), and with a third argument "cgi" runs the responder as plain
# CGI, a process per request, instead of FastCGI; nginx has no CGI.

STACK_DEPLOY=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")

# stack_render TEMPLATE KEY=VALUE…: prints it with each @KEY@ replaced.
stack_render() {
	local template=$1 pair script=
	shift
	for pair; do
		script+="s|@${pair%%=*}@|$(printf '%s' "${pair#*=}" | sed 's/[\\&|]/\\&/g')|g;"
	done
	sed -e "$script" "$template"
}

# stack_web_check SERVER PORT [cgi]: whether there is such a thing.
stack_web_check() {
	case $1 in
	nginx | lighttpd | apache) ;;
	*) stack_fail "unknown web server '$1' (nginx, lighttpd or apache)" || return ;;
	esac
	[[ $2 =~ ^[0-9]{1,5}$ ]] && [ "$2" -le 65535 ] || stack_fail "no port: '$2'" || return
	case ${3:-fcgi} in
	fcgi) ;;
	cgi) [ "$1" != nginx ] || stack_fail "nginx has no CGI: take lighttpd or apache" ;;
	*) stack_fail "after the port may stand cgi, not '$3'" ;;
	esac
}

# stack_web_start STATE SERVER PORT [cgi]: and waits until it answers.
stack_web_start() {
	local state=$1 server=$2 port=$3 mode=${4:-fcgi}
	stack_web_check "$server" "$port" "$mode" || return
	if [ -f "$state/etc/web" ] && stack_pid "$state" web >/dev/null; then
		[ "$(cat "$state/etc/web")" = "$server $port $mode" ] && return
		stack_web_stop "$state"
	fi
	if stack_port_busy "$port"; then
		stack_fail "port $port is in use by another program"
		return 1
	fi
	"stack_${server}_spawn" "$state" "$port" "$mode" &&
		echo "$server $port $mode" >"$state/etc/web" &&
		stack_wait "$state" web 20 stack_port_busy "$port"
}

stack_nginx_start() { stack_web_start "$1" nginx "$2"; }
stack_lighttpd_start() { stack_web_start "$1" lighttpd "$2" "${3:-fcgi}"; }
stack_apache_start() { stack_web_start "$1" apache "$2" "${3:-fcgi}"; }

stack_web_stop() {
	stack_end "$1" web 30
}

# stack_web_config STATE PORT TEMPLATE…: writes STATE/etc/web.conf of them.
stack_web_config() {
	local state=$1 port=$2 run template
	shift 2
	run=$(stack_run_dir "$state")
	# the web server's user need not be able to read the checkout
	mkdir -p "$state/etc/errors" && cp "$STACK_DEPLOY"/errors/* "$state/etc/errors" || return
	for template; do
		stack_render "$STACK_DEPLOY/$template" LISTEN="127.0.0.1:$port" PORT="$port" \
			SERVER_NAME=localhost SOCKET="$run/agentiv.sock" BASE_PATH="$(stack_setting "$state" base_path)" \
			ERRORS="$state/etc/errors" STATE="$state" RUN="$run" CONFIG="$state/agentiv.conf" \
			PROGRAM="$(stack_program "$state" agentiv.fcgi)" USER="$(stack_web_user)" \
			USER_LINE="$(stack_nginx_user)" || return
	done >"$state/etc/web.conf"
}

# Apache serves no pages as root, and there the stack's sockets are open to all (stack_config_write).
stack_web_user() {
	local user
	user=$(stack_as id -un)
	[ "$user" != root ] && echo "$user" || echo nobody
}

# nginx's workers give up root unless told otherwise
stack_nginx_user() {
	[ "$(stack_as id -u)" != 0 ] || echo "user root;"
}

stack_nginx_spawn() {
	local state=$1
	stack_web_config "$state" "$2" nginx/agentiv.conf.in &&
		mv "$state/etc/web.conf" "$state/etc/agentiv-nginx.conf" &&
		stack_web_config "$state" "$2" nginx/stack.conf.in &&
		stack_as mkdir -p "$state/tmp" &&
		stack_spawn "$state" web "$(stack_sbin nginx)" -e "$state/log/web.log" -c "$state/etc/web.conf"
}

stack_lighttpd_spawn() {
	local state=$1
	stack_web_config "$state" "$2" lighttpd/stack.conf.in "lighttpd/$(stack_template "$3")" &&
		stack_as mkdir -p "$state/tmp/docs" &&
		stack_spawn "$state" web "$(stack_sbin lighttpd)" -D -f "$state/etc/web.conf"
}

stack_apache_spawn() {
	local state=$1
	[ "$3" = fcgi ] || [ "$(stack_as id -u)" != 0 ] || {
		# its processes are nobody's, and could not read the secrets
		stack_fail "Apache runs no CGI for root: take lighttpd, or set STACK_USER"
		return
	}
	stack_web_config "$state" "$2" apache/stack.conf.in "apache/$(stack_template "$3")" &&
		stack_as mkdir -p "$state/tmp/docs" &&
		stack_spawn "$state" web "$(stack_sbin apache2)" -D FOREGROUND -f "$state/etc/web.conf"
}

stack_template() {
	[ "$1" = cgi ] && echo agentiv-cgi.conf.in || echo agentiv.conf.in
}
