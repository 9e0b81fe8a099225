// Package servicetest starts real servers for tests: PostgreSQL, MariaDB, Redis.
//
// Each server has its own temporary directory, listens on a free port of the
// loopback address and on a unix socket, and is gone when the test ends. A test
// whose server is not installed is skipped, unless the environment variable
// SECRET_TEST_SERVICES is "required", as it is in CI: then it fails.
package servicetest
