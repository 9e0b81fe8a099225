package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"example.org/secret/cmd/secret/internal/endpoint"
	"example.org/secret/cmd/secret/internal/endpoint/childenv"
	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/cmd/secret/internal/hook"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/rotate"
	"example.org/secret/vault"
	"example.org/secret/vault/mask"
)

// awsOptions are the permissions of a command that uses the endpoint.
type awsOptions struct {
	serve bool
	allow []string
	write bool
	keys  []string
}

// serveCommand serves AWS's API for one command until stop is called. It returns the environment of the command, which
// points at the endpoint. Values that the command gets are added to masked.
func (a *app) serveCommand(o awsOptions, environ []string, masked *mask.Growing) (_ []string, stop func(), err error) {
	permission, err := endpoint.NewPermission(o.allow, o.write)
	if err != nil {
		return nil, nil, err
	}
	token, err := wire.NewToken(a.rand)
	if err != nil {
		return nil, nil, err
	}
	engine, err := a.openToServe(o.keys)
	if err != nil {
		return nil, nil, err
	}
	listener, err := wire.Listen("127.0.0.1:0")
	if err != nil {
		return nil, nil, fmt.Errorf("cannot listen for the command: %w", err)
	}
	service, err := a.newService(engine, endpoint.Options{
		Permission: func(string) endpoint.Permission { return permission },
		HandedOut:  func(v vault.AWSValue) { masked.Add(hiddenIn(v)...) },
	})
	if err != nil {
		_ = listener.Close()
		return nil, nil, err
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

// openToServe opens the vault, and asks for the passphrases of the value keys. Later nothing is asked. A rotator that
// is enabled meanwhile may be called.
func (a *app) openToServe(keys []string) (*rotate.Engine, error) {
	engine, consent, err := a.newEngine()
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if err := engine.Vault.ReachValueKey(key); err != nil {
			return nil, err
		}
	}
	engine.Allowed = func(s *vault.Secret, r rotate.Rotation) bool {
		now, err := consent.Reload()
		return err == nil && now.Given(s, r)
	}
	a.serving = true
	return engine, nil
}

// newService returns the operations on the vault of the engine, with the settings of the user.
func (a *app) newService(engine *rotate.Engine, options endpoint.Options) (*endpoint.Service, error) {
	settings, err := a.loadSettings()
	if err != nil {
		return nil, err
	}
	onRotation := hook.Hook{
		Command: settings.OnRotation, Environ: a.environ, Output: a.out.Stderr, Timeout: hook.Timeout,
	}
	options.Open, options.Engine, options.Account = a.reopening(engine.Vault), engine, settings.AWSAccount
	options.Now, options.Rand = a.now, a.rand
	options.Rotated = func(result rotate.Result) {
		if onRotation.Command == "" {
			return
		}
		if err := onRotation.Run(result); err != nil {
			a.out.Warnf("%v", err)
		}
	}
	return endpoint.New(options)
}

// reopening returns a function that returns v first. After that it opens the vault again, and does not ask the user.
func (a *app) reopening(v *vault.Vault) func() (*vault.Vault, error) {
	return func() (*vault.Vault, error) {
		if first := v; first != nil {
			v = nil
			return first, nil
		}
		return a.openVaultQuietly()
	}
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
