#!/bin/sh
# PostgreSQL, single user: the user changes its own password, through psql.
#
# Fields: username, password, host (a name or the directory of a unix socket);
# optional: port (5432), dbname (postgres), ssl (true: verified TLS, false: none,
# absent: TLS if the server has it), sslrootcert (a file with the certificate
# authority, or "system" from psql 16 on; else ~/.postgresql/root.crt).
# The user needs no right but LOGIN.

set -eu
exec </dev/null # the fields come by the environment; psql must not eat the JSON

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

# as WHO ARG…: runs psql, connected as WHO (PENDING, CURRENT or PREVIOUS).
as() (
	ssl=''
	eval "PGUSER=\${$1_USERNAME-} PGPASSWORD=\${$1_PASSWORD-} PGHOST=\${$1_HOST-}
		PGPORT=\${$1_PORT:-5432} PGDATABASE=\${$1_DBNAME:-postgres}
		ssl=\${$1_SSL-} PGSSLROOTCERT=\${$1_SSLROOTCERT-}"
	case $ssl in
	true) PGSSLMODE=verify-full ;;
	false) PGSSLMODE=disable ;;
	*) PGSSLMODE=prefer ;;
	esac
	[ -n "$PGSSLROOTCERT" ] || unset PGSSLROOTCERT
	PGCONNECT_TIMEOUT=5 PGPASSFILE=/dev/null
	export PGUSER PGPASSWORD PGHOST PGPORT PGDATABASE PGSSLMODE PGSSLROOTCERT
	export PGCONNECT_TIMEOUT PGPASSFILE
	shift
	exec psql -X -w -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=verbose "$@"
)

# login WHO: succeeds if the server accepts WHO's password; otherwise $why has the
# reason.
login() { why=$(as "$1" -c 'SELECT 1' 2>&1); }

# same WHO: succeeds if pending is for the user and the server that WHO is for.
# Otherwise a value planted in the secret could change another user.
same() {
	eval "[ \"\${$1_USERNAME-}\" = \"\$PENDING_USERNAME\" ] &&
		[ \"\${$1_HOST-}\" = \"\$PENDING_HOST\" ] &&
		[ \"\${$1_PORT:-5432}\" = \"\${PENDING_PORT:-5432}\" ]"
}

# change WHO: gives PENDING's user its new password, connected as WHO.
# \password hashes the password on this side, so that neither the server nor its log
# sees the clear text. It reads the two lines from standard input, because there is
# no terminal. The two SETs are for roles that are read-only, or act as another role.
change() {
	if (: </dev/tty) 2>/dev/null; then
		die 'psql would ask at the terminal; run this without one, as by "setsid -w"'
	fi
	user=$(printf '%s' "$PENDING_USERNAME" | LC_ALL=C sed 's/"/""/g')
	why=$(printf '%s\n' 'SET ROLE NONE;' 'SET default_transaction_read_only = off;' \
		"\\password \"$user\"" "$PENDING_PASSWORD" "$PENDING_PASSWORD" |
		as "$1" -f - 2>&1) && return
	why=$(printf '%s\n' "$why" | sed -e '/^Enter /d' -e '/^LOCATION:/d')
	case $why in
	*'ERROR:  22023:'*) # the answer of a password check: not applied
		printf '%s\n' "$why" >&2
		exit 10
		;;
	esac
	die "$why"
}

set_password() {
	if login PENDING; then return; fi # an earlier call did it
	case $PENDING_USERNAME$PENDING_PASSWORD in
	*'
'*) die 'psql takes no user name or password of more than one line' ;;
	esac
	same CURRENT || die 'the pending value is for another user or server than the current one'
	if login CURRENT; then
		change CURRENT
		return
	fi
	reason=$why
	if [ -n "${PREVIOUS_PASSWORD-}" ] && same PREVIOUS && login PREVIOUS; then
		change PREVIOUS
		return
	fi
	die "neither the pending nor the current nor the previous password works: $reason"
}

# A server that asks for no password (trust or peer in pg_hba.conf) accepts any, so
# that a login would prove nothing.
test_password() {
	if PENDING_PASSWORD='' as PENDING -c 'SELECT 1' >/dev/null 2>&1; then
		die "the server asks $PENDING_USERNAME for no password (see pg_hba.conf)"
	fi
	login PENDING || die "$why"
}

case ${SECRET_STEP:?} in
set | test)
	: "${PENDING_USERNAME:?no such field}" "${PENDING_PASSWORD:?no such field}"
	: "${PENDING_HOST:?no such field}"
	"${SECRET_STEP}_password"
	;;
esac # create and finish have nothing to do: the tool makes the password
