#!/usr/bin/env python3
# Template in Python: adjust login and change; all else is the protocol.
#
# Unchanged, it rotates a password in a toy service: a JSON file of user names and
# passwords. Fields: username, password, file.

import json
import os
import sys


def login(value):
    """Whether the service accepts value. Adjust this."""
    with open(value["file"]) as f:
        return json.load(f).get(value["username"]) == value["password"]


def change(working, pending):
    """Logged in as working, give its user the pending password. Adjust this.

    A service that surely refused the new password, and did not apply it, is
    told by raising Refused.
    """
    with open(working["file"]) as f:
        users = json.load(f)
    if len(pending["password"]) < 8:
        raise Refused("the service takes no password under 8 characters")
    users[working["username"]] = pending["password"]
    new = working["file"] + ".new"
    with open(new, "w", opener=lambda p, f: os.open(p, f, 0o600)) as f:
        json.dump(users, f)
        f.flush()
        os.fsync(f.fileno())
    os.replace(new, working["file"])


class Refused(Exception):
    """The service does not like the pending value itself."""


def set_step(call):
    pending = call["pending"]
    if login(pending):
        return  # an earlier call did it
    for version in ("current", "previous"):
        value = call.get(version)
        if value is None:
            continue
        if (value["username"], value["file"]) != (pending["username"], pending["file"]):
            sys.exit("the pending value is for another user than the " + version + " one")
        if login(value):
            return change(value, pending)
    sys.exit("neither the pending nor the current nor the previous password works")


def main():
    call = json.load(sys.stdin)
    if call["protocol"] != 1:
        sys.exit("this rotator speaks protocol 1")
    try:
        if call["step"] == "set":
            set_step(call)
        elif call["step"] == "test" and not login(call["pending"]):
            sys.exit("the pending password is not accepted")
        # create and finish have nothing to do: the tool makes the password. For a
        # service that accepts two values, set keeps the current one, finish revokes
        # the previous one, and describe prints a grace: {"grace": 300}
    except Refused as e:
        print(e, file=sys.stderr)
        sys.exit(10)


if __name__ == "__main__":
    main()
