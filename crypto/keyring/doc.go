// Package keyring keeps a vault's master key in the keyring of the operating system: the Secret Service on Linux, the
// Keychain on macOS, the Credential Manager on Windows.
//
// The package does not trust a keyring further than experience allows. [OS.Set] reads the entry back, because a prompt
// that the user dismissed is reported as success. Every call has a time limit, because an unanswered prompt never
// returns. On Linux a call looks for the session bus first, because the library underneath would otherwise run any
// dbus-launch in PATH and leave a daemon behind. Each failure that the user can mend has its own error.
//
// On Linux a call sets DBUS_SESSION_BUS_ADDRESS in this process, where the library underneath looks for it. Take the
// environment for child programs before the first call.
package keyring
