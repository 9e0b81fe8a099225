package wire

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var exampleKey = KeyPair{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}

// getInput and getAnswer are the operation of the tests.
type getInput struct {
	SecretId     string `check:"required,min=1,max=2048"`
	VersionStage *string
}

type getAnswer struct {
	Name         string
	SecretString string
	CreatedDate  Time     `json:",omitzero"`
	Absent       []string `json:",omitzero"`
}

func operations() map[string]Operation {
	return map[string]Operation{
		"GetSecretValue": func(_ context.Context, r *Request) (any, error) {
			var in getInput
			if err := r.Decode(&in); err != nil {
				return nil, err
			}
			r.Subject = in.SecretId
			switch in.SecretId {
			case "absent":
				return nil, Errorf(ResourceNotFound, "Secrets Manager can't find the specified secret.")
			case "broken":
				return nil, errors.New("a file of the vault")
			}
			return getAnswer{
				Name: in.SecretId, SecretString: `<&> "` + r.Region,
				CreatedDate: Time(time.UnixMilli(1795747043218)),
			}, nil
		},
		"PutSecretValue":    func(context.Context, *Request) (any, error) { return nil, nil },
		"GetRandomPassword": func(context.Context, *Request) (any, error) { return nil, nil },
	}
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

const testToken = "abcdefghijklmnopqrstuvwxyz"

func tokenServer() Server {
	return Server{Operations: operations(), Region: "us-east-1", Token: testToken, Now: time.Now, Rand: zeroes{}}
}

func signedServer(now time.Time) Server {
	return Server{
		Operations: operations(), Region: "us-east-1", Now: func() time.Time { return now }, Rand: zeroes{},
		Clients: func(id string) (Client, bool) { return Client{"web", exampleKey}, id == exampleKey.ID },
	}
}

// answer sends a request to a server at the port that its Host names.
func answer(s Server, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.at(address(r.Host)).ServeHTTP(w, r)
	return w
}

type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return string(a) }

func newRequest(operation, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:4566/"+testToken, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("X-Amz-Target", targetPrefix+operation)
	return r
}

func TestAnswer(t *testing.T) {
	tests := []struct {
		name, operation, body string
		status                int
		want                  string
	}{
		{
			"answer", "GetSecretValue", `{"SecretId":"a"}`, 200,
			`{"Name":"a","SecretString":"<&> \"us-east-1","CreatedDate":1795747043.218}`,
		},
		{"no members", "PutSecretValue", ``, 200, `{}`},
		{
			"null and unknown members", "GetSecretValue", `{"SecretId":"a","VersionStage":null,"More":[{}]}`, 200,
			`{"Name":"a",`,
		},
		{"case of members", "GetSecretValue", `{"SecretId":"a","secretid":"b"}`, 200, `{"Name":"a",`},
		{
			"exception of the service", "GetSecretValue", `{"SecretId":"absent"}`, 400,
			`{"Message":"Secrets Manager can't find the specified secret.","__type":"ResourceNotFoundException"}`,
		},
		{
			"other error", "GetSecretValue", `{"SecretId":"broken"}`, 500,
			`{"Message":"An error occurred on the server side.","__type":"InternalServiceError"}`,
		},
		{
			"exception of the framework", "GetSecretValue", `{}`, 400,
			`{"__type":"ValidationException","message":"1 validation error detected: Value null at 'secretId' failed to satisfy constraint: Member must not be null"}`,
		},
		{
			"too short", "GetSecretValue", `{"SecretId":""}`, 400,
			`Value '' at 'secretId' failed to satisfy constraint: Member must have length greater than or equal to 1`,
		},
		{
			"wrong type", "GetSecretValue", `{"SecretId":7}`, 400,
			`{"__type":"SerializationException","message":"NUMBER_VALUE can not be converted to a String"}`,
		},
		{"no object", "GetSecretValue", `[]`, 400, `SerializationException`},
		{"no JSON", "GetSecretValue", `{`, 400, `SerializationException`},
		{"two objects", "GetSecretValue", `{"SecretId":"a"}{}`, 400, `SerializationException`},
		{"not UTF-8", "GetSecretValue", "{\"SecretId\":\"\xff\"}", 400, `SerializationException`},
		{"unknown operation", "GetEverything", `{}`, 400, `{"__type":"UnknownOperationException"}`},
		{"no operation", "", `{}`, 400, `{"__type":"UnknownOperationException"}`},
		{"too large", "PutSecretValue", strings.Repeat(" ", maxBody+1), 413, `RequestEntityTooLargeException`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := answer(tokenServer(), newRequest(test.operation, test.body))
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, test.status, test.want)
			}
			if got := w.Header().Get("Content-Type"); got != contentType {
				t.Errorf("content type %q", got)
			}
			if id := w.Header().Get("X-Amzn-Requestid"); len(id) != 36 {
				t.Errorf("request id %q", id)
			}
		})
	}
}

func TestContentTypeOfAWebForm(t *testing.T) {
	r := newRequest("GetSecretValue", `{"SecretId":"a"}`)
	r.Header.Set("Content-Type", "text/plain")
	if w := answer(tokenServer(), r); w.Code != 400 || !strings.Contains(w.Body.String(), "UnknownOperationException") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	r = newRequest("GetSecretValue", `{"SecretId":"a"}`)
	r.Header.Set("Content-Type", contentType+"; charset=utf-8")
	if w := answer(tokenServer(), r); w.Code != 200 {
		t.Errorf("with a charset: %d %s", w.Code, w.Body)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	const body = `{"SecretId":"a"}`
	tests := []struct {
		name   string
		change func(*http.Request)
		status int
	}{
		{"nothing", func(*http.Request) {}, 200},
		{"localhost", func(r *http.Request) { r.Host = "localhost:4566" }, 200},
		{"IPv6", func(r *http.Request) { r.Host = "[::1]:4566" }, 200},
		{"path below the token", func(r *http.Request) { r.URL.Path += "/x" }, 200},
		{"rebound name", func(r *http.Request) { r.Host = "evil.example:4566" }, 403},
		{"rebound name with an address", func(r *http.Request) { r.Host = "127.0.0.1.evil.example:4566" }, 403},
		{"other port", func(r *http.Request) { r.Host = "127.0.0.1:80" }, 403},
		{"no port", func(r *http.Request) { r.Host = "127.0.0.1" }, 403},
		{"no host", func(r *http.Request) { r.Host = "" }, 403},
		{"web page", func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		{"browser", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }, 403},
		{"proxy", func(r *http.Request) { r.Header.Set("X-Forwarded-For", "10.0.0.1") }, 403},
		{"standard proxy", func(r *http.Request) { r.Header.Set("Forwarded", "for=10.0.0.1") }, 403},
		{"gateway", func(r *http.Request) { r.Header.Set("Via", "1.1 x") }, 403},
		{"wrong token", func(r *http.Request) { r.URL.Path = "/" + strings.ToUpper(testToken) }, 404},
		{"no token", func(r *http.Request) { r.URL.Path = "/" }, 404},
		{"GET", func(r *http.Request) { r.Method = http.MethodGet }, 404},
		{"preflight", func(r *http.Request) { r.Method = http.MethodOptions }, 404},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRequest("GetSecretValue", body)
			test.change(r)
			w := httptest.NewRecorder()
			tokenServer().at(address("127.0.0.1:4566")).ServeHTTP(w, r)
			if w.Code != test.status {
				t.Errorf("%d, want %d", w.Code, test.status)
			}
			if w.Code != 200 && (w.Body.Len() > 0 || len(w.Header()) > 0) {
				t.Errorf("the refusal tells something: %v %s", w.Header(), w.Body)
			}
		})
	}
}

func TestHostsOfContainers(t *testing.T) {
	s := tokenServer()
	s.Hosts = []string{"host.docker.internal"}
	r := newRequest("GetSecretValue", `{"SecretId":"a"}`)
	r.Host = "host.docker.internal:4566"
	if w := answer(s, r); w.Code != 200 {
		t.Error(w.Code)
	}
}

func TestGuessesAreSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := tokenServer().at(address("127.0.0.1:4566"))
		guess := func() time.Duration {
			r := newRequest("GetSecretValue", "")
			r.URL.Path = "/guess"
			started := time.Now()
			s.ServeHTTP(httptest.NewRecorder(), r)
			return time.Since(started)
		}
		for range freeGuesses {
			if took := guess(); took != 0 {
				t.Errorf("an early guess took %s", took)
			}
		}
		if took := guess(); took != guessDelay {
			t.Errorf("a late guess took %s", took)
		}
		started := time.Now()
		s.ServeHTTP(httptest.NewRecorder(), newRequest("PutSecretValue", ""))
		if took := time.Since(started); took != 0 {
			t.Errorf("a request with the token took %s", took)
		}
	})
}

// recorded returns a request of a real client, and its time.
func recorded(t testing.TB, path string) (*http.Request, time.Time) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := time.Parse(dateFormat, r.Header.Get("X-Amz-Date"))
	if err != nil {
		t.Fatal(err)
	}
	return r, signed
}

func TestSignaturesOfClients(t *testing.T) {
	paths, err := filepath.Glob("testdata/signed/*.http")
	if err != nil || len(paths) < 5 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			r, signed := recorded(t, path)
			if w := answer(signedServer(signed), r); w.Code != 200 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			for name := range r.Header {
				if name == "User-Agent" || name == "Accept-Encoding" || name == "Connection" ||
					strings.HasPrefix(name, "Amz-Sdk-") ||
					name == "Content-Length" {
					continue
				}
				r, signed := recorded(t, path)
				r.Header.Set(name, r.Header.Get(name)+"0")
				if w := answer(signedServer(signed), r); w.Code != 400 {
					t.Errorf("with another %s: %d %s", name, w.Code, w.Body)
				}
			}
			r, signed = recorded(t, path)
			r.Body = io.NopCloser(io.MultiReader(r.Body, strings.NewReader(" ")))
			if w := answer(signedServer(signed), r); !strings.Contains(w.Body.String(), "InvalidSignatureException") {
				t.Errorf("with another body: %d %s", w.Code, w.Body)
			}
		})
	}
}

func TestWrongSignatures(t *testing.T) {
	replace := func(old, with string) func(*http.Request) {
		return func(r *http.Request) {
			header := r.Header.Get("Authorization")
			if !strings.Contains(header, old) {
				panic(header)
			}
			r.Header.Set("Authorization", strings.Replace(header, old, with, 1))
		}
	}
	tests := []struct {
		name   string
		change func(*http.Request)
		late   time.Duration
		want   string
	}{
		{
			"none", func(r *http.Request) { r.Header.Del("Authorization") }, 0,
			`{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}`,
		},
		{"other scheme", replace(algorithm, "Bearer"), 0, "IncompleteSignatureException"},
		{"no key", replace("Credential=", "Key="), 0, "IncompleteSignatureException"},
		{"no signature", replace("Signature=", "S="), 0, "IncompleteSignatureException"},
		{
			"unknown key", replace("AKIA", "AKIB"), 0,
			`{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}`,
		},
		{
			"other region", replace("eu-central-1", "us-east-1"), 0,
			`{"__type":"InvalidSignatureException","message":"The request signature we calculated does not match`,
		},
		{
			"other service", replace("secretsmanager", "kms"), 0,
			"Credential should be scoped to correct service: 'secretsmanager'.",
		},
		{"other date", replace("20261127", "20261126"), 0, "Date in Credential scope does not match"},
		{"host not signed", replace("host;", ""), 0, "'host' must be a 'SignedHeader'"},
		{"date not signed", replace("x-amz-date;", ""), 0, "'x-amz-date' must be a 'SignedHeader'"},
		{"operation not signed", replace(";x-amz-target", ""), 0, "'x-amz-target' must be a 'SignedHeader'"},
		{"no date", func(r *http.Request) { r.Header.Del("X-Amz-Date") }, 0, "IncompleteSignatureException"},
		{"half the signature", func(r *http.Request) {
			header := r.Header.Get("Authorization")
			r.Header.Set("Authorization", header[:len(header)-32])
		}, 0, "InvalidSignatureException"},
		{"other path", func(r *http.Request) { r.URL.Path = "/x" }, 0, "InvalidSignatureException"},
		{"other query", func(r *http.Request) { r.URL.RawQuery = "x" }, 0, "InvalidSignatureException"},
		{"in time", func(*http.Request) {}, maxSkew, `"Name":"prod/db"`},
		{"expired", func(*http.Request) {}, maxSkew + time.Second, "Signature expired: 20261127T"},
		{"early, but in time", func(*http.Request) {}, -maxSkew, `"Name":"prod/db"`},
		{"too early", func(*http.Request) {}, -maxSkew - time.Second, "Signature not yet current: 20261127T"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, signed := recorded(t, "testdata/signed/boto3-get.http")
			test.change(r)
			if w := answer(signedServer(signed.Add(test.late)), r); !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("%d %s, want %s", w.Code, w.Body, test.want)
			}
		})
	}
}

func TestRegionOfARequest(t *testing.T) {
	r, signed := recorded(t, "testdata/signed/boto3-get.http")
	if w := answer(signedServer(signed), r); !strings.Contains(w.Body.String(), "eu-central-1") {
		t.Error(w.Body)
	}
	r = newRequest("GetSecretValue", `{"SecretId":"a"}`)
	r.Header.Set("Authorization", algorithm+" Credential=X/20261127/ap-east-1/secretsmanager/aws4_request,"+
		" SignedHeaders=host, Signature=0")
	if w := answer(tokenServer(), r); !strings.Contains(w.Body.String(), "ap-east-1") {
		t.Error(w.Body)
	}
}

func TestDecode(t *testing.T) {
	type pair struct {
		Key string `check:"required,enum=name|all"`
	}
	type shape struct {
		Text   string   `check:"max=3"`
		Hidden string   `check:"max=3,hidden"`
		Blob   []byte   `check:"min=1"`
		Flag   *bool    //
		Number *int     `check:"min=1,max=100"`
		Names  []string `check:"max=2" item:"max=3,pattern=filter"`
		Pairs  []pair   `check:"max=10"`
		Pair   *pair
	}
	tests := []struct{ input, want string }{
		{`{"Text":"äöü","Blob":"AAE=","Flag":false,"Number":5,"Names":["a","!b"],"Pairs":[{"Key":"all"}],"Pair":{"Key":"name"}}`, ""},
		{`null`, ""},
		{`{"Text":"four"}`, `1 validation error detected: Value 'four' at 'text' failed to satisfy constraint: Member must have length less than or equal to 3`},
		{`{"Hidden":"four"}`, `Value '***' at 'hidden'`},
		{`{"Number":0}`, `Value '0' at 'number' failed to satisfy constraint: Member must have value greater than or equal to 1`},
		{`{"Number":1.5}`, `NUMBER_VALUE can not be converted to an Integer`},
		{`{"Number":99999999999999999999}`, `NUMBER_VALUE can not be converted to an Integer`},
		{`{"Number":"1"}`, `STRING_VALUE can not be converted to an Integer`},
		{`{"Flag":1}`, `NUMBER_VALUE can not be converted to a Boolean`},
		{`{"Blob":"?"}`, `SerializationException`},
		{`{"Blob":""}`, `at 'blob' failed to satisfy constraint: Member must have length greater than or equal to 1`},
		{
			`{"Names":["a","b","c"]}`,
			`Value '[a, b, c]' at 'names' failed to satisfy constraint: Member must have length less than or equal to 2`,
		},
		{`{"Names":["*"]}`, `Value '*' at 'names.1.member' failed to satisfy constraint: Member must satisfy regular expression pattern: ^\!?`},
		{`{"Names":[null]}`, `SerializationException`},
		{`{"Names":"a"}`, `STRING_VALUE can not be converted to a List`},
		{
			`{"Pairs":[{"Key":"all"},{"Key":"no"}]}`,
			`Value 'no' at 'pairs.2.member.key' failed to satisfy constraint: Member must satisfy enum value set: [name, all]`,
		},
		{
			`{"Pair":{},"Text":"four"}`,
			`2 validation errors detected: Value 'four' at 'text' failed to satisfy constraint: Member must have length less than or equal to 3; Value null at 'pair.key' failed to satisfy constraint: Member must not be null`,
		},
		{`{"Pair":[]}`, `START_ARRAY can not be converted to a Structure`},
	}
	for _, test := range tests {
		var got shape
		err := (&Request{Body: []byte(test.input)}).Decode(&got)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.input, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v, want %s", test.input, err, test.want)
		}
	}
	var got shape
	if err := (&Request{Body: []byte(tests[0].input)}).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Text != "äöü" || string(got.Blob) != "\x00\x01" || *got.Flag || *got.Number != 5 || len(got.Names) != 2 ||
		got.Pairs[0].Key != "all" || got.Pair.Key != "name" {
		t.Errorf("%+v", got)
	}
}

func TestKeyPairsAndTokens(t *testing.T) {
	pair, err := NewKeyPair(rand.NewChaCha8([32]byte{1}))
	if err != nil || len(pair.ID) != 20 || !strings.HasPrefix(pair.ID, "AKIA") || len(pair.Secret) != 40 {
		t.Errorf("%+v %v", pair, err)
	}
	token, err := NewToken(rand.NewChaCha8([32]byte{2}))
	if err != nil || len(token) != 26 || strings.Trim(token, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		t.Errorf("%q %v", token, err)
	}
	if _, err := NewToken(strings.NewReader("short")); err == nil {
		t.Error("a token without randomness")
	}
}

func TestAgent(t *testing.T) {
	s := tokenServer()
	s.Agent = &Agent{Token: "agenttoken", Client: "agent"}
	tests := []struct {
		method, path, token string
		status              int
		want                string
	}{
		{"GET", "/ping", "", 200, "healthy"},
		{"GET", "/secretsmanager/get?secretId=a", "agenttoken", 200, `"CreatedDate":"1795747043.218"`},
		{"GET", "/secretsmanager/get?secretId=a&refreshNow=true", "agenttoken", 200, `"SecretString":"<&> \"us-east-1"`},
		{"GET", "/v1/prod/db", "agenttoken", 200, `"Name":"prod/db"`},
		{"GET", "/v1/prod%2Fdb?versionStage=AWSCURRENT", "agenttoken", 200, `"Name":"prod/db"`},
		{
			"GET", "/v1/absent", "agenttoken", 400,
			`{"__type":"ResourceNotFoundException","message":"Secrets Manager can't find the specified secret."}`,
		},
		{"GET", "/v1/a", "", 403, "Bad Token"},
		{"GET", "/v1/a", "agenttoken0", 403, "Bad Token"},
		{"POST", "/v1/a", "agenttoken", 405, "Not allowed"},
		{"GET", "/v1/a?secretId=b", "agenttoken", 400, "Bad request"},
		{"GET", "/v1/a?other=b", "agenttoken", 400, "Bad request"},
		{"GET", "/v1/a?refreshNow=perhaps", "agenttoken", 400, "Bad request"},
		{"GET", "/secretsmanager/get", "agenttoken", 400, "Bad request"},
		{"GET", "/v2/a", "agenttoken", 404, ""},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			r := httptest.NewRequest(test.method, "http://127.0.0.1:2773"+test.path, nil)
			r.Header.Set("X-Aws-Parameters-Secrets-Token", test.token)
			if w := answer(s, r); w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, test.status, test.want)
			}
		})
	}
	s.Agent = nil
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:2773/ping", nil)
	if w := answer(s, r); w.Code != 404 {
		t.Errorf("without an agent: %d", w.Code)
	}
}

func TestLog(t *testing.T) {
	var entries []Entry
	s := tokenServer()
	s.Log = func(e Entry) { entries = append(entries, e) }
	answer(s, newRequest("GetSecretValue", `{"SecretId":"a\u001b[2J"}`))
	answer(s, newRequest("GetSecretValue", `{"SecretId":"absent"}`))
	answer(s, newRequest("GetEverything\x1b", `{}`))
	var lines []string
	for _, e := range entries {
		e.Took = 1500 * time.Microsecond
		lines = append(lines, e.String())
	}
	want := "GetSecretValue - a\\u001b[2J ok 1.5ms\nGetSecretValue - absent ResourceNotFoundException 1.5ms\n" +
		"- - - UnknownOperationException 1.5ms"
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// serve runs s on loopback. The function that it returns ends the server and waits for it.
func serve(t testing.TB, s Server) (base string, end func() error) {
	t.Helper()
	listener, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, listener) }()
	end = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { _ = end() })
	return "http://" + listener.Addr().String(), end
}

func TestListen(t *testing.T) {
	for _, refused := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.org:0"} {
		if l, err := Listen(refused); !errors.Is(err, ErrNotLoopback) {
			t.Errorf("%s: %v", refused, err)
			if err == nil {
				l.Close()
			}
		}
	}
	l, err := Listen("localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

func TestServe(t *testing.T) {
	base, end := serve(t, tokenServer())
	post := func() (*http.Response, error) {
		r, err := http.NewRequest(http.MethodPost, base+"/"+testToken, strings.NewReader(`{"SecretId":"a"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
		return http.DefaultClient.Do(r)
	}
	resp, err := post()
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode != 200 || !bytes.Contains(body, []byte(`"Name":"a"`)) {
		t.Fatalf("%d %s %v", resp.StatusCode, body, err)
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	if resp, err := post(); err == nil {
		resp.Body.Close()
		t.Error("the server answers after its end")
	}
}

func TestServeLetsRequestsEnd(t *testing.T) {
	started, finish := make(chan struct{}), make(chan struct{})
	s := tokenServer()
	s.Operations["Slow"] = func(ctx context.Context, _ *Request) (any, error) {
		close(started)
		<-finish
		return nil, ctx.Err()
	}
	base, end := serve(t, s)
	status := make(chan int, 1)
	go func() {
		r, _ := http.NewRequest(http.MethodPost, base+"/"+testToken, strings.NewReader(`{}`))
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("X-Amz-Target", "secretsmanager.Slow")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			status <- 0
			return
		}
		resp.Body.Close()
		status <- resp.StatusCode
	}()
	<-started
	ended := make(chan error, 1)
	go func() { ended <- end() }()
	close(finish)
	if got := <-status; got != 200 {
		t.Errorf("a request under way got %d", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestServeEndsWhenIdle(t *testing.T) {
	s := tokenServer()
	s.Idle = time.Millisecond
	listener, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context(), listener); err != nil {
		t.Error(err)
	}
}

func TestIdleTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		var idle idleTimer
		idle.start(time.Hour, func() { ended = true })
		time.Sleep(time.Hour - 1)
		idle.begin()
		idle.begin()
		idle.end()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if ended {
			t.Error("the server ended during a request")
		}
		idle.end()
		time.Sleep(time.Hour + 1)
		synctest.Wait()
		if !ended {
			t.Error("the server did not end")
		}
	})
}

func TestFloods(t *testing.T) {
	base, _ := serve(t, tokenServer())
	host := strings.TrimPrefix(base, "http://")
	t.Run("header", func(t *testing.T) {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		go func() {
			fmt.Fprintf(conn, "POST /%s HTTP/1.1\r\nHost: %s\r\nX: %s\r\n\r\n", testToken, host,
				strings.Repeat("x", 2*maxHeader))
		}()
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Error(resp.StatusCode)
		}
	})
	t.Run("connections", func(t *testing.T) {
		for range maxConnections {
			conn, err := net.Dial("tcp", host)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
		}
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("one connection too many is open")
		}
	})
}

func TestSlowHeader(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until the server has enough")
	}
	base, _ := serve(t, tokenServer())
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("POST / HTTP/1.1\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(4 * headerTimeout)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("the server waits for ever: %v", err)
	}
}

// checkRefusal fails unless an answer is right for a client that the server does not know.
func checkRefusal(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	switch w.Code {
	case 403, 404:
		if w.Body.Len() > 0 {
			t.Errorf("%d with a body: %s", w.Code, w.Body)
		}
	case 400, 413:
		var body struct {
			Type string `json:"__type"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Type == "" {
			t.Errorf("%d %q", w.Code, w.Body)
		}
	default:
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// sendRaw sends text, if it is a request of HTTP, to a server that has another key than its client, and to one by its
// token.
func sendRaw(t *testing.T, raw []byte) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	signed, _ := time.Parse(dateFormat, r.Header.Get("X-Amz-Date"))
	s := signedServer(signed)
	s.Clients = func(string) (Client, bool) { return Client{"web", KeyPair{Secret: "another"}}, true }
	s.Agent = &Agent{Token: testToken[:20] + "agent"}
	for name := range s.Operations {
		s.Operations[name] = func(context.Context, *Request) (any, error) {
			t.Errorf("this got through:\n%s", raw)
			return nil, nil
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if w := answer(s, r); !isAgentPath(r.URL.Path) {
		checkRefusal(t, w)
	}
	// Behind the token all requests are decoded.
	r.Body, r.URL.Path, r.Method = io.NopCloser(bytes.NewReader(body)), "/"+testToken, http.MethodPost
	if w := answer(tokenServer(), r); w.Code != 200 && w.Code != 500 {
		checkRefusal(t, w)
	}
}

func TestMalformedRequests(t *testing.T) {
	paths, err := filepath.Glob("testdata/signed/*.http")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewChaCha8([32]byte{3}))
	for i := range 10_000 {
		raw, err := os.ReadFile(paths[i%len(paths)])
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + random.IntN(4) {
			at := random.IntN(len(raw))
			switch random.IntN(4) {
			case 0:
				raw[at] = byte(random.Uint32())
			case 1:
				raw = append(raw[:at:at], raw[at+random.IntN(len(raw)-at):]...)
			case 2:
				raw = append(raw[:at:at], append([]byte(strings.Repeat(string(raw[at]), random.IntN(50))), raw[at:]...)...)
			default:
				raw = raw[:at+1]
			}
		}
		sendRaw(t, raw)
	}
}

func FuzzRequest(f *testing.F) {
	paths, err := filepath.Glob("testdata/signed/*.http")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(sendRaw)
}

// BenchmarkRequest measures requests over one connection that is kept.
func BenchmarkRequest(b *testing.B) {
	body := []byte(`{"SecretId":"a"}`)
	for _, signed := range []bool{false, true} {
		b.Run(fmt.Sprintf("signed=%t", signed), func(b *testing.B) {
			s := tokenServer()
			if signed {
				s.Clients = func(string) (Client, bool) { return Client{"web", exampleKey}, true }
			}
			base, _ := serve(b, s)
			a := authorization{keyID: exampleKey.ID, region: "us-east-1", signedHeaders: append([]string{"content-type"},
				requiredHeaders...)}
			for b.Loop() {
				r, err := http.NewRequest(http.MethodPost, base+"/"+testToken, bytes.NewReader(body))
				if err != nil {
					b.Fatal(err)
				}
				now := time.Now().UTC()
				r.Header.Set("Content-Type", contentType)
				r.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
				r.Header.Set("X-Amz-Date", now.Format(dateFormat))
				if signed {
					mac, err := sign(r, body, a, Client{KeyPair: exampleKey}, now.Truncate(time.Second))
					if err != nil {
						b.Fatal(err)
					}
					r.Header.Set("Authorization", fmt.Sprintf("%s Credential=%s/%s/us-east-1/%s/aws4_request, SignedHeaders=%s,"+
						" Signature=%s",
						algorithm, exampleKey.ID, now.Format("20060102"), service, strings.Join(a.signedHeaders, ";"), mac.signature))
				}
				resp, err := http.DefaultClient.Do(r)
				if err != nil {
					b.Fatal(err)
				}
				_, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if err != nil || resp.StatusCode != 200 {
					b.Fatal(resp.StatusCode, err)
				}
			}
		})
	}
}
