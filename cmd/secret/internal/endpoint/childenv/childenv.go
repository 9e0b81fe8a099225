// Package childenv points programs that use AWS Secrets Manager at an endpoint, through their environment.
package childenv

import (
	"path/filepath"
	"slices"
	"strings"
)

// Endpoint is an endpoint to which programs are pointed.
type Endpoint struct {
	// URL is the address with the token in its path.
	URL string
	// Readable reports whether a file can be read. It tells whether the user has configured AWS.
	Readable func(path string) bool
}

// Keys for programs that have none: the example of AWS's documentation.
const (
	throwAwayKeyID     = "AKIAIOSFODNN7EXAMPLE"
	throwAwaySecretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// DefaultRegion is the region of a program that has none.
const DefaultRegion = "us-east-1"

// credentialVariables name the sources of credentials that the SDKs look for.
var credentialVariables = []string{
	"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
}

// Environ returns environ with the variables that point a program at the endpoint. It leaves credentials and a region
// of the user alone, because the program may use other services of AWS.
func (e Endpoint) Environ(environ []string) []string {
	values := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		values[name] = value
	}
	variables := e.variables(func(name string) string { return values[name] })
	replaced := map[string]bool{}
	for _, entry := range variables {
		name, _, _ := strings.Cut(entry, "=")
		replaced[name] = true
	}
	kept := slices.DeleteFunc(slices.Clone(environ), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return replaced[name]
	})
	return append(kept, variables...)
}

func (e Endpoint) variables(get func(name string) string) []string {
	variables := []string{
		"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + e.URL,
		// AWS's templates of rotation functions read this one.
		"SECRETS_MANAGER_ENDPOINT=" + e.URL,
		// The SDKs pass over the variables above if this one is true.
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false",
	}
	if get("AWS_REGION") == "" && get("AWS_DEFAULT_REGION") == "" {
		variables = append(variables, "AWS_REGION="+DefaultRegion, "AWS_DEFAULT_REGION="+DefaultRegion)
	}
	if !e.hasCredentials(get) {
		variables = append(variables,
			"AWS_ACCESS_KEY_ID="+throwAwayKeyID, "AWS_SECRET_ACCESS_KEY="+throwAwaySecretKey)
	}
	return append(variables, withoutProxy(get)...)
}

func (e Endpoint) hasCredentials(get func(string) string) bool {
	if slices.ContainsFunc(credentialVariables, func(name string) bool { return get(name) != "" }) {
		return true
	}
	home := get("HOME")
	if home == "" {
		home = get("USERPROFILE")
	}
	for _, file := range []struct{ variable, name string }{
		{"AWS_SHARED_CREDENTIALS_FILE", "credentials"}, {"AWS_CONFIG_FILE", "config"},
	} {
		path := get(file.variable)
		if path == "" && home != "" {
			path = filepath.Join(home, ".aws", file.name)
		}
		if path != "" && e.Readable(path) {
			return true
		}
	}
	return false
}

// withoutProxy exempts loopback from the proxy of the environment: boto3 asks a proxy even for 127.0.0.1.
func withoutProxy(get func(string) string) []string {
	proxies := []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"}
	if !slices.ContainsFunc(proxies, func(name string) bool { return get(name) != "" }) {
		return nil
	}
	var variables []string
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		hosts := get(name)
		if hosts == "" {
			hosts = get(strings.ToUpper(name))
		}
		if hosts != "" {
			hosts += ","
		}
		variables = append(variables, name+"="+hosts+"127.0.0.1")
	}
	return variables
}
