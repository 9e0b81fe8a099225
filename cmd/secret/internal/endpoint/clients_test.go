package endpoint_test

import (
	"context"
	"crypto/rand"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"example.org/secret/cmd/secret/internal/endpoint"
	"example.org/secret/cmd/secret/internal/endpoint/wire"
)

// serve serves the operations of w on loopback until the test ends.
func (w *world) serve(s wire.Server) net.Addr {
	w.t.Helper()
	listener, err := wire.Listen("127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	s.Operations, s.Region, s.Now, s.Rand = w.do, "us-east-1", time.Now, rand.Reader
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, listener) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	})
	return listener.Addr()
}

func TestBoto3(t *testing.T) {
	if testing.Short() {
		t.Skip("starts an interpreter with a large library")
	}
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import boto3").Run() != nil {
		if os.Getenv("SECRET_TEST_SERVICES") == "required" {
			t.Fatal("boto3 is missing")
		}
		t.Skip("boto3 is missing")
	}
	pair, err := wire.NewKeyPair(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]wire.Server{
		"token":  {Token: "abcdefghijklmnopqrstuvwxyz"},
		"signed": {Clients: func(id string) (wire.Client, bool) { return wire.Client{Name: "web", KeyPair: pair}, id == pair.ID }},
	}
	for name, server := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, endpoint.Options{})
			url := "http://" + w.serve(server).String() + "/" + server.Token
			script := exec.Command(python, "testdata/clients/boto3_client.py")
			script.Env = []string{
				"ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=" + pair.ID, "AWS_SECRET_ACCESS_KEY=" + pair.Secret,
				"AWS_REGION=eu-central-1", "AWS_DEFAULT_REGION=eu-central-1", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"),
				"PYTHONDONTWRITEBYTECODE=1",
			}
			if server.Clients != nil {
				script.Env = append(script.Env, "SIGNED=1")
			}
			if out, err := script.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
