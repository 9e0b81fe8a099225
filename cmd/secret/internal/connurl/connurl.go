// Package connurl reads and writes the connection URLs of databases.
package connurl

import (
	"net/url"
	"strings"

	"example.org/secret/vault"
)

// engineOfScheme has the schemes for which AWS has other names. A scheme of another way to connect, such as rediss or
// mongodb+srv, stays as it is.
var engineOfScheme = map[string]string{"postgresql": "postgres", "mongodb": "mongo"}

// Parse returns the fields of ENGINE://USER:PASSWORD@HOST:PORT/DBNAME?OPTIONS, by the names that AWS gives them. All
// options are one field. An error does not repeat the URL, which holds a password.
func Parse(text string) (map[string]vault.Bytes, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Opaque != "" {
		return nil, invalid("the text is not a connection URL, such as postgres://app@db.example.org:5432/app " +
			"(a password in it has to be percent-encoded)")
	}
	engine := u.Scheme
	if name, ok := engineOfScheme[engine]; ok {
		engine = name
	}
	options, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, invalid("the options behind ? in the connection URL are not percent-encoded correctly")
	}
	password, _ := u.User.Password()
	host, port := u.Hostname(), u.Port()
	if socket := options.Get("host"); host == "" && strings.HasPrefix(socket, "/") && len(options["host"]) == 1 {
		host = socket
		options.Del("host")
		if port == "" && len(options["port"]) == 1 {
			port = options.Get("port")
			options.Del("port")
		}
	}
	fields := map[string]vault.Bytes{}
	for field, value := range map[string]string{
		"engine":   engine,
		"username": u.User.Username(),
		"password": password,
		"host":     host,
		"port":     port,
		"dbname":   strings.TrimPrefix(u.Path, "/"),
		"options":  options.Encode(),
	} {
		if value != "" {
			fields[field] = vault.Bytes(value)
		}
	}
	return fields, nil
}

// Format returns the URL of the fields, for the clients of databases.
func Format(fields map[string]vault.Bytes) (string, error) {
	get := func(field string) string { return string(fields[field]) }
	if get("engine") == "" {
		return "", invalid("a connection URL needs the field engine, such as postgres or mysql")
	}
	u := url.URL{
		Scheme: get("engine"), Path: "/" + get("dbname"),
		RawPath:  "/" + url.PathEscape(get("dbname")), // a slash in the name as well
		RawQuery: get("options"),
	}
	if u.Scheme == "mongo" {
		u.Scheme = "mongodb"
	}
	if get("dbname") == "" {
		u.Path, u.RawPath = "", ""
	}
	if get("username") != "" || get("password") != "" {
		u.User = url.User(get("username"))
		if get("password") != "" {
			u.User = url.UserPassword(get("username"), get("password"))
		}
	}
	host, port := get("host"), get("port")
	if strings.HasPrefix(host, "/") {
		u.RawQuery = socketQuery(host, port, u.RawQuery)
	} else {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		if port != "" {
			host += ":" + port
		}
		u.Host = host
	}
	if _, err := url.Parse(u.String()); err != nil {
		return "", invalid("the fields engine, host and port do not make a connection URL; see them with --format json")
	}
	return u.String(), nil
}

// socketQuery returns the query for a Unix socket, because the authority of a URL cannot hold a directory.
func socketQuery(dir, port, options string) string {
	query := "host=" + url.QueryEscape(dir)
	if port != "" {
		query += "&port=" + url.QueryEscape(port)
	}
	if options != "" {
		query += "&" + options
	}
	return query
}

// picked.PublicFields() are the fields of a credential that are no secrets.

func invalid(text string) error { return vault.Errorf(vault.ErrInvalid, "%s", text) }
