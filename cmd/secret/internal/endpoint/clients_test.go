package endpoint_test

import (
	"context"
	"crypto/rand"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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

// TestClients runs programs that use AWS's own clients, each with the token and with signatures. A client that is not
// installed is left out, unless all of them are required. The one for JavaScript is found by NODE_PATH.
func TestClients(t *testing.T) {
	if testing.Short() {
		t.Skip("starts interpreters with large libraries")
	}
	tests := map[string]struct{ installed, run []string }{
		"boto3":   {[]string{"python3", "-c", "import boto3"}, []string{"python3", "boto3_client.py"}},
		"AWS CLI": {[]string{"aws", "--version"}, []string{"sh", "awscli_client.sh"}},
		"JavaScript": {
			[]string{"node", "-e", "require('@aws-sdk/client-secrets-manager')"},
			[]string{"node", "js_client.cjs"},
		},
		"Go": {
			[]string{"go", "build", "-C", "gosdk", "-o", filepath.Join(t.TempDir(), "client"), "."},
			[]string{"go", "run", "-C", "gosdk", "."},
		},
	}
	pair, err := wire.NewKeyPair(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	servers := map[string]wire.Server{
		"token": {Token: "abcdefghijklmnopqrstuvwxyz"},
		"signed": {Clients: func(id string) (wire.Client, bool) {
			return wire.Client{Name: "web", KeyPair: pair}, id == pair.ID
		}},
	}
	// Nothing of the user's own configuration of AWS may reach a client.
	environment := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") })
	environment = slices.Clip(append(environment, "AWS_REGION=eu-central-1", "AWS_DEFAULT_REGION=eu-central-1",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1", "PYTHONDONTWRITEBYTECODE=1", "PYTHONUTF8=1"))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			check := exec.Command(test.installed[0], test.installed[1:]...)
			check.Dir = "testdata/clients"
			if out, err := check.CombinedOutput(); err != nil {
				if os.Getenv("SECRET_TEST_SERVICES") == "required" {
					t.Fatalf("the client is not installed: %v\n%s", err, out)
				}
				t.Skip("the client is not installed")
			}
			for mode, server := range servers {
				w := newWorld(t, endpoint.Options{})
				client := exec.Command(test.run[0], test.run[1:]...)
				client.Dir = check.Dir
				client.Env = append(environment, "ENDPOINT_URL=http://"+w.serve(server).String()+"/"+server.Token, "MODE="+mode,
					"AWS_ACCESS_KEY_ID="+pair.ID, "AWS_SECRET_ACCESS_KEY="+pair.Secret)
				if out, err := client.CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", mode, err, out)
				}
			}
		})
	}
}
