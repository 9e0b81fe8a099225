#!/bin/sh
# MariaDB or MySQL, single user: the user changes its own password.
#
# Fields: username, password, host (a name or the path of a unix socket);
# optional: port (3306), ssl (true: verified TLS, false: none), sslrootcert (a file
# with the certificate authority, else that of the system).
# The user needs no right. The server's general query log, if it is on, shows the
# new password; its binary log does not.
#
# On MySQL 8.0.14 or later, a user with the right APPLICATION_PASSWORD_ADMIN keeps
# the old password until finish (RETAIN CURRENT PASSWORD), for which describe asks
# a grace of five minutes. MariaDB has one password a user.

set -eu
exec </dev/null # the fields come by the environment; mysql must not eat the JSON

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

client=$(command -v mariadb || command -v mysql) || die 'neither mariadb nor mysql is in PATH'

# as WHO: runs the SQL on standard input, connected as WHO (PENDING, CURRENT or
# PREVIOUS). It reads no option files, because a password in one would win.
as() (
	user='' host='' port='' ssl='' root=''
	eval "user=\${$1_USERNAME-} MYSQL_PWD=\${$1_PASSWORD-} host=\${$1_HOST-}
		port=\${$1_PORT-} ssl=\${$1_SSL-} root=\${$1_SSLROOTCERT-}"
	MYSQL_TEST_LOGIN_FILE=/dev/null
	export MYSQL_PWD MYSQL_TEST_LOGIN_FILE
	set -- --no-defaults --batch --raw --skip-column-names --binary-mode \
		--connect-timeout=5 --default-character-set=utf8mb4 "--user=$user"
	case $host in
	/*) set -- "$@" --protocol=socket "--socket=$host" ;;
	*) set -- "$@" "--host=$host" ${port:+--protocol=tcp "--port=$port"} ;;
	esac
	case $ssl,$("$client" --version) in
	true,*MariaDB*) set -- "$@" --ssl --ssl-verify-server-cert ;;
	true,*) set -- "$@" --ssl-mode=VERIFY_IDENTITY ;;
	false,*MariaDB*) set -- "$@" --skip-ssl ;;
	false,*) set -- "$@" --ssl-mode=DISABLED ;;
	esac
	[ -z "$root" ] || set -- "$@" "--ssl-ca=$root"
	exec "$client" "$@"
)

# login WHO: succeeds if the server accepts WHO's password. $version is then the
# server's version, and otherwise the reason.
login() { version=$(echo 'SELECT VERSION()' | as "$1" 2>&1); }

# same WHO: succeeds if pending is for the user and the server that WHO is for.
# Otherwise a value planted in the secret could change another user.
same() {
	eval "[ \"\${$1_USERNAME-}\" = \"\$PENDING_USERNAME\" ] &&
		[ \"\${$1_HOST-}\" = \"\$PENDING_HOST\" ] &&
		[ \"\${$1_PORT:-3306}\" = \"\${PENDING_PORT:-3306}\" ]"
}

# retains: succeeds if the server of $version may keep two passwords of a user.
retains() {
	case $version in
	*MariaDB* | [1-7].* | 8.0.[0-9] | 8.0.[0-9][!0-9]* | 8.0.1[0-3] | 8.0.1[0-3][!0-9]*) return 1 ;;
	esac
}

# quote TEXT: prints a string literal, under the sql_mode that change sets.
quote() { printf "'%s'" "$(printf '%s' "$1" | LC_ALL=C sed "s/\\\\/&&/g; s/'/''/g")"; }

# run WHO SQL: runs a statement as WHO; if it fails, $why has the error. The client
# prints the statement, and with it the password, before the error.
run() {
	why=$(printf '%s\n' "SET SESSION sql_mode = '';" "$2" | as "$1" 2>&1) && return
	why=$(printf '%s\n' "$why" | grep '^ERROR ' | tail -n 1)
	return 1
}

# change WHO: gives WHO, logged in, the pending password.
change() {
	new=$(quote "$PENDING_PASSWORD")
	case $version in
	*MariaDB*) sql="SET PASSWORD = PASSWORD($new);" ;;
	*) sql="ALTER USER USER() IDENTIFIED BY $new;" ;;
	esac
	if retains; then
		if run "$1" "ALTER USER USER() IDENTIFIED BY $new RETAIN CURRENT PASSWORD;"; then return; fi
		case $why in
		'ERROR 1227 '*) ;; # the user lacks the right
		*) fail ;;
		esac
	fi
	run "$1" "$sql" || fail
}

# fail: ends with $why.
fail() {
	case $why in
	'ERROR 1819 '*) # the answer of a password check: not applied
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
') die 'the pending password ends in a new line' ;;
	esac
	same CURRENT || die 'the pending value is for another user or server than the current one'
	if login CURRENT; then
		change CURRENT
		return
	fi
	reason=$version
	if [ -n "${PREVIOUS_PASSWORD-}" ] && same PREVIOUS && login PREVIOUS; then
		change PREVIOUS
		return
	fi
	die "neither the pending nor the current nor the previous password works: $reason"
}

# The server accepts any password of a user with unix_socket authentication, so that
# a login would prove nothing.
test_password() {
	if echo 'SELECT 1' | PENDING_PASSWORD='' as PENDING >/dev/null 2>&1; then
		die "the server asks $PENDING_USERNAME for no password (unix_socket?)"
	fi
	login PENDING || die "$version"
}

# describe_password: asks for a grace if the user may keep two passwords.
describe_password() {
	if ! login CURRENT || ! retains; then return; fi
	case $(echo 'SHOW GRANTS' | as CURRENT 2>/dev/null) in
	*APPLICATION_PASSWORD_ADMIN*) echo '{"grace": 300}' ;;
	esac
}

# finish_password: drops the old password, which only a user with the right has.
finish_password() {
	login CURRENT || die "$version"
	if ! retains || run CURRENT 'ALTER USER USER() DISCARD OLD PASSWORD;'; then return; fi
	case $why in
	'ERROR 1227 '*) ;;
	*) die "$why" ;;
	esac
}

case ${SECRET_STEP:?} in
describe)
	describe_password
	;;
finish)
	: "${CURRENT_USERNAME:?no such field}" "${CURRENT_PASSWORD:?no such field}"
	: "${CURRENT_HOST:?no such field}"
	finish_password
	;;
set | test)
	: "${PENDING_USERNAME:?no such field}" "${PENDING_PASSWORD:?no such field}"
	: "${PENDING_HOST:?no such field}"
	"${SECRET_STEP}_password"
	;;
esac # create has nothing to do: the tool makes the password
