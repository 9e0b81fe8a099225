// Secret keeps API keys, credentials and other secrets in a local encrypted
// vault. Run "secret help" for what it can do.
//
// Each command has a file of its own: flags in, a call to package vault, words
// out. What the commands share is in
//
//   - app.go: everything from outside (streams, terminal, environment, clock,
//     randomness), and the command tree;
//   - open.go: finding the vault, and its master key by package unlock;
//   - output.go: printing; internal/prompt asks;
//   - errors.go: the exit codes, and where errors are turned into text;
//   - settings.go: the configuration file and the environment;
//   - variables.go: what secrets are called in an environment, and reading what
//     references point to;
//   - complete.go: what shell completion offers.
package main
