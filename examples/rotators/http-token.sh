#!/bin/sh
# HTTP API that issues tokens: makes a new one with the old, and revokes the old in finish.
#
# Both tokens work until finish, for which describe asks a grace of five minutes.
#
# A pattern to adjust: the paths and members below are those of a made-up API.
#   POST   URL/tokens        {"name": N}  -> 201 {"id": …, "token": …}
#   GET    URL/tokens                     -> 200 [{"id": …, "name": …}, …]
#   GET    URL/whoami                     -> 200 if the token is good
#   DELETE URL/tokens/ID                  -> 204, 404 if there is none such
# all with "Authorization: Bearer TOKEN". Adjust create, test and finish.
#
# Fields (kind kv): url, token, id (of the token; without it finish cannot
# revoke the first one). The token must be allowed to make and revoke tokens.
# Needs curl and jq.

set -eu
exec </dev/null # the fields come by the environment

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

# api METHOD PATH [JSON]: calls the API with $token; sets $status and $body. curl
# gets the token on standard input, because all users can read arguments.
api() {
	header=$(printf '%s' "Authorization: Bearer $token" | LC_ALL=C sed 's/[\\"]/\\&/g')
	answer=$(printf 'header = "%s"\n' "$header" |
		curl -q --config - --silent --show-error --max-time 20 --proto '=http,https' \
			--request "$1" --header 'Content-Type: application/json' \
			${3+--data "$3"} --write-out '\n%{http_code}' --url "${url%/}$2")
	status=${answer##*
}
	body=${answer%
*}
}

# refused REQUEST: ends with the status of the answer, without its body.
refused() { die "$1: the API answered with status $status"; }

# revoke ID: revokes a token. A token that is gone counts as revoked.
revoke() {
	api DELETE "/tokens/$(ID=$1 jq -rn 'env.ID | @uri')"
	case $status in
	2?? | 404 | 410) ;;
	*) refused "revoking token $1" ;;
	esac
}

# The name ties the new token to this rotation. If a run is killed before the token
# is in the vault, the next run finds the token by its name and revokes it.
create_token() {
	name="secret $SECRET_TOKEN"
	api GET /tokens
	[ "$status" = 200 ] || refused 'listing tokens'
	orphans=$(printf '%s' "$body" |
		NAME=$name jq -r '.[] | select(.name == env.NAME) | .id | tostring |
			select(. != env.CURRENT_ID)')
	printf '%s\n' "$orphans" | while read -r id; do
		[ -z "$id" ] || revoke "$id"
	done
	api POST /tokens "$(NAME=$name jq -n '{name: env.NAME}')"
	case $status in
	200 | 201) ;;
	*) refused 'making a token' ;;
	esac
	printf '%s' "$body" | jq -e '{token: (.token | strings), id: (.id | tostring)}'
}

test_token() {
	api GET /whoami
	[ "$status" = 200 ] || refused 'the pending token'
}

# finish_token OLD-ID: revokes the token that this rotation replaced, and no other.
finish_token() {
	if [ -z "$1" ]; then
		echo 'the old token has no field id: revoke it by hand' >&2
		return
	fi
	revoke "$1"
}

case ${SECRET_STEP:?} in
describe) echo '{"grace": 300}' ;;
create)
	url=${CURRENT_URL:?no such field} token=${CURRENT_TOKEN:?no such field}
	create_token
	;;
test)
	url=${PENDING_URL:?no such field} token=${PENDING_TOKEN:?no such field}
	test_token
	;;
finish)
	url=${CURRENT_URL:?no such field} token=${CURRENT_TOKEN:?no such field}
	finish_token "${PREVIOUS_ID-}"
	;;
esac # set has nothing to do: the token that create made is valid already
