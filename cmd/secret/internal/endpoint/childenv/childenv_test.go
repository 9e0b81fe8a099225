package childenv

import (
	"slices"
	"testing"
)

const url = "http://127.0.0.1:4242/token"

func TestEnviron(t *testing.T) {
	always := []string{
		"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + url, "SECRETS_MANAGER_ENDPOINT=" + url,
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false",
	}
	region := []string{"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1"}
	keys := []string{"AWS_ACCESS_KEY_ID=" + throwAwayKeyID, "AWS_SECRET_ACCESS_KEY=" + throwAwaySecretKey}
	for name, c := range map[string]struct {
		environment map[string]string
		file        string // the one that can be read
		want        [][]string
	}{
		"empty":               {nil, "", [][]string{region, keys}},
		"a region":            {map[string]string{"AWS_DEFAULT_REGION": "eu-west-1"}, "", [][]string{keys}},
		"keys":                {map[string]string{"AWS_ACCESS_KEY_ID": "AKIA"}, "", [][]string{region}},
		"a profile":           {map[string]string{"AWS_PROFILE": "work"}, "", [][]string{region}},
		"credentials in HOME": {map[string]string{"HOME": "/home/ana"}, "/home/ana/.aws/credentials", [][]string{region}},
		"a file elsewhere":    {map[string]string{"AWS_CONFIG_FILE": "/etc/aws"}, "/etc/aws", [][]string{region}},
		"no file":             {map[string]string{"HOME": "/home/ana"}, "", [][]string{region, keys}},
		"a proxy": {
			map[string]string{"http_proxy": "http://proxy"},
			"",
			[][]string{region, keys, {"NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1"}},
		},
		"a proxy with exceptions": {
			map[string]string{"HTTP_PROXY": "http://proxy", "NO_PROXY": "example.org"},
			"",
			[][]string{region, keys, {"NO_PROXY=example.org,127.0.0.1", "no_proxy=example.org,127.0.0.1"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			endpoint := Endpoint{URL: url, Readable: func(path string) bool { return path == c.file }}
			environ := []string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"}
			var kept []string
			for name, value := range c.environment {
				environ = append(environ, name+"="+value)
				if name != "NO_PROXY" {
					kept = append(kept, name+"="+value)
				}
			}
			got := endpoint.Environ(environ)
			want := slices.Concat(append([][]string{kept, always}, c.want...)...)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}
