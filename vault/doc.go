// Package vault is the store on disk: secrets, their versions and labels, and the files
// that hold them.
//
// A vault is a directory; FORMAT.md beside this file specifies every byte of it. [Create]
// makes one, and [Open] opens one with the key that package crypto derived. An open vault
// reads with
//
//   - [Vault.Get], which reads one secret with its values, and [Vault.GetMeta], which needs
//     no values: they may be sealed to a value key that has to be asked for;
//   - [Vault.List], which tells of all secrets and opens only the files that changed.
//
// It writes with
//
//   - [Vault.Update], [Vault.UpdateMeta] and [Vault.Upsert], which lock the vault, read one
//     secret again, let a function change it and commit the result;
//   - [Vault.UpsertAll], which changes many secrets at one moment;
//   - [Vault.Rename], [Vault.Remove] and [Vault.Purge].
//
// Readers take no lock and wait for nothing. When a write returns, the change is on the
// disk. A crash at any instant leaves the old or the new state.
//
// The methods of [Secret] keep the rules, such as how labels move from version to version.
// They touch no file, and follow AWS Secrets Manager where it has a rule.
//
// # Where to begin
//
// The model is in secret.go, label.go, value.go, name.go and reference.go. A read goes from
// read.go to record.go, which decodes the document; a write from write.go to files.go and
// package durable, which brings files onto the disk. list.go and listcache.go are the
// listing, header.go is vault.yaml.
//
// awsvalue.go and flatjson.go are the forms that values have in AWS's API, and accesses.go
// remembers when it read them.
//
// The rest is for rare cases, and can be skipped at first: batch.go changes many secrets
// at once, rename.go renames one, rotationlock.go keeps two processes from rotating one
// secret, valuekey.go and valueseal.go seal values to keys of their own, and replacekey.go
// replaces the master key, after which a vault that was opened before answers
// [ErrKeyReplaced]. Package unlock finds the master key.
//
// The package knows nothing of terminals, of the environment or of rotation; the time and
// randomness are given to it. Only the command line, the file format and the rotator
// protocol of this module are promised to stay compatible. This package may change.
package vault
