package connurl_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"example.org/secret/cmd/secret/internal/connurl"
	"example.org/secret/vault"
)

func TestURLs(t *testing.T) {
	for _, test := range []struct {
		url    string
		fields map[string]string
		back   string // if not the same
	}{
		{
			url: "postgres://app:s3cret@db.example.org:5432/app",
			fields: map[string]string{
				"engine": "postgres", "username": "app", "password": "s3cret", "host": "db.example.org",
				"port": "5432", "dbname": "app",
			},
		},
		{
			url: "postgresql://app@db/app?sslmode=require&application_name=a+b",
			fields: map[string]string{
				"engine": "postgres", "username": "app", "host": "db", "dbname": "app",
				"options": "application_name=a+b&sslmode=require",
			},
			back: "postgres://app@db/app?application_name=a+b&sslmode=require",
		},
		{
			url:    "postgres:///app?host=/var/run/postgresql&port=5433",
			fields: map[string]string{"engine": "postgres", "host": "/var/run/postgresql", "port": "5433", "dbname": "app"},
			back:   "postgres:///app?host=%2Fvar%2Frun%2Fpostgresql&port=5433",
		},
		{
			url: "mysql://a%40b:p%2Fw%23%3A@[fe80::1]:3306/x%2Fy",
			fields: map[string]string{
				"engine": "mysql", "username": "a@b", "password": "p/w#:", "host": "fe80::1",
				"port": "3306", "dbname": "x/y",
			},
			back: "mysql://a%40b:p%2Fw%23%3A@[fe80::1]:3306/x%2Fy",
		},
		{
			url:    "mongodb://u:p@h/d",
			fields: map[string]string{"engine": "mongo", "username": "u", "password": "p", "host": "h", "dbname": "d"},
		},
		// Regression: without TLS it would be another way to connect.
		{
			url:    "rediss://:p@cache:6380",
			fields: map[string]string{"engine": "rediss", "password": "p", "host": "cache", "port": "6380"},
		},
	} {
		fields, err := connurl.Parse(test.url)
		if err != nil {
			t.Errorf("%s: %v", test.url, err)
			continue
		}
		want := map[string]vault.Bytes{}
		for field, value := range test.fields {
			want[field] = vault.Bytes(value)
		}
		if !(vault.Value{Fields: fields}).Equal(vault.Value{Fields: want}) {
			t.Errorf("%s has the fields %q, want %q", test.url, fields, want)
		}
		back, err := connurl.Format(fields)
		if test.back == "" {
			test.back = test.url
		}
		if err != nil || back != test.back {
			t.Errorf("%s comes back as %s, %v; want %s", test.url, back, err, test.back)
		}
	}
}

func TestBadURLsAreNotRepeated(t *testing.T) {
	for _, text := range []string{
		"", "no url", "s3cret", "app:s3cret@db", "mailto:s3cret", "postgres://app:s3cret#1@db:x/app",
		"postgres://app:s3cret%zz@db/app", "postgres://app:s3cret@db/app?a=%zz", "postgres://app:s3cret@db:port/app",
		"://s3cret",
	} {
		fields, err := connurl.Parse(text)
		if !errors.Is(err, vault.ErrInvalid) {
			t.Errorf("%q is taken as %q, %v", text, fields, err)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the error for %q repeats it: %v", text, err)
		}
	}
}

func TestWithoutURL(t *testing.T) {
	for _, fields := range []map[string]vault.Bytes{
		{"username": vault.Bytes("app")},
		{"engine": vault.Bytes("Sql Server"), "host": vault.Bytes("db")},
		{"engine": vault.Bytes("postgres"), "host": vault.Bytes("db/x")},
		{"engine": vault.Bytes("postgres"), "host": vault.Bytes("db"), "port": vault.Bytes("x@evil")},
	} {
		if got, err := connurl.Format(fields); !errors.Is(err, vault.ErrInvalid) {
			t.Errorf("%q has the URL %s, %v", fields, got, err)
		}
	}
}

func FuzzURL(f *testing.F) {
	for _, seed := range []string{
		"postgres://app:s3cret@db.example.org:5432/app?sslmode=require", "postgres:///app?host=/run&port=1",
		"mysql://a%40b:p%2F@[fe80::1%25eth0]:1/x%2Fy", "mongodb+srv://u:p@h/d?a=b&a=c", "redis://:p@h",
		"x://h?host=/a&host=/b", "x://?host=%2F%3F", "x:///", "x://u@", "x://:@h:", "http://h//d",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fields, err := connurl.Parse(text)
		if err != nil {
			return
		}
		formatted, err := connurl.Format(fields)
		if err != nil {
			return
		}
		again, err := connurl.Parse(formatted)
		if err != nil {
			t.Fatalf("%q is written as %q, which is refused: %v", text, formatted, err)
		}
		if !maps.EqualFunc(fields, again, func(a, b vault.Bytes) bool { return string(a) == string(b) }) {
			t.Errorf("%q has the fields %q; as %q it has %q", text, fields, formatted, again)
		}
	})
}
