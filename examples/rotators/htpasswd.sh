#!/bin/sh
# Basic-auth file (htpasswd), as Apache and nginx read it: replaces one user's line.
#
# Fields: username, password, file (its path); optional: url (test logs in there
# with curl; without it, test reads the file).
# You must be allowed to write the file and its directory. The hash is bcrypt if
# htpasswd is installed, else apr1 by openssl.

set -eu
exec </dev/null # the fields come by the environment
umask 077

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

# hash: prints the hash of the password on standard input.
hash() {
	if command -v htpasswd >/dev/null; then
		htpasswd -niBC 10 x 2>&1 | sed -n '1s/^x://p'
	else
		openssl passwd -apr1 -stdin
	fi
}

# stored: prints the hash of PENDING's user in the file.
stored() {
	ID="$PENDING_USERNAME:" LC_ALL=C awk '
		index($0, ENVIRON["ID"]) == 1 { print substr($0, length(ENVIRON["ID"]) + 1); exit }' "$file"
}

# holds PASSWORD: succeeds if it is the password of PENDING's user in the file. The
# check uses another name, because a user name may look like an option.
holds() {
	stored=$(stored)
	if command -v htpasswd >/dev/null; then
		printf 'x:%s\n' "$stored" >check
		printf '%s' "$1" | htpasswd -vi check x >/dev/null 2>&1
	else
		salt=${stored#"\$apr1\$"}
		[ "$salt" != "$stored" ] || die 'only htpasswd (apache2-utils) can check this kind of hash'
		[ "$(printf '%s\n' "$1" | openssl passwd -apr1 -salt "${salt%%"\$"*}" -stdin)" = "$stored" ]
	fi
}

# lock: makes other runs of this script wait until it ends. Otherwise two users who
# are rotated at once could undo each other's change.
lock() {
	if command -v flock >/dev/null; then
		exec 9<"${file%/*}/"
		flock 9
	else
		mkdir "$file.lock" || die "another rotation is at work, or one was killed: remove $file.lock"
		trap 'rmdir "$file.lock"' EXIT
		trap 'exit 1' HUP INT TERM
	fi
}

# replace HASH: replaces the user's line. Readers see the old or the new file, also
# after a power cut. cp keeps the owner and the mode.
replace() {
	new=$file.secret-new
	rm -f "$new"
	cp -p "$file" "$new"
	ID="$PENDING_USERNAME:" HASH=$1 LC_ALL=C awk '
		index($0, ENVIRON["ID"]) != 1 { print; next }
		!done++ { print ENVIRON["ID"] ENVIRON["HASH"] }' "$file" >"$new"
	sync "$new" 2>/dev/null || sync
	mv -f "$new" "$file"
}

set_password() {
	case $PENDING_USERNAME$PENDING_PASSWORD in
	*'
'*) die 'the file takes no user name or password of more than one line' ;;
	esac
	if [ "$(printf '%s' "$PENDING_PASSWORD" | wc -c)" -gt 72 ]; then
		echo 'the pending password is longer than the 72 bytes that bcrypt looks at' >&2
		exit 10
	fi
	[ "$PENDING_USERNAME,$PENDING_FILE" = "${CURRENT_USERNAME-},${CURRENT_FILE-}" ] ||
		die 'the pending value is for another user or file than the current one'
	lock
	if holds "$PENDING_PASSWORD"; then return; fi # an earlier call did it
	holds "${CURRENT_PASSWORD-}" ||
		{ [ -n "${PREVIOUS_PASSWORD-}" ] && holds "$PREVIOUS_PASSWORD"; } ||
		die "neither the pending nor the current nor the previous password is that of the file"
	new=$(printf '%s\n' "$PENDING_PASSWORD" | hash)
	[ -n "$new" ] || die 'the password could not be hashed'
	replace "$new"
}

test_password() {
	if [ -z "${PENDING_URL-}" ]; then
		holds "$PENDING_PASSWORD" || die "the file does not hold the pending password"
		return
	fi
	user=$(printf '%s' "$PENDING_USERNAME:$PENDING_PASSWORD" | LC_ALL=C sed 's/[\\"]/\\&/g')
	status=$(printf 'user = "%s"\n' "$user" |
		curl -q --config - --basic --silent --show-error --max-time 20 --output /dev/null \
			--proto '=http,https' --write-out '%{http_code}' --url "$PENDING_URL")
	case $status in
	401 | 403) die "the server answered with status $status" ;;
	[23]??) ;;
	*) die "the server answered with status $status, which says nothing of the password" ;;
	esac
}

case ${SECRET_STEP:?} in
set | test)
	: "${PENDING_USERNAME:?no such field}" "${PENDING_PASSWORD:?no such field}"
	case $PENDING_USERNAME in *:*) die 'the user name holds a colon' ;; esac
	file=$(readlink -f -- "${PENDING_FILE:?no such field}")
	"${SECRET_STEP}_password"
	;;
esac # create and finish have nothing to do: the tool makes the password
