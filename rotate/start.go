package rotate

import (
	"context"
	"errors"
	"fmt"

	"example.org/secret/vault"
)

// ErrUnderWay is returned by [Engine.Start] if another rotation of the secret is under way.
var ErrUnderWay = errors.New("a previous rotation is not complete")

// Start saves that a rotation of the secret name begins, and returns before the first of
// its steps. token is the id of the version that it makes: see [vault.CheckVersionID]. The
// error is [vault.ErrVersionExists] if a version has that id.
//
// The caller must call walk once, unless it is nil: it does the steps and returns as
// [Engine.Rotate] does. Until then the secret's rotation is locked.
//
// A rotation that is under way is not begun again: walk continues it, and the error is
// [ErrUnderWay] unless it has the same token. One whose labels have moved is finished first.
func (e *Engine) Start(
	ctx context.Context, name vault.Name, token string,
) (walk func(context.Context) Result, err error) {
	if err := vault.CheckVersionID(token); err != nil {
		return nil, err
	}
	a, unlock, err := e.begin(ctx, name)
	if err != nil {
		return nil, err
	}
	if err = a.startAs(ctx, token); err != nil && !errors.Is(err, ErrUnderWay) {
		unlock()
		return nil, err
	}
	return func(ctx context.Context) Result {
		defer unlock()
		return a.result(a.walk(ctx))
	}, err
}

// startAs makes the attempt one whose rotation with the token has begun.
func (a *attempt) startAs(ctx context.Context, token string) error {
	if err := a.checkAllowed(); err != nil {
		return err
	}
	if run := a.rotation.Run; run != nil && run.Step == Finish && run.Token != token {
		if _, err := a.walk(ctx); err != nil {
			return fmt.Errorf("finishing the previous rotation of %q: %w", a.name, err)
		}
	}
	switch run := a.rotation.Run; {
	case run == nil:
	case run.Token == token:
		return nil
	default:
		return fmt.Errorf("%q: %w", a.name, ErrUnderWay)
	}
	if _, err := a.secret.Find(vault.Selector{ID: token}); err == nil {
		return vault.Errorf(vault.ErrVersionExists, "%q has a version %s already", a.name, token)
	}
	return a.start(token)
}
