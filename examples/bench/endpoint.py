#!/usr/bin/env python3
"""Times reads by AWS's API: one client that keeps its connection, sixteen at once, and the first answer after the start.

    python3 endpoint.py [SECRETS...]    default: 10 1000 10000

Needs secret in PATH. moto_server (https://docs.getmoto.org) is measured beside it where it is installed.
Prints a Markdown table.
"""
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

READS, CLIENTS, SECONDS = 2000, 16, 3


def connect(url):
    parts = urllib.parse.urlsplit(url)
    return http.client.HTTPConnection(parts.hostname, parts.port), parts.path or "/"


def call(connection, path, operation, **parameters):
    connection.request("POST", path, json.dumps(parameters), {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "secretsmanager." + operation,
        # moto wants a signature, and does not check it.
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260301/us-east-1/secretsmanager/aws4_request, "
                         "SignedHeaders=host, Signature=0",
    })
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(body)
    return json.loads(body)


def median_read(url):
    connection, path = connect(url)
    times = []
    for i in range(READS):
        began = time.perf_counter()
        call(connection, path, "GetSecretValue", SecretId="bench/s1")
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def reads_at_once(url):
    counts, end = [], time.monotonic() + SECONDS

    def client():
        connection, path = connect(url)
        n = 0
        while time.monotonic() < end:
            call(connection, path, "GetSecretValue", SecretId="bench/s1")
            n += 1
        counts.append(n)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return sum(counts) / SECONDS


def first_answer(began, url, operation, **parameters):
    while True:
        try:
            connection, path = connect(url)
            call(connection, path, operation, **parameters)
            return (time.perf_counter() - began) * 1000
        except OSError:
            if time.perf_counter() - began > 30:
                raise


def measure_secret(directory, secrets):
    environ = dict(os.environ, HOME=directory, SECRET_VAULT=directory + "/vault", SECRET_KEY_FILE=directory + "/key")
    subprocess.run(["secret", "init"], env=environ, check=True, capture_output=True)
    text = json.dumps({f"bench/s{i}": f"value {i}" for i in range(secrets)})
    subprocess.run(["secret", "import", "-", "--format", "json"], input=text.encode(), env=environ, check=True,
                   capture_output=True)
    began = time.perf_counter()
    server = subprocess.Popen(["secret", "run", "--aws", "--", "sh", "-c", "echo $AWS_ENDPOINT_URL_SECRETS_MANAGER; cat"],
                              env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    url = server.stdout.readline().decode().strip()
    try:
        first = first_answer(began, url, "GetSecretValue", SecretId="bench/s1")
        return median_read(url), reads_at_once(url), first
    finally:
        server.stdin.close()
        server.wait()


def measure_moto():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    began = time.perf_counter()
    server = subprocess.Popen(["moto_server", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        first = first_answer(began, url, "CreateSecret", Name="bench/s1", SecretString="value 1")
        return median_read(url), reads_at_once(url), first
    finally:
        server.kill()
        server.wait()


def row(name, figures):
    print("| %s | %.2f | %.0f | %.0f |" % (name, *figures), flush=True)


print("| | one client, ms | 16 clients, reads a second | first answer, ms |\n| --- | ---: | ---: | ---: |")
for count in [int(n) for n in sys.argv[1:]] or [10, 1000, 10000]:
    with tempfile.TemporaryDirectory() as directory:
        row(f"secret, {count:,}", measure_secret(directory, count))
if shutil.which("moto_server"):
    row("moto_server", measure_moto())
