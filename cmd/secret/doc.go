// Secret keeps API keys, credentials and other secrets in a local encrypted vault. Run "secret help" for its commands.
//
// Each command has a file, which its path names: "secret rotation log" is in rotation_log.go. A command parses its
// flags, makes one call and prints the result. TestCommandFiles holds this. These files are for all commands:
//
//   - app.go, root.go: all that comes from outside (streams, terminal, environment, clock, randomness), and the tree of
//     commands;
//   - errors.go: the exit codes, and the advice for errors;
//   - open.go: the settings, the vault, and the finder of its master key;
//   - names.go, listing.go, versions.go, labels.go, tags.go: arguments that name secrets and their parts;
//   - output.go, clip.go: secrets and values that the user gets;
//   - unlocker.go, valuekey.go: keys;
//   - rotation_engine.go: rotation;
//   - endpoint.go: AWS's API for secret run and secret serve;
//   - complete.go, topics.go: shell completion, and help that is not about one command.
//
// The packages below internal are the domains that need no command line: each takes the streams, the environment and
// the clock that it needs. The vault itself is in package vault, its rotation in package rotate.
package main
