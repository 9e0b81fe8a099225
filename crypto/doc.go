// Package crypto holds the keys of a vault and seals its files with them.
//
// A vault has one [MasterKey], a post-quantum age identity. From it and the
// vault's id a [VaultKey] is derived (HKDF-SHA256), which does the daily work:
//
//   - it turns a secret's name into the name of its file ([VaultKey.FileID]),
//     so that a listing of the directory tells nothing;
//   - it seals and opens files ([VaultKey.Seal], [VaultKey.Open]). A sealed
//     file is an ordinary age file: the holder of the master key can open it
//     with the stock age program. We read it through a second stanza of our own,
//     which is several times cheaper and, unlike age itself, tells that the
//     file was written by a holder of the key, for this vault and this file;
//   - it tells whether a master key belongs to a vault ([VaultKey.Check]).
//
// The master key itself is kept outside the vault: in the keyring of the
// operating system (package keyring below this one), in a key file, or sealed
// to a passphrase ([SealWithPassphrase]).
//
// The package knows nothing of secrets, versions or commands, reads no
// environment and asks nothing. All cryptography is age's and the
// standard library's; vault/FORMAT.md specifies how they are composed.
//
// Only the command line, the file format and the rotator protocol of this
// module are promised to stay compatible. This package may change.
package crypto
