"""Uses an endpoint as a program does that was written for AWS. The address and the keys come from the environment."""

import os

import boto3
from botocore.exceptions import ClientError

URL = os.environ["ENDPOINT_URL"]
client = boto3.client("secretsmanager", endpoint_url=URL)


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response["Error"]["Message"]
    raise AssertionError(f"{call} succeeded, but {code} was due")


TEXT = '{ "username": "app",\n"password":"p<&>ü\u2028", "port": 5432, "n": 1.10, "deep": {"a": [1, null]} }'
made = client.create_secret(Name="prod/db", SecretString=TEXT, Description="the database", Tags=[{"Key": "team", "Value": "a"}])
for secret_id in ("prod/db", made["ARN"], made["ARN"][:-7]):
    got = client.get_secret_value(SecretId=secret_id)
    assert got["SecretString"] == TEXT and got["VersionId"] == made["VersionId"], got
assert got["CreatedDate"].year >= 2024 and got["VersionStages"] == ["AWSCURRENT"]

put = client.put_secret_value(SecretId="prod/db", SecretBinary=bytes(range(256)))
assert client.get_secret_value(SecretId="prod/db")["SecretBinary"] == bytes(range(256))
old = client.get_secret_value(SecretId="prod/db", VersionStage="AWSPREVIOUS")
assert old["SecretString"] == TEXT and old["VersionId"] == made["VersionId"]
client.update_secret(SecretId="prod/db", SecretString="three")
client.update_secret_version_stage(
    SecretId="prod/db", VersionStage="AWSCURRENT", MoveToVersionId=put["VersionId"],
    RemoveFromVersionId=client.get_secret_value(SecretId="prod/db")["VersionId"],
)
assert client.describe_secret(SecretId="prod/db")["VersionIdsToStages"][put["VersionId"]] == ["AWSCURRENT"]
assert len(client.list_secret_version_ids(SecretId="prod/db", IncludeDeprecated=True)["Versions"]) == 3

for i in range(12):
    client.create_secret(Name=f"page/{i:02}", SecretString=str(i))
pages = client.get_paginator("list_secrets").paginate(
    Filters=[{"Key": "name", "Values": ["page/"]}], PaginationConfig={"PageSize": 5})
assert [s["Name"] for page in pages for s in page["SecretList"]] == [f"page/{i:02}" for i in range(12)]
if hasattr(client, "batch_get_secret_value"):  # since boto3 1.29
    batch = client.batch_get_secret_value(SecretIdList=["page/03", "absent"])
    assert batch["SecretValues"][0]["SecretString"] == "3" and batch["Errors"][0]["ErrorCode"] == "ResourceNotFoundException"

client.tag_resource(SecretId="prod/db", Tags=[{"Key": "b", "Value": ""}])
client.untag_resource(SecretId="prod/db", TagKeys=["team"])
assert client.describe_secret(SecretId="prod/db")["Tags"] == [{"Key": "b", "Value": ""}]

client.delete_secret(SecretId="prod/db", RecoveryWindowInDays=7)
refused("InvalidRequestException", client.get_secret_value, SecretId="prod/db")
client.restore_secret(SecretId="prod/db")
client.delete_secret(SecretId="prod/db", ForceDeleteWithoutRecovery=True)
message = refused("ResourceNotFoundException", client.get_secret_value, SecretId="prod/db")
assert message == "Secrets Manager can't find the specified secret.", message
try:
    client.get_secret_value(SecretId="prod/db")
except client.exceptions.ResourceNotFoundException as error:
    assert error.response["Message"] == message  # of exceptions that the model has

assert len(client.get_random_password(PasswordLength=40)["RandomPassword"]) == 40
refused("ValidationException", client.get_random_password, PasswordLength=5000)
refused("InvalidRequestException", client.rotate_secret, SecretId="page/00")

wrong = boto3.client(
    "secretsmanager", endpoint_url=URL, aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"], aws_secret_access_key="wrong")
if os.environ["MODE"] == "signed":
    refused("InvalidSignatureException", wrong.list_secrets)
    unknown = boto3.client("secretsmanager", endpoint_url=URL, aws_access_key_id="AKIAUNKNOWNUNKNOWNUN", aws_secret_access_key="x")
    refused("UnrecognizedClientException", unknown.list_secrets)
else:
    wrong.list_secrets()  # the address is the permission
