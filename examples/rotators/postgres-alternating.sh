#!/bin/sh
# PostgreSQL, alternating users: an admin changes u and u_clone in turn.
#
# The replaced user keeps its password until the next rotation, so that programs
# which hold it go on working.
#
# Fields: as for postgres, and admin_secret: the name of the secret that holds
# the admin's username and password (its host and port, if it has any, must be
# those of the credential). The admin needs CREATEROLE and, unless it is a
# superuser, ADMIN OPTION on the two roles.
# The clone is made as a member of the first role, and has its rights. The clone owns
# the objects that it creates, and settings of the first role such as a search_path
# (ALTER ROLE … SET) are not copied.

set -eu
exec </dev/null # the fields come by the environment; psql must not eat the JSON

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

# as WHO ARG…: runs psql, connected as WHO (PENDING, CURRENT or ADMIN).
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

# alternate NAME: prints u for u_clone, and u_clone for u.
alternate() {
	case $1 in
	*'
'*) die 'psql takes no user name of more than one line' ;;
	?*_clone) name=${1%_clone} ;;
	*) name=$1_clone ;;
	esac
	[ "$(printf '%s' "$name" | wc -c)" -le 63 ] || die "$name is longer than 63 bytes"
	printf '%s' "$name"
}

create_password() { # the tool adds the password
	case $CURRENT_USERNAME in
	*[[:cntrl:]]*) die 'the user name holds a control character' ;;
	esac
	name=$(alternate "$CURRENT_USERNAME")
	printf '{"username":"%s"}\n' "$(printf '%s' "$name" | LC_ALL=C sed 's/[\\"]/\\&/g')"
}

# inherit FIELD…: gives the admin the credential's fields that its own secret lacks.
inherit() {
	for field; do
		eval "ADMIN_$field=\${ADMIN_$field:-\${CURRENT_$field-}}"
	done
}

# change: as the admin, makes the pending user if there is none and gives it its
# password, in one transaction. \password hashes the password on this side, so that
# neither the server nor its log sees the clear text. It reads the two lines from
# standard input, because there is no terminal.
change() {
	if (: </dev/tty) 2>/dev/null; then
		die 'psql would ask at the terminal; run this without one, as by "setsid -w"'
	fi
	why=$(printf '%s\n' 'SET default_transaction_read_only = off;' 'BEGIN;' \
		"SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'pending') AS missing \\gset" \
		'\if :missing' 'CREATE ROLE :"pending" LOGIN;' 'GRANT :"current" TO :"pending";' \
		'\endif' '\password :"pending"' "$PENDING_PASSWORD" "$PENDING_PASSWORD" 'COMMIT;' |
		as ADMIN -v "pending=$PENDING_USERNAME" -v "current=$CURRENT_USERNAME" -f - 2>&1) &&
		return
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
	case $PENDING_PASSWORD in
	*'
'*) die 'psql takes no password of more than one line' ;;
	esac
	: "${CURRENT_USERNAME:?no such field}" "${CURRENT_HOST:?no such field}"
	: "${ADMIN_USERNAME:?no admin: the credential needs a field admin_secret}" "${ADMIN_PASSWORD:?}"
	inherit HOST PORT SSL SSLROOTCERT
	[ "$PENDING_USERNAME" = "$(alternate "$CURRENT_USERNAME")" ] ||
		die 'the pending user is not the alternate of the current one'
	for who in CURRENT ADMIN; do
		eval "[ \"\$${who}_HOST\" = \"\$PENDING_HOST\" ] &&
			[ \"\${${who}_PORT:-5432}\" = \"\${PENDING_PORT:-5432}\" ]" ||
			die 'the pending value, the current one and the admin are not for one server'
	done
	# The admin acts only for a user whose current password works. Otherwise a planted
	# user name could get the rights of another role.
	login CURRENT || die "the current password does not work: $why"
	change
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
create)
	: "${CURRENT_USERNAME:?no such field}"
	create_password
	;;
set | test)
	: "${PENDING_USERNAME:?no such field}" "${PENDING_PASSWORD:?no such field}"
	: "${PENDING_HOST:?no such field}"
	"${SECRET_STEP}_password"
	;;
esac # finish has nothing to do: the old user works until the next rotation
