package endpoint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// DefaultAccount is the account in ARNs, unless the user chose another.
const DefaultAccount = "000000000000"

// Options are the settings of a [Service]. Open, Permission, Now and Rand are required.
type Options struct {
	// Open opens the vault, and opens it again after its master key was replaced. Nobody can be asked for anything then.
	Open func() (*vault.Vault, error)
	// Permission returns the rights of a client. The empty name is that of the holder of the token.
	Permission func(client string) Permission
	// Engine rotates secrets; its Vault is not used. Nil refuses rotation.
	Engine *rotate.Engine
	// HandedOut is called with each value before a client gets it, unless it is nil. Several goroutines call it at once.
	HandedOut func(vault.AWSValue)
	// Rotated is called with the result of each rotation that the end of the service did not stop, unless it is nil.
	// Several goroutines call it at once.
	Rotated func(rotate.Result)

	Account      string // DefaultAccount if empty
	StrictLimits bool   // values up to 65,536 bytes, as with AWS

	Now  func() time.Time
	Rand io.Reader
}

// Service does operations on a vault. It is safe for concurrent use.
type Service struct {
	Options

	mu       sync.Mutex
	vault    *vault.Vault
	accesses *vault.Accesses

	// Rotations go on after their request until the service is closed.
	background context.Context
	stop       context.CancelFunc
	rotations  sync.WaitGroup
}

// New opens the vault. The caller must close the service.
func New(options Options) (*Service, error) {
	s := &Service{Options: options}
	s.Account = cmp.Or(s.Account, DefaultAccount)
	if err := s.reopen(nil); err != nil {
		return nil, err
	}
	s.background, s.stop = context.WithCancel(context.Background())
	return s, nil
}

// Close stops rotations that are under way, which the next run continues, and saves on which days secrets were read.
func (s *Service) Close() error {
	s.stop()
	s.rotations.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accesses.Close()
}

// reopen opens the vault in the place of old, unless another goroutine has done so.
func (s *Service) reopen(old *vault.Vault) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.vault != old {
		return nil
	}
	v, err := s.Open()
	if err != nil {
		return fmt.Errorf("opening the vault again: %w", err)
	}
	if s.accesses != nil {
		_ = s.accesses.Close() // days that are lost are unknown
	}
	s.vault, s.accesses = v, v.Accesses()
	return nil
}

// call is one call of an operation.
type call struct {
	*Service
	*wire.Request
	vault      *vault.Vault
	accesses   *vault.Accesses
	permission Permission
	writes     bool // the operation changes something
}

// operation is one row of the table.
type operation struct {
	writes bool
	do     func(context.Context, *call) (any, error)
}

// reads and writes make the row of an operation from its function, whose input is a shape for [wire.Request.Decode].
func reads[In, Out any](do func(context.Context, *call, In) (*Out, error)) operation {
	return operation{false, decoded(do)}
}

func writes[In, Out any](do func(context.Context, *call, In) (*Out, error)) operation {
	return operation{true, decoded(do)}
}

func decoded[In, Out any](do func(context.Context, *call, In) (*Out, error)) func(context.Context, *call) (any, error) {
	return func(ctx context.Context, c *call) (any, error) {
		var in In
		if err := c.Decode(&in); err != nil {
			return nil, err
		}
		out, err := do(ctx, c, in)
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}

// operations returns all operations of AWS Secrets Manager.
func operations() map[string]operation {
	return map[string]operation{
		"BatchGetSecretValue":          reads(batchGetSecretValue),
		"CancelRotateSecret":           writes(cancelRotateSecret),
		"CreateSecret":                 writes(createSecret),
		"DeleteResourcePolicy":         writes(deleteResourcePolicy),
		"DeleteSecret":                 writes(deleteSecret),
		"DescribeSecret":               reads(describeSecret),
		"GetRandomPassword":            reads(getRandomPassword),
		"GetResourcePolicy":            reads(getResourcePolicy),
		"GetSecretValue":               reads(getSecretValue),
		"ListSecretVersionIds":         reads(listSecretVersionIds),
		"ListSecrets":                  reads(listSecrets),
		"PutResourcePolicy":            writes(putResourcePolicy),
		"PutSecretValue":               writes(putSecretValue),
		"RemoveRegionsFromReplication": writes(removeRegionsFromReplication),
		"ReplicateSecretToRegions":     writes(replicateSecretToRegions),
		"RestoreSecret":                writes(restoreSecret),
		"RotateSecret":                 writes(rotateSecret),
		"StopReplicationToReplica":     writes(stopReplicationToReplica),
		"TagResource":                  writes(tagResource),
		"UntagResource":                writes(untagResource),
		"UpdateSecret":                 writes(updateSecret),
		"UpdateSecretVersionStage":     writes(updateSecretVersionStage),
		"ValidateResourcePolicy":       reads(validateResourcePolicy),
	}
}

// Operations returns the operations by their names in AWS.
func (s *Service) Operations() map[string]wire.Operation {
	served := map[string]wire.Operation{}
	for name, operation := range operations() {
		served[name] = func(ctx context.Context, r *wire.Request) (any, error) { return s.serve(ctx, operation, r) }
	}
	return served
}

func (s *Service) serve(ctx context.Context, operation operation, r *wire.Request) (any, error) {
	permission := s.Permission(r.Client)
	for again := false; ; again = true {
		s.mu.Lock()
		c := &call{s, r, s.vault, s.accesses, permission, operation.writes}
		s.mu.Unlock()
		answer, err := operation.do(ctx, c)
		if !errors.Is(err, vault.ErrKeyReplaced) || again {
			return answer, exception(err)
		}
		if err := s.reopen(c.vault); err != nil {
			return nil, err
		}
	}
}
