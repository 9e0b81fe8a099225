#!/usr/bin/env python3
import json
import subprocess


def secret(*args: str) -> bytes:
    """Return what `secret get` prints. A failure raises CalledProcessError; its returncode is 3 for "no such secret"."""
    return subprocess.check_output(["secret", "get", *args])


api_key = secret("openai/key").decode()
database = json.loads(secret("prod/db"))
print(f"python has a key of {len(api_key)} characters and logs in as {database['username']}@{database['host']}")
