package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"example.org/secret/cmd/secret/internal/hook"
	"example.org/secret/cmd/secret/internal/memory"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/cmd/secret/internal/rotationview"
	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// newEngine opens the vault for rotation by the rotators that were enabled on this
// machine.
func (a *app) newEngine() (*rotate.Engine, *rotate.Consent, error) {
	v, key, err := a.unlockVault()
	if err != nil {
		return nil, nil, err
	}
	stateDir, err := a.dirs().State()
	if err != nil {
		return nil, nil, err
	}
	consent, err := rotate.LoadConsent(filepath.Join(stateDir, "rotators"), key.VaultID())
	if err != nil {
		return nil, nil, err
	}
	executor, err := a.newExecutor()
	if err != nil {
		return nil, nil, err
	}
	return &rotate.Engine{Vault: v, Call: executor.Call, Now: a.now, Rand: a.rand, Allowed: consent.Given}, consent, nil
}

func (a *app) newExecutor() (*rotate.Executor, error) {
	dir, err := a.rotatorsDir()
	if err != nil {
		return nil, err
	}
	work, _ := memory.Dir(a.getenv)
	return &rotate.Executor{Dir: dir, WorkDir: work, Environ: a.environ}, nil
}

func (a *app) rotatorsDir() (string, error) {
	config, err := a.dirs().Config()
	return filepath.Join(config, "rotators"), err
}

// rotationView returns the way to print rotations.
func (a *app) rotationView() rotationview.View {
	return rotationview.View{Out: a.out, AsJSON: a.jsonFlag}
}

// rotateAll rotates names with a report, and returns the error of the command.
func (a *app) rotateAll(
	report *rotationview.Report, engine *rotate.Engine, names []vault.Name, when rotate.When, jobs int,
) error {
	settings, err := a.loadSettings()
	if err != nil {
		return err
	}
	report.View, report.Total = a.rotationView(), len(names)
	report.Hook = hook.Hook{Command: settings.OnRotation, Environ: a.environ, Output: a.out.Stderr, Timeout: hook.Timeout}
	ctx, stop := untilInterrupted()
	defer stop()
	engine.RotateAll(ctx, names, when, jobs, report)
	err = report.End()
	if ctx.Err() != nil {
		return vault.Errorf(prompt.ErrInterrupted, "interrupted; the next secret rotate --due continues from here")
	}
	return err
}

// untilInterrupted returns a context that ends with the first signal to stop. A second
// signal kills the process.
func untilInterrupted() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
