//go:build unix

package prompt

// GetTermios is for the tests.
const GetTermios = getTermios
