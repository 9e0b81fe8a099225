package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"example.org/secret/cmd/secret/internal/endpoint"
	"example.org/secret/cmd/secret/internal/endpoint/childenv"
	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"
	"example.org/secret/vault/mask"
)

// awsOptions are the permissions of a command that uses the endpoint.
type awsOptions struct {
	serve bool
	allow []string
	write bool
}

// serveCommand serves AWS's API for one command until stop is called. It returns the environment of the command, which
// points at the endpoint. Values that the command gets are added to masked.
func (a *app) serveCommand(o awsOptions, environ []string, masked *mask.Growing) (_ []string, stop func(), err error) {
	permission, err := endpoint.NewPermission(o.allow, o.write)
	if err != nil {
		return nil, nil, err
	}
	service, err := a.newService(permission, masked)
	if err != nil {
		return nil, nil, err
	}
	token, err := wire.NewToken(a.rand)
	if err != nil {
		return nil, nil, err
	}
	listener, err := wire.Listen("127.0.0.1:0")
	if err != nil {
		return nil, nil, fmt.Errorf("cannot listen for the command: %w", err)
	}
	server := wire.Server{
		Operations: service.Operations(), Region: childenv.DefaultRegion, Token: token, Now: a.now, Rand: a.rand,
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	stop = func() {
		cancel()
		if err := <-served; err != nil {
			a.out.Warnf("serving the command: %v", err)
		}
		if err := service.Close(); err != nil {
			a.out.Warnf("%v", err)
		}
	}
	at := childenv.Endpoint{URL: "http://" + listener.Addr().String() + "/" + token, Readable: readable}
	return at.Environ(environ), stop, nil
}

// newService opens the vault for AWS's API.
func (a *app) newService(permission endpoint.Permission, masked *mask.Growing) (*endpoint.Service, error) {
	a.unattended = true
	engine, _, err := a.newEngine()
	if err != nil {
		return nil, err
	}
	settings, err := a.loadSettings()
	if err != nil {
		return nil, err
	}
	return endpoint.New(endpoint.Options{
		Open: a.reopening(engine.Vault), Account: settings.AWSAccount,
		Permission: func(string) endpoint.Permission { return permission },
		Engine:     engine,
		HandedOut:  func(v vault.AWSValue) { masked.Add(hiddenIn(v)...) },
		Now:        a.now, Rand: a.rand,
	})
}

// hiddenIn returns the parts of a value that the output of the command must not show.
func hiddenIn(v vault.AWSValue) [][]byte {
	return slices.DeleteFunc(picked.HiddenIn(v.Value()), func(value []byte) bool {
		// In JSON these are no texts, and hide nothing.
		return slices.Contains([]string{"true", "false", "null"}, string(value))
	})
}

func readable(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	return f.Close() == nil
}
