//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// getByAPI is a command that reads the secret named by its first argument.
const getByAPI = `exec curl -s -H 'X-Amz-Target: secretsmanager.GetSecretValue' \
	-H 'Content-Type: application/x-amz-json-1.1' -d '{"SecretId":"'"$1"'"}' "$AWS_ENDPOINT_URL_SECRETS_MANAGER"`

func needCurl(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
}

// A command that gets secrets in both ways opens the vault twice, and asks once.
func TestServedCommandAsksOnce(t *testing.T) {
	env := scriptEnv(t.TempDir())
	env = env[:len(env)-1] // without SECRET_KEY_FILE
	p := secretAtTerminal(t, env, "init", "--passphrase", "--no-recovery")
	p.answers("New passphrase", "correct horse\r")
	p.answers("The same again", "correct horse\r")
	wantExit(t, p, exitDone)
	p = secretAtTerminal(t, env, "set", "key", "--value", "v")
	p.answers("Passphrase for the vault", "correct horse\r")
	wantExit(t, p, exitDone)
	p = secretAtTerminal(t, env, "run", "--aws", "--secret", "key", "--", "true")
	p.answers("Passphrase for the vault", "correct horse\r")
	wantExit(t, p, exitDone)
}

// A value key behind a passphrase is asked for at the start or never.
func TestServedValueKey(t *testing.T) {
	needCurl(t)
	env := scriptEnv(t.TempDir())
	secretIn(t, env, "init")
	p := secretAtTerminal(t, env, "key", "new", "vip", "--passphrase")
	p.answers("New passphrase", keyPassphrase+"\r")
	p.answers("The same again", keyPassphrase+"\r")
	wantExit(t, p, exitDone)
	p = secretAtTerminal(t, env, "set", "closed", "--value", "s3cret", "--key", "vip")
	p.answers("Passphrase for the key vip", keyPassphrase+"\r")
	wantExit(t, p, exitDone)

	read := []string{"--no-masking", "--", "sh", "-c", getByAPI, "sh", "closed"}
	p = secretAtTerminal(t, env, append([]string{"run", "--aws"}, read...)...)
	p.waitFor("DecryptionFailure")
	wantExit(t, p, exitDone)
	p = secretAtTerminal(t, env, append([]string{"run", "--aws", "--aws-key", "vip"}, read...)...)
	p.answers("Passphrase for the key vip", keyPassphrase+"\r")
	p.waitFor(`"SecretString":"s3cret"`)
	wantExit(t, p, exitDone)
}

// A rotator that the user enables while programs are served may be called, and the user's hook learns of it.
func TestServedRotation(t *testing.T) {
	needCurl(t)
	work := t.TempDir()
	env := append(scriptEnv(work), "SECRET_ON_ROTATION=echo $SECRET_NAME $SECRET_OUTCOME >>"+filepath.Join(work, "hook"),
		"PATH="+os.Getenv("PATH"))
	secretIn(t, env, "init")
	secretIn(t, env, "set", "db", "--value", "first")
	rotator := filepath.Join(work, "rotator")
	if err := os.WriteFile(rotator, []byte("#!/bin/sh\nexit 0\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	script := `
		rotate() {
			curl -s -H 'X-Amz-Target: secretsmanager.RotateSecret' -H 'Content-Type: application/x-amz-json-1.1' \
				-d '{"SecretId":"db","ClientRequestToken":"01234567-89ab-cdef-0123-456789abcdef"}' \
				"$AWS_ENDPOINT_URL_SECRETS_MANAGER"
		}
		rotate
		export SECRET_KEY_FILE="$1"
		secret rotation enable db --rotator "$2" --no-rotate-now
		rotate
		until [ -s "$3" ]; do sleep 0.02; done # or else the end of the command would stop the rotation`
	hook := filepath.Join(work, "hook")
	out, code := secretIn(t, env, "run", "--aws", "--aws-write", "--", "sh", "-c", script, "sh",
		filepath.Join(work, "key"), rotator, hook)
	if code != exitDone || strings.Count(out, `"VersionId":"01234567-89ab-cdef-0123-456789abcdef"`) != 1 {
		t.Errorf("it printed %q and exits with %d", out, code)
	}
	if told, err := os.ReadFile(hook); string(told) != "db rotated\n" {
		t.Errorf("the hook learned %q (%v)", told, err)
	}
}
