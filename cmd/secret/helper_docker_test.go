//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Docker's own client logs in to a registry, uses the login, and logs out.
func TestDockerClient(t *testing.T) {
	need(t, "docker")
	logins := 0
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
		user, password, _ := r.BasicAuth()
		if user != "bob" || password != "s3cret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		logins++
	}))
	defer registry.Close()
	server := strings.TrimPrefix(registry.URL, "http://")

	work := t.TempDir()
	command := func(stdin, program string, args ...string) (string, error) {
		cmd := exec.Command(program, args...)
		cmd.Dir = work
		cmd.Stdin = strings.NewReader(stdin)
		cmd.Env = []string{
			"HOME=" + work, "SECRET_VAULT=" + filepath.Join(work, "vault"), "SECRET_KEY_FILE=" + filepath.Join(work, "key"),
			"PATH=" + filepath.Join(work, "bin") + ":" + os.Getenv("PATH"),
			"DOCKER_HOST=unix://" + filepath.Join(work, "no-daemon"), // its client can log in by itself
		}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	must := func(stdin, program string, args ...string) string {
		t.Helper()
		out, err := command(stdin, program, args...)
		if err != nil {
			t.Fatalf("%s %s: %v: %s", program, strings.Join(args, " "), err, out)
		}
		return out
	}
	must("", "secret", "init", "--key-file", "key")
	must("", "secret", "helper", "install", "docker", "--dir", "bin")
	must("s3cret", "docker", "login", "--username", "bob", "--password-stdin", server)
	if logins == 0 {
		t.Fatal("docker did not log in")
	}
	if stored := must(server, "docker-credential-secret", "get"); !strings.Contains(stored, "s3cret") {
		t.Errorf("docker stored %s", stored)
	}
	if config, _ := os.ReadFile(filepath.Join(work, ".docker/config.json")); strings.Contains(string(config), `"auth":`) {
		t.Errorf("docker wrote the password into its configuration: %s", config)
	}
	// This goes to the registry without a daemon. It has no such image.
	before := logins
	out, err := command("", "docker", "manifest", "inspect", "--insecure", server+"/image")
	if logins == before {
		t.Errorf("docker did not log in with what was stored: %v: %s", err, out)
	}
	must("", "docker", "logout", server)
	if out, err := command(server, "docker-credential-secret", "get"); err == nil {
		t.Errorf("after docker logout there is still %s", out)
	}
}
