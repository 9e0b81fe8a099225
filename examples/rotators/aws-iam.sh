#!/bin/sh
# AWS IAM access key: makes a second key with the first, and deletes the first in finish.
#
# Both keys work until finish, for which describe asks a grace of five minutes.
#
# Fields (kind kv): access_key_id, secret_access_key; optional: region
# (us-east-1), endpoint_url (of a stand-in for AWS).
# The IAM user must be allowed, for itself: iam:ListAccessKeys,
# iam:CreateAccessKey, iam:DeleteAccessKey, iam:GetAccessKeyLastUsed.
# AWS allows a user two keys. create deletes a second key if it is the one that was
# replaced, or if it was never used (a run that was killed in create leaves such a
# key). Otherwise create fails: give each rotated secret an IAM user of its own.

set -eu
exec </dev/null # the fields come by the environment

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

# as WHO ARG…: runs the aws command with WHO's key and without configuration files.
# It names no user: AWS uses the owner of the key.
as() (
	eval "AWS_ACCESS_KEY_ID=\${$1_ACCESS_KEY_ID-} AWS_SECRET_ACCESS_KEY=\${$1_SECRET_ACCESS_KEY-}
		AWS_REGION=\${$1_REGION:-us-east-1} AWS_ENDPOINT_URL=\${$1_ENDPOINT_URL-}"
	AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_PAGER=''
	export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION AWS_CONFIG_FILE
	export AWS_SHARED_CREDENTIALS_FILE AWS_PAGER
	[ -z "$AWS_ENDPOINT_URL" ] || export AWS_ENDPOINT_URL
	shift
	exec aws --output text "$@"
)

# delete WHO ID: deletes a key with WHO's key. A key that is gone counts as deleted.
delete() {
	why=$(as "$1" iam delete-access-key --access-key-id "$2" 2>&1) && return
	case $why in
	*NoSuchEntity*) ;;
	*) die "$why" ;;
	esac
}

create_key() {
	keys=$(as CURRENT iam list-access-keys --query 'AccessKeyMetadata[].[AccessKeyId]')
	for id in $keys; do
		if [ "$id" = "$CURRENT_ACCESS_KEY_ID" ]; then continue; fi
		if [ "$id" != "${PREVIOUS_ACCESS_KEY_ID-}" ]; then
			used=$(as CURRENT iam get-access-key-last-used --access-key-id "$id" \
				--query 'AccessKeyLastUsed.LastUsedDate')
			[ "$used" = None ] || die "the user has another key, $id, that is in use"
		fi
		delete CURRENT "$id"
	done
	key=$(as CURRENT iam create-access-key --query 'AccessKey.[AccessKeyId,SecretAccessKey]')
	# shellcheck disable=SC2086 # two words without spaces or quotes
	set -- $key
	[ $# -eq 2 ] || die 'create-access-key did not print an id and a secret'
	printf '{"access_key_id":"%s","secret_access_key":"%s"}\n' "$1" "$2"
}

# A new key takes some seconds until all of AWS knows it. GetCallerIdentity
# needs no permission.
test_key() {
	tries=8
	while ! why=$(as PENDING sts get-caller-identity --query Arn 2>&1); do
		case $why in
		*InvalidClientTokenId* | *SignatureDoesNotMatch*) ;;
		*) die "$why" ;;
		esac
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || die "$why"
		sleep 4
	done
}

case ${SECRET_STEP:?} in
describe) echo '{"grace": 300}' ;;
create)
	: "${CURRENT_ACCESS_KEY_ID:?no such field}" "${CURRENT_SECRET_ACCESS_KEY:?no such field}"
	create_key
	;;
test)
	: "${PENDING_ACCESS_KEY_ID:?no such field}" "${PENDING_SECRET_ACCESS_KEY:?no such field}"
	test_key
	;;
finish)
	: "${CURRENT_ACCESS_KEY_ID:?no such field}" "${CURRENT_SECRET_ACCESS_KEY:?no such field}"
	[ -z "${PREVIOUS_ACCESS_KEY_ID-}" ] || delete CURRENT "$PREVIOUS_ACCESS_KEY_ID"
	;;
esac # set has nothing to do: the key that create made is valid already
