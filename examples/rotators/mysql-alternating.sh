#!/bin/sh
# MariaDB or MySQL, alternating users: an admin changes u and u_clone in turn.
#
# The replaced user keeps its password until the next rotation, so that programs
# which hold it go on working.
#
# Fields: as for mysql, and admin_secret: the name of the secret that holds the
# admin's username and password (its host and port, if it has any, must be those
# of the credential). The admin needs CREATE USER, and all rights of the first user
# WITH GRANT OPTION (roles WITH ADMIN OPTION).
# The clone gets the host part and the grants of the first user. On MySQL its
# TLS requirement and its default roles are not copied: set them once by hand.
# The server's general query log, if it is on, shows the new password.

set -eu
exec </dev/null # the fields come by the environment; mysql must not eat the JSON

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

client=$(command -v mariadb || command -v mysql) || die 'neither mariadb nor mysql is in PATH'

# as WHO: runs the SQL on standard input, connected as WHO (PENDING, CURRENT or
# ADMIN). It reads no option files, because a password in one would win.
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

# login WHO: succeeds if the server accepts WHO's password. $answer is then its version
# and the account that it chose, "VERSION USER@HOST", and otherwise the reason.
login() { answer=$(echo "SELECT CONCAT(VERSION(), ' ', CURRENT_USER())" | as "$1" 2>&1); }

# alternate NAME: prints u for u_clone, and u_clone for u.
alternate() {
	case $1 in
	?*_clone) name=${1%_clone} ;;
	*) name=$1_clone ;;
	esac
	[ "$(printf '%s' "$name" | wc -m)" -le 80 ] || die "$name is longer than 80 characters"
	printf '%s' "$name"
}

create_password() { # the tool adds the password
	case $CURRENT_USERNAME in
	*[[:cntrl:]]*) die 'the user name holds a control character' ;;
	esac
	name=$(alternate "$CURRENT_USERNAME")
	printf '{"username":"%s"}\n' "$(printf '%s' "$name" | LC_ALL=C sed 's/[\\"]/\\&/g')"
}

# quote TEXT: prints a string literal, under the sql_mode that is set below.
quote() { printf "'%s'" "$(printf '%s' "$1" | LC_ALL=C sed "s/\\\\/&&/g; s/'/''/g")"; }

# tick TEXT: prints a quoted identifier, as SHOW GRANTS does.
tick() { printf '\140%s\140' "$(printf '%s' "$1" | LC_ALL=C sed 's/[`]/&&/g')"; }

plain="SET SESSION sql_mode = '', SESSION sql_quote_show_create = 1;"

# grants HOST: prints the current user's own grants for the pending user, without the
# rights of its roles and without the password.
grants() {
	shown=$(echo "$plain SHOW GRANTS;" | as CURRENT 2>&1) || die "SHOW GRANTS: $shown"
	printf '%s\n' "$shown" |
		OLD="$(tick "$CURRENT_USERNAME")@$(tick "$1")" \
			NEW="$(quote "$PENDING_USERNAME")@$(quote "$1")" \
			LC_ALL=C awk '
		function least(a, b) { return a && (!b || a < b) ? a : b }
		{
			at = least(index($0, " TO " ENVIRON["OLD"]), index($0, " FOR " ENVIRON["OLD"]))
			if (!at) next
			word = substr($0, at, 5) == " FOR " ? " FOR " : " TO "
			tail = substr($0, at + length(word) + length(ENVIRON["OLD"]))
			if (index(tail, " IDENTIFIED ") == 1) {
				at_tail = least(index(tail, " REQUIRE "), index(tail, " WITH "))
				tail = at_tail ? substr(tail, at_tail) : ""
			}
			print substr($0, 1, at - 1) word ENVIRON["NEW"] tail ";"
		}'
}

# change: as the admin, makes the pending user if there is none, gives it the grants
# and then its password. The password is last, so that the test of a clone without
# all of its grants fails and the next run begins again.
change() {
	account=${answer#* }
	host=${account##*@}
	[ "${account%@*}" = "$CURRENT_USERNAME" ] || die "the server knows the user as $account"
	new=$(quote "$PENDING_USERNAME")@$(quote "$host")
	password=$(quote "$PENDING_PASSWORD")
	case ${answer%% *} in
	*MariaDB*) last="SET PASSWORD FOR $new = PASSWORD($password);" ;; # ALTER USER hides a refusal
	*) last="ALTER USER $new IDENTIFIED BY $password;" ;;
	esac
	grants=$(grants "$host") || exit 1
	lock=$(od -An -N 32 -tx1 /dev/urandom | tr -d ' \n') # not the password, as long as grants are missing
	why=$({
		echo "$plain"
		echo "CREATE USER IF NOT EXISTS $new IDENTIFIED BY 'Aa-1$lock';"
		printf '%s\n' "$grants" "$last"
	} | as ADMIN 2>&1) && return
	# The client prints the statement, and with it the password, before the error.
	why=$(printf '%s\n' "$why" | grep '^ERROR ' | tail -n 1)
	case $why in
	'ERROR 1819 '*) # the answer of a password check: not applied
		printf '%s\n' "$why" >&2
		exit 10
		;;
	esac
	die "$why"
}

# inherit FIELD…: gives the admin the credential's fields that its own secret lacks.
inherit() {
	for field; do
		eval "ADMIN_$field=\${ADMIN_$field:-\${CURRENT_$field-}}"
	done
}

set_password() {
	if login PENDING; then return; fi # an earlier call did it
	case $PENDING_PASSWORD in
	*'
') die 'the pending password ends in a new line' ;;
	esac
	: "${CURRENT_USERNAME:?no such field}" "${CURRENT_HOST:?no such field}"
	: "${ADMIN_USERNAME:?no admin: the credential needs a field admin_secret}" "${ADMIN_PASSWORD:?}"
	inherit HOST PORT SSL SSLROOTCERT
	[ "$PENDING_USERNAME" = "$(alternate "$CURRENT_USERNAME")" ] ||
		die 'the pending user is not the alternate of the current one'
	for who in CURRENT ADMIN; do
		eval "[ \"\$${who}_HOST\" = \"\$PENDING_HOST\" ] &&
			[ \"\${${who}_PORT:-3306}\" = \"\${PENDING_PORT:-3306}\" ]" ||
			die 'the pending value, the current one and the admin are not for one server'
	done
	# The admin acts only for a user whose current password works. Otherwise a planted
	# user name could get the rights of another user.
	login CURRENT || die "the current password does not work: $answer"
	change
}

# The server accepts any password of a user with unix_socket authentication, so that
# a login would prove nothing.
test_password() {
	if echo 'SELECT 1' | PENDING_PASSWORD='' as PENDING >/dev/null 2>&1; then
		die "the server asks $PENDING_USERNAME for no password (unix_socket?)"
	fi
	login PENDING || die "$answer"
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
