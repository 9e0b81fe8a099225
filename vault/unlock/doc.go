// Package unlock finds the master key of a vault, and replaces it.
//
// The master key is in one or more places, and each kind of place is an unlocker: a key file, the keyring of the
// operating system, a passphrase, a recovery sheet, an SSH key or age identity. A [Finder] tries a list of sources, one
// for each kind and in the order of the list:
//
//	finder := unlock.Finder{
//		Header: header, // of vault.ReadHeader
//		Rand:   rand.Reader,
//		Sources: []unlock.Source{
//			unlock.KeyFile{Path: path},
//			unlock.Keyring{Store: keyring.OS{…}},
//			unlock.Passphrase{Ask: ask},
//		},
//	}
//	key, err := finder.Find()
//
// The first source that holds a key decides. A key that does not belong to the vault is an error, and the search does
// not go on in silence, except that a passphrase is asked for where the vault has one. Every failure is a
// [vault.ErrNoKey] that names the places looked at and says how to go on.
//
// [Add] adds an unlocker to a vault, and [Finder.ReplaceKey] gives the vault another master key in all of its places.
//
// The package does not use the terminal, the environment, the clock, or other programs: the caller passes in functions
// that do. Nothing is opened, called or derived before it is needed.
//
// Only the command line, the file format and the rotator protocol of this module are promised to stay compatible. This
// package may change.
package unlock
