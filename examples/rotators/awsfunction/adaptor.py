#!/usr/bin/env python3
# Runs a rotation function that was written for AWS Secrets Manager.
#
# The function's calls to Secrets Manager go to an endpoint in this process, which
# answers from the rotator's input. Arguments NAME=VALUE are the function's environment.

import hashlib
import hmac
import http.server
import importlib.util
import json
import os
import secrets
import string
import subprocess
import sys
import threading
import time
import types
import urllib.parse
import uuid

FUNCTION = {}  # written by: secret rotation rotator new --from-aws

STEPS = {"create": "createSecret", "set": "setSecret", "test": "testSecret", "finish": "finishSecret"}


class Refusal(Exception):
    """An error of the endpoint, by AWS's name."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class Endpoint:
    """Answers as Secrets Manager does in the middle of a rotation."""

    def __init__(self, call, region):
        self.call, self.step, self.token = call, call["step"], call["token"]
        self.put = None
        self.hidden = set()  # values that the tool does not know and cannot mask
        suffix = hashlib.sha256(call["name"].encode()).hexdigest()[:6]
        self.arn = "arn:aws:secretsmanager:%s:000000000000:secret:%s-%s" % (region, call["name"], suffix)
        current, pending, previous = (call.get(v) for v in ("current", "pending", "previous"))
        if self.step == "finish" and previous is not None:
            # The tool has moved the labels. The function sees them as before, and may move them.
            current, pending, previous = previous, current, None
        self.values, self.stages = {}, {}
        for value, stage in ((current, "AWSCURRENT"), (previous, "AWSPREVIOUS")):
            if value is not None:
                version = str(uuid.uuid5(uuid.NAMESPACE_URL, self.token + stage))
                self.values[version], self.stages[version] = value, [stage]
        self.stages[self.token] = ["AWSPENDING"]
        if pending is not None:
            self.values[self.token] = pending
        elif self.step == "finish":
            only = next(iter(self.values))
            self.values = {self.token: self.values[only]}
            self.stages = {self.token: ["AWSCURRENT", "AWSPENDING"]}

    def answer(self, operation, request):
        method = getattr(self, "op_" + operation, None)
        if method is None:
            raise Refusal("InvalidRequestException", operation + " is not answered during a rotation.")
        return method(request)

    def find(self, request):
        """Whether the request is for the secret, rather than for the admin's."""
        asked = request.get("SecretId")
        if asked in (self.arn, self.arn[:-7], self.call["name"]):
            return True
        for version in ("current", "pending"):
            fields = self.call.get(version) or {}
            admin = fields.get("admin_secret") or fields.get("masterarn")
            if asked and asked == admin and "admin" in self.call:
                return False
        raise Refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")

    def encode(self, fields):
        if self.call["kind"] == "plaintext":
            value = fields["value"]
            if isinstance(value, dict):
                return {"SecretBinary": value["base64"]}
            return {"SecretString": value}
        return {"SecretString": json.dumps(fields)}

    def decode(self, request):
        """Returns the fields of a value that the function puts."""
        text, binary = request.get("SecretString"), request.get("SecretBinary")
        if text is None and binary is None:
            raise Refusal("InvalidRequestException", "You must provide either SecretString or SecretBinary.")
        if self.call["kind"] == "plaintext":
            return {"value": {"base64": binary} if text is None else text}
        try:
            fields = json.loads(text or "", parse_int=str, parse_float=str)
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            raise Refusal("InvalidRequestException", "The value of this secret must be a JSON object.")
        for name, value in fields.items():
            if isinstance(value, bool):
                fields[name] = "true" if value else "false"
            elif not isinstance(value, str) and not (isinstance(value, dict) and list(value) == ["base64"]):
                raise Refusal("InvalidRequestException", "The field %s must be a string or a number." % name)
        return fields

    def op_DescribeSecret(self, request):
        if not self.find(request):
            return {"ARN": request["SecretId"], "Name": request["SecretId"]}
        tags = [{"Key": k, "Value": v} for k, v in self.call.get("tags", {}).items()]
        return {"ARN": self.arn, "Name": self.call["name"], "RotationEnabled": True, "Tags": tags,
                "VersionIdsToStages": {v: s for v, s in self.stages.items() if s}}

    def op_GetSecretValue(self, request):
        version, stage = request.get("VersionId"), request.get("VersionStage")
        if not self.find(request):
            return {"ARN": request["SecretId"], "Name": request["SecretId"], "CreatedDate": time.time(),
                    "VersionId": str(uuid.uuid5(uuid.NAMESPACE_URL, self.token + "admin")),
                    "VersionStages": ["AWSCURRENT"], "SecretString": json.dumps(self.call["admin"])}
        if version is None:
            stage = stage or "AWSCURRENT"
            version = next((v for v, s in self.stages.items() if stage in s), None)
        if version not in self.values or (stage and stage not in self.stages[version]):
            raise Refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for "
                          + ("staging label: %s" % stage if stage else "VersionId: %s" % version))
        return {"ARN": self.arn, "Name": self.call["name"], "VersionId": version, "CreatedDate": time.time(),
                "VersionStages": self.stages[version], **self.encode(self.values[version])}

    def op_PutSecretValue(self, request):
        if not self.find(request):
            raise Refusal("InvalidRequestException", "A rotation cannot change another secret.")
        if request.get("ClientRequestToken") != self.token or request.get("VersionStages") != ["AWSPENDING"]:
            raise Refusal("InvalidRequestException",
                          "A rotation puts only the version of its token, with the label AWSPENDING.")
        fields = self.decode(request)
        self.hidden.update(v for v in fields.values() if isinstance(v, str))
        known = self.values.get(self.token)
        if known is not None and known != fields:
            raise Refusal("ResourceExistsException", "You can't use ClientRequestToken %s because that value is "
                          "already in use for a version of secret %s." % (self.token, self.arn))
        if self.step == "create":
            self.put = fields
        elif known is None:
            raise Refusal("InvalidRequestException", "A value can be put in createSecret only.")
        self.values[self.token] = fields
        return {"ARN": self.arn, "Name": self.call["name"], "VersionId": self.token, "VersionStages": ["AWSPENDING"]}

    def op_UpdateSecretVersionStage(self, request):
        if not self.find(request):
            raise Refusal("InvalidRequestException", "A rotation cannot change another secret.")
        stage, to, source = (request.get(k) for k in ("VersionStage", "MoveToVersionId", "RemoveFromVersionId"))
        if self.step != "finish" or to not in (None, self.token) or (stage == "AWSCURRENT" and to is None):
            raise Refusal("InvalidRequestException", "A rotation moves labels in finishSecret only, to its version.")
        holder = next((v for v, s in self.stages.items() if stage in s), None)
        if holder not in (None, source, to):
            raise Refusal("InvalidParameterException", "The parameter RemoveFromVersionId can't be empty. Staging "
                          "label %s is currently attached to version %s, so you must explicitly reference that "
                          "version in RemoveFromVersionId." % (stage, holder))
        if holder is not None and holder != to:
            self.stages[holder].remove(stage)
            if stage == "AWSCURRENT":
                self.stages[holder].append("AWSPREVIOUS")
        if to is not None and stage not in self.stages[to]:
            self.stages[to].append(stage)
        return {"ARN": self.arn, "Name": self.call["name"]}

    def op_GetRandomPassword(self, request):
        excluded = set(request.get("ExcludeCharacters", ""))
        classes = [[c for c in chars if c not in excluded] for name, chars in (
            ("Lowercase", string.ascii_lowercase), ("Uppercase", string.ascii_uppercase),
            ("Numbers", string.digits), ("Punctuation", string.punctuation),
        ) if not request.get("Exclude" + name)]
        length = request.get("PasswordLength", 32)
        every = request.get("RequireEachIncludedType", True)
        alphabet = [c for chars in classes for c in chars]
        if request.get("IncludeSpace") and " " not in excluded:
            alphabet.append(" ")
        if not alphabet or not 1 <= length <= 4096 or every and (not all(classes) or length < len(classes)):
            raise Refusal("InvalidParameterException", "No password can be made by these rules.")
        # By trying again, so that each password of the rules is as likely as any other.
        while True:
            password = "".join(secrets.choice(alphabet) for _ in range(length))
            if not every or all(set(chars) & set(password) for chars in classes):
                self.hidden.add(password)
                return {"RandomPassword": password}


def serve(endpoint):
    """Starts the endpoint on a loopback port and returns its address."""
    path = secrets.token_hex(16)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def do_POST(self):
            size = int(self.headers.get("Content-Length") or 0)
            if not hmac.compare_digest(self.path.strip("/").encode(), path.encode()) or not 0 <= size <= 1 << 20:
                self.close_connection = True
                return self.send_error(404)
            body = self.rfile.read(size)
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            status = 200
            try:
                with lock:
                    answer = endpoint.answer(operation, json.loads(body or b"{}"))
            except Refusal as e:
                status, answer = 400, {"__type": e.kind, "message": str(e), "Message": str(e)}
            except Exception:
                status, answer = 500, {"__type": "InternalServiceError", "message": "The request cannot be answered."}
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    lock = threading.Lock()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d/%s" % (server.server_port, path)


def has_credentials():
    if any(name in os.environ for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ROLE_ARN")):
        return True
    home = os.path.expanduser("~/.aws")
    if os.path.exists(os.path.join(home, "credentials")):
        return True
    try:
        with open(os.path.join(home, "config"), encoding="utf-8", errors="replace") as f:
            config = f.read()
    except OSError:
        return False
    return any(word in config for word in ("aws_access_key_id", "credential_process", "role_arn", "sso_"))


def set_environment(address, region):
    env = os.environ
    env["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = env["SECRETS_MANAGER_ENDPOINT"] = address
    env["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "false"
    env["AWS_REGION"] = env["AWS_DEFAULT_REGION"] = region
    env["NO_PROXY"] = env["no_proxy"] = ",".join(filter(None, [env.get("NO_PROXY") or env.get("no_proxy"), "127.0.0.1"]))
    if not has_credentials():
        env["AWS_ACCESS_KEY_ID"] = env["AWS_SECRET_ACCESS_KEY"] = "rotation"
        env["AWS_EC2_METADATA_DISABLED"] = "true"
    try:
        import botocore.session
    except ImportError:
        return
    # A boto3 before 1.28 does not read the address from the environment.
    create = botocore.session.Session.create_client

    def create_client(self, service_name, *args, **kwargs):
        if service_name == "secretsmanager" and len(args) < 5 and kwargs.get("endpoint_url") is None:
            kwargs["endpoint_url"] = address
        return create(self, service_name, *args, **kwargs)

    botocore.session.Session.create_client = create_client


def digest(path):
    """Returns the SHA-256 of a file, or of the list of files in a directory."""
    if not os.path.isdir(path):
        with open(path, "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()
    lines = []
    for folder, folders, files in os.walk(path):
        folders[:] = [f for f in folders if f != "__pycache__"]
        for name in files + [f for f in folders if os.path.islink(os.path.join(folder, f))]:
            file = os.path.join(folder, name)
            if os.path.islink(file):
                data = os.readlink(file).encode()
            else:
                with open(file, "rb") as f:
                    data = f.read()
            relative = os.path.relpath(file, path).replace(os.sep, "/")
            lines.append(relative + "\0" + hashlib.sha256(data).hexdigest() + "\n")
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


NODE = """
const fs = require("fs"), [file, name, reason] = process.argv.slice(1);
const {event, context} = JSON.parse(fs.readFileSync(0, "utf8"));
const end = Date.now() + 60000;
context.getRemainingTimeInMillis = () => Math.max(0, end - Date.now());
import(require("url").pathToFileURL(file)).then((module) => {
  const handler = module[name] ?? module.default?.[name];
  if (typeof handler !== "function") throw new Error(`no handler ${name}`);
  if (handler.length < 3) return handler(event, context);
  return new Promise((done, fail) => handler(event, context, (e) => (e ? fail(e) : done())));
}).then(() => process.exit(0), (e) => {
  fs.writeSync(Number(reason), `${e?.name ?? "Error"}: ${e?.message ?? e}`.slice(0, 2000));
  process.exit(1);
});
"""


class NodeError(Exception):
    """An exception of a function in JavaScript, with its type."""


def call_node(event, context):
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    facts = {"functionName": context.function_name, "awsRequestId": context.aws_request_id,
             "invokedFunctionArn": context.invoked_function_arn}
    # Open files go on to it, so that secret knows it by number 10.
    done = subprocess.run(
        ["node", "-e", NODE, "--", FUNCTION["file"], FUNCTION["handler"], str(writing)], close_fds=False,
        input=json.dumps({"event": event, "context": facts}).encode())
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8", errors="replace") as f:
        text = f.read()
    if done.returncode != 0:
        raise NodeError(text or "node ended with %d" % done.returncode)


def load():
    """Returns the function's handler."""
    if not FUNCTION["file"].endswith(".py"):
        return call_node
    sys.dont_write_bytecode = True
    sys.path.pop(0)  # the directory of this file
    if os.path.isdir(FUNCTION["path"]):
        sys.path.insert(0, FUNCTION["path"])
    name = os.path.splitext(os.path.basename(FUNCTION["file"]))[0]
    spec = importlib.util.spec_from_file_location(name, FUNCTION["file"])
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return getattr(module, FUNCTION["handler"])


def reason(error, hidden):
    """Returns an exception's type and message in one line, without new values."""
    text = str(error)
    if not isinstance(error, NodeError):
        text = type(error).__name__ + ": " + text
    for value in sorted(hidden, key=len, reverse=True):
        forms = (value, repr(value)[1:-1], json.dumps(value)[1:-1], urllib.parse.quote(value, safe=""))
        for form in forms:
            if len(form) >= 4:
                text = text.replace(form, "****")
    return " ".join(text.split())


def main():
    call = json.load(sys.stdin)
    if call["protocol"] != 1:
        sys.exit("this rotator speaks protocol 1")
    step = STEPS.get(call["step"])
    if step is None:
        return
    for arg in sys.argv[1:-1]:
        name, equals, value = arg.partition("=")
        if not name or not equals:
            sys.exit("the arguments of this rotator are NAME=VALUE, for the function's environment")
        os.environ[name] = value
    # The function may print values: nobody reads its output. Only this program's counts.
    output, errors = os.fdopen(os.dup(1), "w", encoding="utf-8"), os.fdopen(os.dup(2), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)

    def fail(text):
        errors.write(text + "\n")
        errors.flush()
        os._exit(1)

    try:
        changed = digest(FUNCTION["path"]) != FUNCTION["sha256"]
    except OSError as e:
        fail("the function cannot be read: %s" % e)
    if changed:
        fail("%s was changed; to accept it, remove this rotator, write it with --from-aws and enable it again"
             % FUNCTION["path"])
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    endpoint = Endpoint(call, region)
    try:
        set_environment(serve(endpoint), region)
        event = {"Step": step, "SecretId": endpoint.arn, "ClientRequestToken": call["token"]}
        name = os.path.splitext(os.path.basename(FUNCTION["file"]))[0]
        end = time.monotonic() + 60
        context = types.SimpleNamespace(
            function_name=name, function_version="$LATEST", memory_limit_in_mb="128", aws_request_id=str(uuid.uuid4()),
            invoked_function_arn="arn:aws:lambda:%s:000000000000:function:%s" % (region, name),
            get_remaining_time_in_millis=lambda: max(0, int((end - time.monotonic()) * 1000)))
        load()(event, context)
    except BaseException as e:
        fail("%s: %s" % (step, reason(e, endpoint.hidden)))
    if call["step"] == "create":
        if endpoint.put is None:
            fail("createSecret put no value with the label AWSPENDING")
        if call["kind"] != "plaintext":
            output.write(json.dumps(endpoint.put))
        elif isinstance(endpoint.put["value"], dict):
            import base64
            output.flush()
            output.buffer.write(base64.b64decode(endpoint.put["value"]["base64"]) + b"\n")
        else:
            output.write(endpoint.put["value"] + "\n")
    output.flush()
    os._exit(0)  # the function's threads do not keep the step from ending


if __name__ == "__main__":
    main()
