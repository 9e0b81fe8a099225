// Package keyring keeps a vault's master key in the keyring of the operating
// system: the Secret Service on Linux, the Keychain on macOS, the Credential
// Manager on Windows.
//
// It trusts keyrings as far as they have earned it. What was stored is read back
// before anybody relies on it, since a dismissed prompt is reported as success.
// Every call has a time limit, since a prompt that nobody answers never returns.
// On Linux the session bus is looked for first, since the library underneath
// would otherwise run any dbus-launch that it finds in PATH, and leave a daemon
// behind. Each failure that a user can do something about has its own error.
//
// On Linux a call sets DBUS_SESSION_BUS_ADDRESS in our own process, which is
// where the library underneath looks for it: take the environment for child
// programs before the first call.
package keyring
