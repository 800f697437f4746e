# shellcheck shell=bash
# What Agentiv needs of Debian 12, in one list, and how it is installed. Sourced.

PACKAGES_BUILD="gcc libc6-dev make autoconf automake pkg-config libjson-c-dev libcurl4-openssl-dev libssl-dev
	libgmime-3.0-dev libinih-dev zlib1g-dev default-libmysqlclient-dev libfcgi-dev uthash-dev"
# mariadb-server-core, not mariadb-server: the programs without a service
PACKAGES_RUN="mariadb-server-core mariadb-client-core python3 curl tzdata ca-certificates"
PACKAGES_TEST="libcunit1-dev libtest-json-schema-acceptance-perl locales lighttpd apache2-bin nginx-light git shellcheck wrk
	bogofilter mypy php-cli python3-venv golang-go iproute2 exim4-daemon-light zsh
	dovecot-imapd"
PACKAGES_CI="clang libclang-rt-dev llvm"

# packages_of_server NAME
packages_of_server() {
	case $1 in
	nginx) echo nginx-light ;;
	lighttpd) echo lighttpd ;;
	apache) echo apache2-bin ;;
	esac
}

# packages_missing NAME…: prints those that are not installed, on one line. nginx-light counts as installed where
# another nginx is, and so on: what is needed is the program.
packages_missing() {
	local name missing=
	for name; do
		case $name in
		nginx-light) [ -x /usr/sbin/nginx ] && continue ;;
		mariadb-server-core) [ -x /usr/sbin/mariadbd ] && continue ;;
		mariadb-client-core) command -v mariadb >/dev/null && continue ;;
		exim4-daemon-light) [ -x /usr/sbin/exim4 ] && continue ;;
		npm) command -v npm >/dev/null && continue ;;
		php-cli) command -v php >/dev/null && continue ;;
		golang-go) command -v go >/dev/null && continue ;;
		esac
		dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=" $name"
	done
	echo "${missing# }"
}

# packages_install LOG NAME…: through sudo where needed. Nothing is removed for them (another mail server, say). Services that a package would start or enable stay off:
# the stack runs its own.
packages_install() {
	local log=$1 root=() name
	shift
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || {
			echo "missing packages, and neither root nor sudo to install them: apt-get install $*" >&2
			return 1
		}
		root=(sudo)
		sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; } || {
			echo "missing packages, and sudo refused; as root: apt-get install $*" >&2
			return 1
		}
	fi
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c '
		policy=/usr/sbin/policy-rc.d made=
		if [ ! -e $policy ]; then
			printf "#!/bin/sh\nexit 101\n" >$policy && chmod 755 $policy && made=1
		fi
		trap "[ -z \"\$made\" ] || rm -f $policy" EXIT
		installed() { dpkg-query -W -f "\${db:Status-Status}" "$1" 2>/dev/null | grep -qx installed; }
		for s in nginx lighttpd dovecot-core exim4-base; do installed $s || fresh="$fresh $s"; done
		apt-get install -y -q --no-remove --no-install-recommends "$@" ||
			{ apt-get update -q && apt-get install -y -q --no-remove --no-install-recommends "$@"; } || exit
		if [ -d /run/systemd/system ]; then
			for s in $fresh; do
				s=${s%-core} s=${s%-base}
				[ ! -e /lib/systemd/system/$s.service ] || systemctl disable -q $s
			done
		fi' sh "$@" </dev/null >>"$log" 2>&1 || {
		tail -n 5 "$log" | sed 's/^/  | /' >&2
		echo "apt-get could not install: $* (the log is $log)" >&2
		return 1
	}
}
