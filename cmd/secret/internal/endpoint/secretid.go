package endpoint

import (
	"crypto/sha256"
	"errors"
	"math/big"
	"regexp"
	"strings"
	"sync"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/vault"
)

// selected is the input of the operations that take a secret alone.
type selected struct {
	SecretId string `check:"required,min=1,max=2048"`
}

// identity is how answers tell of a secret.
type identity struct {
	ARN, Name string
}

func (c *call) identity(meta vault.Meta) identity {
	return identity{c.arn(meta.Name, meta.ID), string(meta.Name)}
}

const suffixLength = 6

// arn returns the ARN of a secret in the region of the request. It ends in six characters made from the secret's id, so
// that a secret which is made again under its name has another ARN.
func (c *call) arn(name vault.Name, id string) string {
	return "arn:aws:secretsmanager:" + c.Region + ":" + c.Account + ":secret:" + string(name) + "-" + suffix(id)
}

func suffix(id string) string {
	hash := sha256.Sum256([]byte(id))
	text := new(big.Int).SetBytes(hash[:]).Text(62)
	return text[len(text)-suffixLength:]
}

// fullARN matches the end of a full ARN.
var fullARN = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(.+)-([0-9A-Za-z]{6})$`) })

// name returns the name of the secret with the given name or ARN, which the log then tells. It refuses names that the
// client may not use in this call. The secret need not exist.
//
// The region and the account of an ARN are passed over, so that a program keeps the ARNs that it has from AWS.
func (c *call) name(secretID string) (vault.Name, error) {
	c.Subject = secretID
	parts := strings.SplitN(secretID, ":", 7)
	if parts[0] != "arn" {
		return c.checkName(secretID, secretID)
	}
	if len(parts) != 7 || parts[2] != "secretsmanager" || parts[5] != "secret" {
		return "", errInvalidName()
	}
	full := fullARN().FindStringSubmatch(parts[6])
	if full == nil {
		return c.checkName(secretID, parts[6])
	}
	name, err := c.checkName(secretID, full[1])
	if err != nil {
		return "", err
	}
	s, err := c.vault.GetMeta(name)
	foreign := parts[4] != c.Account
	switch {
	case errors.Is(err, vault.ErrNoSecret) && foreign:
		return c.checkName(secretID, parts[6]) // a partial ARN
	case err != nil:
		return "", err
	case !foreign && suffix(s.ID) != full[2]:
		return "", errNotFound()
	}
	return name, nil
}

// checkName parses a name and checks that the client may use it.
func (c *call) checkName(secretID, s string) (vault.Name, error) {
	name, err := vault.ParseName(s)
	switch {
	case err != nil:
		return "", errInvalidName()
	case !c.allows(name):
		return "", c.denied(secretID)
	}
	return name, nil
}

func errInvalidName() error {
	return wire.Errorf(wire.Validation, "Invalid name. Must be a valid name containing alphanumeric characters, or any of"+
		" the following: -/_+=.@!")
}

// meta reads a secret without its values. It may be scheduled for deletion.
func (c *call) meta(secretID string) (*vault.Secret, error) {
	name, err := c.name(secretID)
	if err != nil {
		return nil, err
	}
	return c.vault.GetMeta(name)
}

// updateMeta changes a secret without its values.
func (c *call) updateMeta(secretID string, change func(*vault.Secret) error) (*vault.Secret, error) {
	name, err := c.name(secretID)
	if err != nil {
		return nil, err
	}
	return c.vault.UpdateMeta(name, change)
}
