#!/bin/sh
# SSH key pair: the new key is added to authorized_keys, and the old one removed in finish.
#
# Both keys work until finish, for which describe asks a grace of five minutes.
#
# Fields (kind kv): private_key, public_key; and either
#   authorized_keys (a file on this machine), or
#   host, username; optional: port (22), known_hosts (lines for the host, else
#   ~/.ssh/known_hosts), authorized_keys (there; else .ssh/authorized_keys).
#   The key logs in and must be allowed to run sh there.
# Options before the old key (from=, command=, …) are kept for the new one.
# Private keys are written to the working directory only, for ssh to read.

set -eu
exec </dev/null # the fields come by the environment
umask 077

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

# public KEY: prints the key's type and bytes, checked because they go into a script.
public() {
	type=${1%%[[:space:]]*} bytes=${1#*[[:space:]]}
	bytes=${bytes%%[[:space:]]*}
	case $type:$bytes in
	*[!A-Za-z0-9@._+/=:-]* | *: | :*) die 'the public key is not "TYPE BYTES COMMENT"' ;;
	esac
	printf '%s %s' "$type" "$bytes"
}

# pair WHO: writes WHO's private key to the file WHO, and succeeds if it belongs to
# WHO's public key.
pair() {
	key=''
	eval "private=\${$1_PRIVATE_KEY-} key=\${$1_PUBLIC_KEY-}"
	[ -n "$private" ] || return 1
	printf '%s\n' "$private" >"$1"
	derived=$(ssh-keygen -y -P '' -f "$1" 2>&1) || die "the private key: $derived"
	key=$(public "$key") || exit 1
	[ "$(public "$derived")" = "$key" ]
}

# same WHO: succeeds if pending is for the account that WHO is for. Otherwise a
# value planted in the secret could change another account.
same() {
	for field in HOST PORT USERNAME AUTHORIZED_KEYS; do
		eval "[ \"\${$1_$field-}\" = \"\${PENDING_$field-}\" ]" || return
	done
}

# at WHO: runs the script on standard input on the machine that has the file.
at() {
	if [ -z "${PENDING_HOST-}" ]; then
		case ${PENDING_AUTHORIZED_KEYS-} in
		/*) ;;
		*) die 'the field authorized_keys must be an absolute path, or there must be a host' ;;
		esac
		sh -s
		return
	fi
	set -- -i "$1" -p "${PENDING_PORT:-22}" -l "${PENDING_USERNAME:?no such field}"
	if [ -n "${PENDING_KNOWN_HOSTS-}" ]; then
		printf '%s\n' "$PENDING_KNOWN_HOSTS" >known_hosts
		set -- "$@" -o UserKnownHostsFile=known_hosts
	fi
	ssh -F none -T -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityAgent=none \
		-o ConnectTimeout=10 "$@" -- "$PENDING_HOST" sh -s
}

# here TEXT: prints a quoted word for the shell.
here() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

# edit OLD NEW AWK: prints a script that rewrites the file. Readers see the old or
# the new file, also after a power cut, and two scripts wait for each other.
edit() {
	file=${PENDING_AUTHORIZED_KEYS:-.ssh/authorized_keys}
	cat <<-SCRIPT
		set -eu
		umask 077
		file=\$(readlink -f -- $(here "$file"))
		if command -v flock >/dev/null; then exec 9<"\${file%/*}/"; flock 9; fi
		rm -f "\$file.secret-new"
		cp -p "\$file" "\$file.secret-new"
		OLD=$(here "$1") NEW=$(here "$2") LC_ALL=C awk $(here "$3") "\$file" >"\$file.secret-new"
		if cmp -s "\$file" "\$file.secret-new"; then rm "\$file.secret-new"; exit; fi
		sync "\$file.secret-new" 2>/dev/null || sync
		mv -f "\$file.secret-new" "\$file"
	SCRIPT
}

# holds KEY: prints a script that succeeds if the file holds the key.
holds() {
	file=${PENDING_AUTHORIZED_KEYS:-.ssh/authorized_keys}
	printf "grep -qF -e %s -- %s\n" "$(here "$1")" "$(here "$file")"
}

create_key() {
	rm -f new new.pub
	ssh-keygen -q -t ed25519 -N '' -C "secret:$SECRET_NAME" -f new
	private=$(awk '{ printf "%s\\n", $0 }' new)
	printf '{"private_key":"%s","public_key":"%s"}\n' "$private" "$(cat new.pub)"
}

# A copy of the old key's line, with the new key in its place, follows it.
# shellcheck disable=SC2016 # an awk program
add='
	{ print }
	index($0, ENVIRON["NEW"]) { done = 1 }
	!line && (at = index($0, ENVIRON["OLD"])) {
		line = substr($0, 1, at - 1) ENVIRON["NEW"] substr($0, at + length(ENVIRON["OLD"]))
	}
	END { if (!done && line) print line }'
# shellcheck disable=SC2016
remove='!index($0, ENVIRON["OLD"]) || index($0, ENVIRON["NEW"])'

set_key() {
	pair PENDING || die 'the pending private key is not that of the public key'
	new=$(public "$PENDING_PUBLIC_KEY")
	if holds "$new" | at PENDING 2>/dev/null; then return; fi # an earlier call did it
	same CURRENT || die 'the pending key is for another account or file than the current one'
	why='none of them is in the file'
	for who in CURRENT PREVIOUS; do
		if ! same "$who" || ! pair "$who"; then continue; fi
		old=$(eval "public \"\$${who}_PUBLIC_KEY\"")
		if why=$(holds "$old" | at "$who" 2>&1); then
			edit "$old" "$new" "$add" | at "$who"
			return
		fi
	done
	die "neither the pending nor the current nor the previous key is accepted: $why"
}

test_key() {
	pair PENDING || die 'the pending private key is not that of the public key'
	holds "$(public "$PENDING_PUBLIC_KEY")" | at PENDING || die 'the pending key is not accepted'
}

finish_key() {
	[ -n "${PREVIOUS_PUBLIC_KEY-}" ] || return 0
	# From here on the new key, which is current now, does the work.
	PENDING_HOST=${CURRENT_HOST-} PENDING_PORT=${CURRENT_PORT-}
	PENDING_USERNAME=${CURRENT_USERNAME-} PENDING_KNOWN_HOSTS=${CURRENT_KNOWN_HOSTS-}
	PENDING_AUTHORIZED_KEYS=${CURRENT_AUTHORIZED_KEYS-}
	pair CURRENT || die 'the current private key is not that of the public key'
	edit "$(public "$PREVIOUS_PUBLIC_KEY")" "$(public "$CURRENT_PUBLIC_KEY")" "$remove" | at CURRENT
}

case ${SECRET_STEP:?} in
describe) echo '{"grace": 300}' ;;
create)
	: "${SECRET_NAME:?}"
	create_key
	;;
set | test)
	: "${PENDING_PRIVATE_KEY:?no such field}" "${PENDING_PUBLIC_KEY:?no such field}"
	"${SECRET_STEP}_key"
	;;
finish)
	: "${CURRENT_PRIVATE_KEY:?no such field}" "${CURRENT_PUBLIC_KEY:?no such field}"
	finish_key
	;;
esac
