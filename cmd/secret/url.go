package main

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"example.org/secret/vault"
)

// The schemes that name an engine otherwise than AWS does.
var engineOfScheme = map[string]string{"postgresql": "postgres", "rediss": "redis", "mongodb": "mongo"}

// readCredentialURL reads a connection URL. On the command line it is as exposed
// as any value there.
func (a *app) readCredentialURL(text string) (map[string]vault.Bytes, error) {
	switch {
	case text == "-" && a.stdinIsTerminal:
		typed, err := a.askHidden("Connection URL")
		if err != nil {
			return nil, err
		}
		text = string(typed)
	case text == "-":
		piped, err := a.readStdin(false)
		if err != nil {
			return nil, err
		}
		text = string(piped)
	default:
		a.warnCommandLine()
	}
	return parseCredentialURL(text)
}

// parseCredentialURL turns ENGINE://USER:PASSWORD@HOST:PORT/DBNAME?OPTIONS into
// the fields that AWS gives a database credential; the options stay together in
// one field. Errors do not repeat the URL, which holds a password.
func parseCredentialURL(text string) (map[string]vault.Bytes, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Opaque != "" {
		return nil, usagef("that is not a connection URL, such as postgres://app@db.example.org:5432/app (a password in it has to be percent-encoded)")
	}
	engine := u.Scheme
	if name, ok := engineOfScheme[engine]; ok {
		engine = name
	}
	password, _ := u.User.Password()
	host, options := u.Hostname(), u.Query()
	if host == "" && options.Has("host") {
		host = options.Get("host")
		options.Del("host")
	}
	fields := map[string]vault.Bytes{}
	for field, value := range map[string]string{
		"engine":   engine,
		"username": u.User.Username(),
		"password": password,
		"host":     host,
		"port":     u.Port(),
		"dbname":   strings.TrimPrefix(u.Path, "/"),
		"options":  options.Encode(),
	} {
		if value != "" {
			fields[field] = vault.Bytes(value)
		}
	}
	return fields, nil
}

// credentialURL is the reverse: a URL that database clients take.
func credentialURL(fields map[string]vault.Bytes) (string, error) {
	get := func(field string) string { return string(fields[field]) }
	if get("engine") == "" {
		return "", usagef("a connection URL needs the field engine, such as postgres or mysql")
	}
	u := url.URL{Scheme: get("engine"), Path: "/" + get("dbname"), RawQuery: get("options")}
	if u.Scheme == "mongo" {
		u.Scheme = "mongodb"
	}
	if get("dbname") == "" {
		u.Path = ""
	}
	if get("username") != "" || get("password") != "" {
		u.User = url.User(get("username"))
		if get("password") != "" {
			u.User = url.UserPassword(get("username"), get("password"))
		}
	}
	host := get("host")
	switch {
	case strings.HasPrefix(host, "/"):
		// The directory of a Unix socket has no place in a URL's authority.
		query := []string{"host=" + url.QueryEscape(host)}
		if port := get("port"); port != "" {
			query = append(query, "port="+url.QueryEscape(port))
		}
		if u.RawQuery != "" {
			query = append(query, u.RawQuery)
		}
		u.RawQuery = strings.Join(query, "&")
		return u.String(), nil
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	if port := get("port"); port != "" {
		host += ":" + port
	}
	u.Host = host
	return u.String(), nil
}

// sortedKeys keeps output the same from run to run.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
