# shellcheck shell=bash
# Builds the programs out of tree from a copy of the sources, so that the checkout is only read: it may belong to
# somebody else, and may be read-only. Sourced.

# build_fingerprint TOP: a word that changes with any file that takes part in the build.
build_fingerprint() {
	(cd "$1" && find autogen.sh configure.ac Makefile.am src sql deploy examples docs sdk tests -type f \
		! -name '*.pyc' -printf '%p %s %T@\n') | LC_ALL=C sort | sha256sum | cut -c1-32
}

# build_copy TOP DEST: makes DEST a copy of the sources; what autogen.sh made there stays. What it made in a
# checkout is not copied; a source archive has no .git, and its configure is.
build_copy() {
	local top=$1 dest=$2 name names=()
	mkdir -p "$dest" || return
	for name in src sql deploy examples docs sdk tests .ci .clang-format .editorconfig .shellcheckrc CHANGELOG.md HACKING.md \
		LICENSE Makefile.am README.md autogen.sh configure.ac; do
		rm -rf "${dest:?}/$name"
		[ ! -e "$top/$name" ] || names+=("$name")
	done
	if [ ! -e "$top/.git" ]; then
		for name in aclocal.m4 build-aux config.h.in configure Makefile.in; do
			[ ! -e "$top/$name" ] || names+=("$name")
		done
	fi
	tar -C "$top" --exclude=__pycache__ -cf - "${names[@]}" | tar -C "$dest" -xf - --no-same-owner
}

# build_configure SOURCE OBJECTS PREFIX LOG [CONFIGURE-ARGUMENT…]: configures where the arguments are new. Everything
# it says goes to LOG.
build_configure() {
	local source=$1 objects=$2 prefix=$3 log=$4
	shift 4
	mkdir -p "$objects" || return
	if [ ! -x "$source/configure" ]; then
		build_say "preparing configure"
		(cd "$source" && ./autogen.sh) >>"$log" 2>&1 || { build_say; return 1; }
	fi
	if [ ! -f "$objects/Makefile" ] || [ "$(cat "$objects/.configured" 2>/dev/null)" != "$prefix $*" ]; then
		build_say "configuring"
		(cd "$objects" && "$source/configure" --prefix="$prefix" --libexecdir="$prefix/libexec" "$@" &&
			echo "$prefix $*" >.configured) >>"$log" 2>&1 || { build_say; return 1; }
	fi
}

# build_install, with the same words: configures, makes, installs. On a terminal a line counts the files.
build_install() {
	build_configure "$@" && build_make "$2" "$4" all && build_make "$2" "$4" install
}

# build_make OBJECTS LOG TARGET…
build_make() {
	local objects=$1 log=$2 total pid status=0 from
	shift 2
	from=$(($(wc -l <"$log") + 1))
	total=
	if [ -t 1 ]; then
		total=$(make -C "$objects" -n "$@" 2>/dev/null | grep -c '^echo "  CC  ')
	fi
	make -C "$objects" -j"$(nproc)" "$@" >>"$log" 2>&1 &
	pid=$!
	# an interrupt ends the make too
	trap 'kill "$pid" 2>/dev/null; trap - INT TERM; kill -s INT $$' INT TERM
	if [ -n "$total" ]; then
		while kill -0 "$pid" 2>/dev/null; do
			build_say "compiling $(tail -n "+$from" "$log" | grep -c '^ *CC ') of $total files"
			timeout 0.5 tail --pid="$pid" -s 0.1 -f /dev/null
		done
	fi
	wait "$pid" || status=$?
	trap - INT TERM
	build_say
	return $status
}

# a line that the next one replaces, only on a terminal
build_say() {
	[ ! -t 1 ] || printf '\r\033[K%s' "${1:+  $1 …}"
}

# build_errors LOG: what a compiler, configure or autogen complained of, for a person to read.
build_errors() {
	grep -nE '(error|Error|ERROR)[: ]|undefined reference|No rule to make|configure: error' "$1" | tail -n 8
	[ "${PIPESTATUS[0]}" = 0 ] || tail -n 12 "$1"
}
