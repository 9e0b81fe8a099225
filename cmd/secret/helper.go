package main

import (
	"errors"
	"strings"

	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

// loginRecoveryDays is how long a login that a program found refused can be
// restored.
const loginRecoveryDays = 30

func newHelperCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "helper",
		Short: "Give passwords to git, docker, aws, kubectl, ssh and sudo",
		Long: `Give passwords to programs that ask a helper for them. secret helper install sets
one up; the others are called by those programs.`,
		Example: `  secret helper install git
  secret helper install docker
  secret helper install aws prod/aws --profile prod
  secret helper uninstall git`,
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newHelperInstallCommand(a), newHelperUninstallCommand(a), newGitHelperCommand(a), newDockerHelperCommand(a),
		newAWSHelperCommand(a), newKubernetesHelperCommand(a), newAskpassCommand(a))
	return cmd
}

// saveLogin stores what a program learned by logging in: as a new version, if it
// is news. What was deleted comes back.
func saveLogin(v *vault.Vault, name vault.Name, fields map[string]vault.Bytes) error {
	if p, err := picked.Find(v, vault.Reference{Name: name}); err == nil && p.Version.Merged(vault.Value{Fields: fields}).Equal(p.Version.Value) {
		return nil // without the lock: git says so after each login
	}
	add := func(s *vault.Secret) error {
		value := vault.Value{Fields: fields}
		if s.Exists() {
			if err := s.Restore(); err != nil && !errors.Is(err, vault.ErrUnchanged) {
				return err
			}
			current, err := s.Find(vault.Selector{})
			if err != nil {
				return err
			}
			value = current.Merged(value)
		}
		return s.Add(vault.NewVersion{Kind: vault.Credential, Value: value, Origin: vault.OriginSet})
	}
	_, err := v.Update(name, add)
	if errors.Is(err, vault.ErrNotFound) {
		_, err = v.Upsert(name, add)
	}
	return err
}

// dropLogin deletes a login that was refused, so that it can still be restored.
func dropLogin(v *vault.Vault, name vault.Name) error {
	_, err := v.UpdateMeta(name, func(s *vault.Secret) error {
		if s.Deleted() != nil {
			return vault.ErrUnchanged
		}
		return s.ScheduleDeletion(loginRecoveryDays)
	})
	return err
}

// escapeName makes a part of a secret's name of any text: what a name cannot hold
// becomes =XX, as does what parts are put together with. So no two places have
// one name.
func escapeName(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		if _, err := vault.ParseName(string(rune(c))); err == nil && !strings.ContainsRune("=/+@", rune(c)) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'=', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// escapePath keeps slashes.
func escapePath(s string) string {
	parts := strings.Split(s, "/")
	for i := range parts {
		parts[i] = escapeName(parts[i])
	}
	return strings.Join(parts, "/")
}

// oneLine is a value for a protocol of lines, in which a line break would begin a
// second one. Only the newline at a file's end may go.
func oneLine(value, of string) (string, error) {
	value = strings.TrimSuffix(strings.TrimSuffix(value, "\n"), "\r")
	if strings.ContainsAny(value, "\n\r\x00") {
		return "", usagef("%s holds a line break or a NUL byte, which cannot be passed on", of)
	}
	return value, nil
}

func (a *app) find(reference string) (picked.Value, error) {
	return (&picked.Resolver{Open: a.openVault}).Parse(reference)
}

func (a *app) findWhole(reference string) (picked.Value, error) {
	p, err := a.find(reference)
	if err == nil && !p.IsWhole() {
		return picked.Value{}, usagef("%q is not a secret with fields", reference)
	}
	return p, err
}
