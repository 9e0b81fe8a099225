#!/bin/sh
# Redis or Valkey ACL user: the new password is valid beside the old one until finish.
#
# Both passwords work until finish, for which describe asks a grace of five minutes.
#
# Fields: username (default), password, host (a name or the path of a unix
# socket); optional: port (6379), ssl (true: TLS), sslrootcert (a file with the
# certificate authority, else that of the system), admin_secret: the name of a
# secret with the username and password of a user who may change ACLs. Without it
# the user changes itself. redis-cli verifies the certificate, but not that it is
# for the host.
# The user who makes the change needs +acl|setuser, +config|get and, to keep the
# change beyond a restart, +acl|save (a server with an aclfile) or +config|rewrite.
# A server without such a file is refused, because a restart would bring the old
# password back. The argument --volatile allows it.

set -eu
exec </dev/null # the fields come by the environment; redis-cli must not eat the JSON

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

client=$(command -v redis-cli || command -v valkey-cli) ||
	die 'neither redis-cli nor valkey-cli is in PATH'

# quote TEXT: prints an argument of a command, with every byte escaped.
quote() {
	printf '"%s"' "$(printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../\\x&/g')"
}

# hash TEXT: prints a password as Redis keeps it. Commands with the hash need no
# quoting, and do not show the password to MONITOR.
hash() { printf '%s' "$1" | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c 1-64; }

# limited COMMAND…: runs a command for at most 5 seconds, if timeout is installed:
# redis-cli waits without end for a server that does not answer, or not with TLS.
limit=''
if timeout --foreground 1 sh -c : 2>/dev/null; then limit='timeout --foreground 5'; fi
limited() {
	# shellcheck disable=SC2086 # words without special characters
	$limit "$@" || {
		[ $? -ne 124 ] || echo 'the server did not answer within 5 seconds'
		return 1
	}
}

# talk WHO COMMAND…: logs in as WHO (PENDING, CURRENT, PREVIOUS or ADMIN), runs the
# commands, and prints the replies, that of the login first.
talk() (
	user='' password='' host='' port='' ssl='' root=''
	eval "user=\${$1_USERNAME:-default} password=\${$1_PASSWORD-} host=\${$1_HOST-}
		port=\${$1_PORT:-6379} ssl=\${$1_SSL-} root=\${$1_SSLROOTCERT-}"
	shift
	commands=$(printf '%s\n' "AUTH $(quote "$user") $(quote "$password")" "$@")
	case $host in
	/*) set -- -s "$host" ;;
	*) set -- -h "$host" -p "$port" ;;
	esac
	[ "$ssl" != true ] || set -- "$@" --tls ${root:+--cacert "$root"}
	printf '%s\n' "$commands" | limited "$client" "$@" 2>&1
)

# login WHO: succeeds if the server accepts WHO's password; otherwise $why has the
# reason.
login() {
	why=$(talk "$1") || return
	[ "$why" = OK ]
}

# tell WHO COMMAND: is talk for one command, which must answer OK; $why has the
# answer.
tell() {
	why=$(talk "$1" "$2" | sed 1d | tr -d '\n') || return
	[ "$why" = OK ]
}

# same WHO: succeeds if pending is for the user and the server that WHO is for.
# Otherwise a value planted in the secret could change another user.
same() {
	eval "[ \"\${$1_USERNAME:-default}\" = \"\${PENDING_USERNAME:-default}\" ] &&
		[ \"\${$1_HOST-}\" = \"\$PENDING_HOST\" ] &&
		[ \"\${$1_PORT:-6379}\" = \"\${PENDING_PORT:-6379}\" ]"
}

# by WHO: sets $by to the user who makes the change: the admin, or else WHO.
by() {
	by=$1
	[ -n "${ADMIN_PASSWORD-}" ] || return 0
	by=ADMIN
	for field in HOST PORT SSL SSLROOTCERT; do
		eval "ADMIN_$field=\${ADMIN_$field:-\${$1_$field-}}"
	done
	eval "[ \"\$ADMIN_HOST\" = \"\$$1_HOST\" ] &&
		[ \"\${ADMIN_PORT:-6379}\" = \"\${$1_PORT:-6379}\" ]" ||
		die 'the admin secret is for another server than the credential'
}

# change RULES: applies ACL rules to PENDING's or, in finish, CURRENT's user.
change() { tell "$by" "ACL SETUSER $1" || die "ACL SETUSER: $why"; }

# keep: makes the server write its users to disk.
keep() {
	[ "$volatile" = no ] || return 0
	file=$(talk "$by" 'CONFIG GET aclfile' | sed -n 3p)
	if [ -n "$file" ]; then
		tell "$by" 'ACL SAVE' || die "ACL SAVE: $why"
	else
		case ${PENDING_USERNAME-}${CURRENT_USERNAME-} in
		*[\"\'\\]*) die 'Redis would not start from a config file with such a user name' ;;
		esac
		tell "$by" 'CONFIG REWRITE' ||
			die "the server cannot save its users: $why (see --volatile in this file)"
	fi
}

set_password() {
	if login PENDING; then # an earlier call did it, but perhaps not to its end
		by PENDING
		keep
		return
	fi
	same CURRENT || die 'the pending value is for another user or server than the current one'
	if login CURRENT; then
		by CURRENT
	else
		reason=$why
		if [ -z "${PREVIOUS_PASSWORD-}" ] || ! same PREVIOUS || ! login PREVIOUS; then
			die "neither the pending nor the current nor the previous password works: $reason"
		fi
		by PREVIOUS
	fi
	change "$(quote "${PENDING_USERNAME:-default}") #$(hash "$PENDING_PASSWORD")"
	keep
}

# The server accepts any password of a user with nopass, so that a login would prove
# nothing.
test_password() {
	if PENDING_PASSWORD="not $PENDING_PASSWORD" login PENDING; then
		die "the server takes any password for ${PENDING_USERNAME:-default} (nopass)"
	fi
	login PENDING || die "$why"
}

# One command sets the new password and removes the others, so that some password is
# valid at every moment.
finish_password() {
	by CURRENT
	change "$(quote "${CURRENT_USERNAME:-default}") resetpass #$(hash "$CURRENT_PASSWORD")"
	keep
}

volatile=no
[ "${1-}" != --volatile ] || volatile=yes

case ${SECRET_STEP:?} in
describe) echo '{"grace": 300}' ;;
set | test)
	: "${PENDING_PASSWORD:?no such field}" "${PENDING_HOST:?no such field}"
	"${SECRET_STEP}_password"
	;;
finish)
	: "${CURRENT_PASSWORD:?no such field}" "${CURRENT_HOST:?no such field}"
	finish_password
	;;
esac # create has nothing to do: the tool makes the password
