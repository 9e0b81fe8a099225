#!/bin/sh
# MariaDB or MySQL, single user: the user changes its own password.
#
# Fields: username, password, host (a name or the path of a unix socket);
# optional: port (3306), ssl (true: verified TLS, false: none).
# The user needs no right at all. The server's general query log, if it is on,
# shows the new password; its binary log does not.

set -eu
exec </dev/null # the fields come by the environment; mysql must not eat the JSON

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

client=$(command -v mariadb || command -v mysql) || die 'neither mariadb nor mysql is in PATH'

# as WHO: runs the SQL on standard input, connected as WHO (PENDING, CURRENT or
# PREVIOUS). Users' own option files are left aside: they may hold a password,
# which would win over this one.
as() (
	user='' host='' port='' ssl=''
	eval "user=\${$1_USERNAME-} MYSQL_PWD=\${$1_PASSWORD-} host=\${$1_HOST-}
		port=\${$1_PORT-} ssl=\${$1_SSL-}"
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
	exec "$client" "$@"
)

# login WHO: whether the server takes WHO's password; if so, $version is the
# server's, if not, $version says why.
login() { version=$(echo 'SELECT VERSION()' | as "$1" 2>&1); }

# same WHO: pending must be for the user and the server that WHO is for.
# Otherwise a value planted in the secret could turn on somebody else.
same() {
	eval "[ \"\${$1_USERNAME-}\" = \"\$PENDING_USERNAME\" ] &&
		[ \"\${$1_HOST-}\" = \"\$PENDING_HOST\" ] &&
		[ \"\${$1_PORT:-3306}\" = \"\${PENDING_PORT:-3306}\" ]"
}

# quote TEXT: a string literal, under the sql_mode that change sets.
quote() { printf "'%s'" "$(printf '%s' "$1" | LC_ALL=C sed "s/\\\\/&&/g; s/'/''/g")"; }

# change WHO: gives WHO, logged in, the pending password.
change() {
	new=$(quote "$PENDING_PASSWORD")
	case $version in
	*MariaDB*) sql="SET PASSWORD = PASSWORD($new);" ;;
	*) sql="ALTER USER USER() IDENTIFIED BY $new;" ;;
	esac
	why=$(printf '%s\n' "SET SESSION sql_mode = '';" "$sql" | as "$1" 2>&1) && return
	# The client repeats the statement, and with it the password, before the
	# error, which is the last line.
	why=$(printf '%s\n' "$why" | grep '^ERROR ' | tail -n 1)
	case $why in
	'ERROR 1819 '*) # what a password check answers: surely not applied
		printf '%s\n' "$why" >&2
		exit 10
		;;
	esac
	die "$why"
}

set_password() {
	if login PENDING; then return; fi # set was called before
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

# A user who is let in by its unix account gets in with any password, and a
# login proves nothing.
test_password() {
	if echo 'SELECT 1' | PENDING_PASSWORD='' as PENDING >/dev/null 2>&1; then
		die "the server asks $PENDING_USERNAME for no password (unix_socket?)"
	fi
	login PENDING || die "$version"
}

case ${SECRET_STEP:?} in
set | test)
	: "${PENDING_USERNAME:?no such field}" "${PENDING_PASSWORD:?no such field}"
	: "${PENDING_HOST:?no such field}"
	"${SECRET_STEP}_password"
	;;
esac # create: the tool makes the password; finish: nothing to clean up
