// Package servicetest starts real servers for tests: PostgreSQL, MariaDB, Redis and
// OpenSSH.
//
// Each server has its own temporary directory, listens on a free port of the loopback
// address and on a unix socket, and ends with the test. A test whose server is not
// installed is skipped. It fails if the environment variable SECRET_TEST_SERVICES is
// "required", as it is in CI. With -short, tests that
// start a server are skipped. An [Authority] issues certificates for servers.
package servicetest
