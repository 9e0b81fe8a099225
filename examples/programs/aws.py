# Written for AWS Secrets Manager, in the shape that its console gives out. It runs on the vault unchanged:
#
#     secret run --aws -- python3 aws.py
#
# boto3 from before version 1.28 does not look for the endpoint. For it, pass endpoint_url as below.
import json
import os

import boto3
from botocore.exceptions import ClientError


def get_secret():
    client = boto3.session.Session().client(
        service_name="secretsmanager",
        endpoint_url=os.environ.get("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
    )
    try:
        response = client.get_secret_value(SecretId="prod/db")
    except ClientError as e:
        # For a list of exceptions thrown, see
        # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
        raise e
    return json.loads(response["SecretString"])


secret = get_secret()
print(f"boto3 logs in as {secret['username']}@{secret['host']}")
