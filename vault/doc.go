// Package vault is the store on disk: secrets, their versions and labels, and
// the files that hold them.
//
// A vault is a directory (see FORMAT.md beside this file for every byte of it).
// [Create] makes one and [Open] opens one, given the key that package crypto
// derived. From then on
//
//   - [Vault.Get] reads one secret and [Vault.List] tells of all, opening just the
//     files that changed since the last time; readers take no lock and never wait;
//   - [Vault.Update] and [Vault.Upsert] change one secret: they lock the vault,
//     read the secret again, let a function change it and commit the result. What
//     they returned is on the disk. A crash at any instant leaves the old or the
//     new state;
//   - [Vault.GetMeta] and [Vault.UpdateMeta] are Get and Update for what needs no value: a
//     secret's values may be sealed to a value key, which may have to be asked for
//     ([Vault.NewValueKey], [Secret.SetKey]);
//   - [Vault.Rename], [Vault.Remove] and [Vault.Purge] do what their names say,
//     with the same promise;
//   - [Vault.LockRotation] and [Vault.LockRotators] keep two processes from rotating
//     one secret at once;
//   - [Vault.ReplaceKey] puts another master key in the place of the vault's, after
//     which a vault that was opened before answers [ErrKeyReplaced].
//
// What may happen to a secret, such as how labels move from version to version,
// is in the methods of [Secret]. They touch no file, and follow AWS Secrets
// Manager where it has a rule.
//
// The package knows nothing of terminals, of the environment or of rotation; the
// time and randomness are given to it. Only the command line, the file format
// and the rotator protocol of this module are promised to stay compatible. This
// package may change.
package vault
