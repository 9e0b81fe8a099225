"""Rotates the password of one PostgreSQL user, in the shape of AWS's functions."""

import json
import logging
import os

import boto3
import psycopg2

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def lambda_handler(event, context):
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    service = boto3.client("secretsmanager", endpoint_url=os.environ["SECRETS_MANAGER_ENDPOINT"])

    metadata = service.describe_secret(SecretId=arn)
    if not metadata.get("RotationEnabled"):
        raise ValueError("Secret %s is not enabled for rotation" % arn)
    stages = metadata["VersionIdsToStages"].get(token)
    if stages is None:
        raise ValueError("Secret version %s has no stage for rotation of secret %s." % (token, arn))
    if "AWSCURRENT" in stages:
        logger.info("Secret version %s is AWSCURRENT already.", token)
        return
    if "AWSPENDING" not in stages:
        raise ValueError("Secret version %s is not AWSPENDING for rotation of secret %s." % (token, arn))

    steps = {"createSecret": create, "setSecret": set_secret, "testSecret": test, "finishSecret": finish}
    if step not in steps:
        raise ValueError("Invalid step %s" % step)
    steps[step](service, arn, token)


def create(service, arn, token):
    value = secret_value(service, arn, "AWSCURRENT")
    try:
        secret_value(service, arn, "AWSPENDING", token)
    except service.exceptions.ResourceNotFoundException:
        value["password"] = service.get_random_password(
            ExcludeCharacters=os.environ.get("EXCLUDE_CHARACTERS", ":/@\"'\\"))["RandomPassword"]
        service.put_secret_value(
            SecretId=arn, ClientRequestToken=token, SecretString=json.dumps(value), VersionStages=["AWSPENDING"])


def set_secret(service, arn, token):
    pending = secret_value(service, arn, "AWSPENDING", token)
    connection = connect(pending)
    if connection:
        connection.close()
        return
    current = secret_value(service, arn, "AWSCURRENT")
    if (pending["username"], pending["host"]) != (current["username"], current["host"]):
        raise ValueError("Attempting to modify another user or host")
    connection = connect(current)
    if not connection:
        try:
            connection = connect(secret_value(service, arn, "AWSPREVIOUS"))
        except service.exceptions.ResourceNotFoundException:
            pass
    if not connection:
        raise ValueError("Unable to log into database with previous, current, or pending secret of %s" % arn)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT quote_ident(%s)", (pending["username"],))
            cursor.execute("ALTER USER %s" % cursor.fetchone()[0] + " WITH PASSWORD %s", (pending["password"],))
        connection.commit()
    finally:
        connection.close()


def test(service, arn, token):
    connection = connect(secret_value(service, arn, "AWSPENDING", token))
    if not connection:
        raise ValueError("Unable to log into database with pending secret of secret ARN %s" % arn)
    with connection.cursor() as cursor:
        cursor.execute("SELECT NOW()")
    connection.close()


def finish(service, arn, token):
    for version, stages in service.describe_secret(SecretId=arn)["VersionIdsToStages"].items():
        if "AWSCURRENT" in stages:
            if version != token:
                service.update_secret_version_stage(
                    SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=version)
            return


def connect(value):
    try:
        return psycopg2.connect(
            host=value["host"], port=int(value.get("port", 5432)), user=value["username"],
            password=value["password"], dbname=value.get("dbname", "postgres"), connect_timeout=5)
    except psycopg2.OperationalError:
        return None


def secret_value(service, arn, stage, token=None):
    request = {"SecretId": arn, "VersionStage": stage}
    if token:
        request["VersionId"] = token
    value = json.loads(service.get_secret_value(**request)["SecretString"])
    for field in ("host", "username", "password", "engine"):
        if field not in value:
            raise KeyError("%s key is missing from secret JSON" % field)
    if value["engine"] != "postgres":
        raise KeyError("Database engine must be set to 'postgres' in order to use this rotation lambda")
    return value
