#!/bin/sh
# Uses an endpoint by the AWS CLI. The address and the keys come from the environment.
set -eu
sm() { aws secretsmanager --endpoint-url "$ENDPOINT_URL" "$@"; }
sm create-secret --name prod/db --secret-string 'p<&>ü' >/dev/null
[ "$(sm get-secret-value --secret-id prod/db --query SecretString --output text)" = 'p<&>ü' ]
sm put-secret-value --secret-id prod/db --secret-string two >/dev/null
[ "$(sm get-secret-value --secret-id prod/db --version-stage AWSPREVIOUS --query SecretString --output text)" = 'p<&>ü' ]
[ "$(sm list-secrets --query 'SecretList[].Name' --output text)" = prod/db ]
error=$(sm get-secret-value --secret-id absent 2>&1) && exit 1
echo "$error" | grep -q "ResourceNotFoundException.*Secrets Manager can't find the specified secret."
sm delete-secret --secret-id prod/db --force-delete-without-recovery >/dev/null
