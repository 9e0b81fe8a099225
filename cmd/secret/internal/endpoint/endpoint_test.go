package endpoint_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.org/secret/cmd/secret/internal/endpoint"
	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/crypto"
	"example.org/secret/rotate"
	"example.org/secret/vault"
)

var update = flag.Bool("update", false, "write the answers of the transcripts anew")

// world is a vault with an endpoint. Each operation takes a second of its clock.
type world struct {
	t       testing.TB
	seconds atomic.Int64
	random  *rand.ChaCha8
	dir     string
	key     *crypto.VaultKey
	vault   *vault.Vault
	service *endpoint.Service
	do      map[string]wire.Operation
}

func newWorld(t testing.TB, options endpoint.Options) *world {
	t.Helper()
	w := &world{
		t: t, random: rand.NewChaCha8([32]byte{1}), dir: filepath.Join(t.TempDir(), "vault"),
	}
	start := time.Date(2026, 11, 27, 12, 0, 0, 218e6, time.UTC)
	now := func() time.Time { return start.Add(time.Duration(w.seconds.Load()) * time.Second) }
	settings := vault.Options{
		Now: now, Rand: w.random, History: 100, LockTimeout: time.Minute, AccessFile: filepath.Join(t.TempDir(), "read"),
	}
	id, err := vault.NewID(w.random)
	if err != nil {
		t.Fatal(err)
	}
	w.key = w.newKey(id)
	if w.vault, err = vault.Create(w.dir, id, w.key, vault.SealedKeys{vault.KeyFile: nil}, settings); err != nil {
		t.Fatal(err)
	}
	options.Open = func() (*vault.Vault, error) {
		header, err := vault.ReadHeader(w.dir)
		if err != nil {
			return nil, err
		}
		return vault.Open(header, w.key, settings)
	}
	if options.Permission == nil {
		options.Permission = func(string) endpoint.Permission {
			return endpoint.Permission{Allow: []func(string) bool{endpoint.AllowAll}, Write: true}
		}
	}
	options.Now, options.Rand = now, w.random
	if options.Engine != nil {
		options.Engine.Now, options.Engine.Rand = now, w.random
	}
	if w.service, err = endpoint.New(options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.service.Close(); err != nil {
			t.Error(err)
		}
	})
	w.do = w.service.Operations()
	return w
}

func (w *world) newKey(vaultID string) *crypto.VaultKey {
	w.t.Helper()
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		w.t.Fatal(err)
	}
	key, err := crypto.DeriveVaultKey(master, vaultID, w.random)
	if err != nil {
		w.t.Fatal(err)
	}
	return key
}

// call calls an operation and returns its answer as JSON, or its error.
func (w *world) call(client, operation, input string) (string, error) {
	w.t.Helper()
	w.seconds.Add(1)
	r := &wire.Request{Operation: operation, Client: client, Region: "eu-central-1", Body: []byte(input)}
	out, err := w.do[operation](w.t.Context(), r)
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(out); err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimSpace(text.String()), nil
}

// must calls an operation, which must succeed, and decodes its answer.
func (w *world) must(operation, input string, out any) {
	w.t.Helper()
	text, err := w.call("", operation, input)
	if err == nil && out != nil {
		err = json.Unmarshal([]byte(text), out)
	}
	if err != nil {
		w.t.Fatalf("%s %s: %v", operation, input, err)
	}
}

// token is the version id that a transcript writes as $n.
func token(n string) string { return strings.Repeat("0", 31) + n }

// line answers one line of a transcript. The operation "names" lists names alone.
func (w *world) line(line string) string {
	operation, input, _ := strings.Cut(line, " ")
	input = regexp.MustCompile(`\$arn\((.*?)\)`).ReplaceAllStringFunc(input, func(call string) string {
		var described struct{ ARN string }
		w.must("DescribeSecret", `{"SecretId":"`+call[5:len(call)-1]+`"}`, &described)
		return described.ARN
	})
	input = regexp.MustCompile(`\$\d`).ReplaceAllStringFunc(input, func(s string) string { return token(s[1:]) })
	answer, err := w.call("", strings.Replace(operation, "names", "ListSecrets", 1), input)
	if err != nil {
		return err.Error()
	}
	if operation != "names" {
		return answer
	}
	var list struct{ SecretList []struct{ Name string } }
	if err := json.Unmarshal([]byte(answer), &list); err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, s := range list.SecretList {
		names = append(names, s.Name)
	}
	return strings.Join(names, " ")
}

func TestTranscripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/transcript/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			none := func(*vault.Secret, rotate.Rotation) bool { return false }
			w := newWorld(t, endpoint.Options{Engine: &rotate.Engine{Allowed: none}})
			var got strings.Builder
			for line := range strings.Lines(string(want)) {
				if strings.HasPrefix(line, "<") {
					continue
				}
				got.WriteString(line)
				if call, ok := strings.CutPrefix(line, "> "); ok {
					fmt.Fprintf(&got, "< %s\n", w.line(strings.TrimSpace(call)))
				}
			}
			if *update {
				if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			wantLines := strings.Split(string(want), "\n")
			for i, line := range strings.Split(got.String(), "\n") {
				if !*update && (i >= len(wantLines) || line != wantLines[i]) {
					t.Fatalf("line %d is\n%s\nand not as in the file; to write it anew, run the test with -update", i+1, line)
				}
			}
		})
	}
}

// wantError fails unless err has the code, and a text that begins as it should.
func wantError(t *testing.T, err error, code wire.Code, text string) {
	t.Helper()
	exception, ok := errors.AsType[*wire.Error](err)
	if !ok || exception.Code != code || !strings.HasPrefix(exception.Message, text) {
		t.Errorf("the error is %v, want %s: %s", err, code, text)
	}
}

func TestPermissions(t *testing.T) {
	prod, err := endpoint.Allow("prod/*")
	if err != nil {
		t.Fatal(err)
	}
	one, err := endpoint.Allow("test/db")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, endpoint.Options{Permission: func(client string) endpoint.Permission {
		switch client {
		case "":
			return endpoint.Permission{Allow: []func(string) bool{endpoint.AllowAll}, Write: true}
		case "reader":
			return endpoint.Permission{Allow: []func(string) bool{prod, one}}
		case "writer":
			return endpoint.Permission{Allow: []func(string) bool{prod}, Write: true}
		}
		return endpoint.Permission{}
	}})
	for _, name := range []string{"prod/db", "test/db", "test/db2", "prod/a/b"} {
		w.must("CreateSecret", `{"Name":"`+name+`","ClientRequestToken":"`+token("1")+`","SecretString":"x"}`, nil)
	}
	const denied = "is not authorized to perform"
	tests := []struct{ client, operation, input, want string }{
		{"reader", "GetSecretValue", `{"SecretId":"prod/db"}`, `"SecretString":"x"`},
		{"reader", "GetSecretValue", `{"SecretId":"test/db"}`, `"SecretString":"x"`},
		{
			"reader", "GetSecretValue", `{"SecretId":"test/db2"}`,
			"User: reader is not authorized to perform: secretsmanager:GetSecretValue on resource: test/db2",
		},
		{"reader", "GetSecretValue", `{"SecretId":"prod/a/b"}`, denied},
		{"reader", "GetSecretValue", `{"SecretId":"other"}`, denied},
		{"reader", "GetSecretValue", `{"SecretId":"arn:aws:secretsmanager:r:1:secret:test/db2-abcdef"}`, denied},
		{"reader", "GetSecretValue", `{"SecretId":"arn:aws:secretsmanager:r:1:secret:prod/x-abcdef"}`, "can't find"},
		{"reader", "DescribeSecret", `{"SecretId":"test/db2"}`, denied},
		{
			"reader", "BatchGetSecretValue", `{"SecretIdList":["prod/db","test/db2"]}`,
			`"Errors":[{"SecretId":"test/db2","ErrorCode":"AccessDeniedException"`,
		},
		{"reader", "GetRandomPassword", `{}`, "RandomPassword"},
		{
			"writer", "PutSecretValue", `{"SecretId":"prod/db","ClientRequestToken":"` + token("2") + `","SecretString":"y"}`,
			`"VersionId"`,
		},
		{"writer", "CreateSecret", `{"Name":"other","ClientRequestToken":"` + token("2") + `"}`, denied},
		{"stranger", "GetSecretValue", `{"SecretId":"prod/db"}`, denied},
	}
	for _, test := range tests {
		got, err := w.call(test.client, test.operation, test.input)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s %s %s: %s, want %s", test.client, test.operation, test.input, got, test.want)
		}
	}
	got, err := w.call("reader", "ListSecrets", `{}`)
	if err != nil || strings.Contains(got, "test/db2") || strings.Contains(got, "prod/a/b") ||
		strings.Count(got, `"Name"`) != 2 {
		t.Errorf("%s %v", got, err)
	}
}

// TestReadersChangeNothing calls every operation as a client that may read all secrets.
func TestReadersChangeNothing(t *testing.T) {
	w := newWorld(t, endpoint.Options{Permission: func(client string) endpoint.Permission {
		return endpoint.Permission{Allow: []func(string) bool{endpoint.AllowAll}, Write: client == ""}
	}})
	w.must("CreateSecret", `{"Name":"s","ClientRequestToken":"`+token("1")+`","SecretString":"x"}`, nil)
	before, err := w.vault.GetMeta("s")
	if err != nil {
		t.Fatal(err)
	}
	const input = `{"SecretId":"s","Name":"s","ClientRequestToken":"00000000000000000000000000000002","SecretString":"y","VersionStage":"AWSCURRENT",
		"MoveToVersionId":"00000000000000000000000000000001","Tags":[{"Key":"a","Value":"b"}],"TagKeys":["a"],"Description":"d",
		"ResourcePolicy":"{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"*\"}}","SecretIdList":["s"],
		"AddReplicaRegions":[],"RemoveReplicaRegions":["eu-west-1"]}`
	var read []string
	for operation := range w.do {
		body := strings.Replace(input, `"AddReplicaRegions":[]`, `"AddReplicaRegions":[{"Region":"eu-west-1"}]`, 1)
		if _, err := w.call("reader", operation, body); err == nil {
			read = append(read, operation)
		} else {
			wantError(t, err, wire.AccessDenied, "User: reader is not authorized to perform: secretsmanager:"+operation)
		}
	}
	slices.Sort(read)
	if got := strings.Join(read, " "); got != "BatchGetSecretValue DescribeSecret GetRandomPassword GetResourcePolicy"+
		" GetSecretValue ListSecretVersionIds ListSecrets ValidateResourcePolicy" {
		t.Errorf("a reader may call %s", got)
	}
	if after, err := w.vault.GetMeta("s"); err != nil || after.Revision != before.Revision {
		t.Errorf("a reader changed the secret: %+v, %v", after, err)
	}
	if len(w.do) != 23 {
		t.Errorf("there are %d operations", len(w.do))
	}
}

func TestPages(t *testing.T) {
	w := newWorld(t, endpoint.Options{})
	var want []string
	for i := range 25 {
		name := fmt.Sprintf("s%02d", i)
		w.must("CreateSecret", `{"Name":"`+name+`","ClientRequestToken":"`+token("1")+`","SecretString":"x"}`, nil)
		want = append(want, name)
	}
	for _, order := range []string{"asc", "desc"} {
		var got []string
		next := ""
		for {
			var page struct {
				SecretList []struct{ Name string }
				NextToken  string
			}
			w.must("ListSecrets", `{"MaxResults":4,"SortOrder":"`+order+`"`+next+`}`, &page)
			for _, s := range page.SecretList {
				got = append(got, s.Name)
			}
			if page.NextToken == "" {
				break
			}
			if _, err := w.call("", "ListSecrets", `{"SortBy":"name","NextToken":"`+page.NextToken+`"}`); err == nil {
				t.Error("a token serves another query")
			}
			next = `,"NextToken":"` + page.NextToken + `"`
		}
		if order == "desc" {
			slices.Reverse(got)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v", order, got)
		}
	}
	var batch struct {
		SecretValues []struct{ Name string }
		NextToken    string
	}
	w.must("BatchGetSecretValue", `{"Filters":[{"Key":"name","Values":["s"]}]}`, &batch)
	if len(batch.SecretValues) != 20 || batch.NextToken == "" {
		t.Errorf("%+v", batch)
	}
	// A secret that goes between two pages leaves no hole.
	w.must("DeleteSecret", `{"SecretId":"s19"}`, nil)
	w.must("BatchGetSecretValue", `{"Filters":[{"Key":"name","Values":["s"]}],"NextToken":"`+batch.NextToken+`"}`, &batch)
	if len(batch.SecretValues) != 5 || batch.SecretValues[0].Name != "s20" {
		t.Errorf("%+v", batch)
	}
}

func TestStrictLimits(t *testing.T) {
	large := `{"Name":"s","ClientRequestToken":"` + token("1") + `","SecretString":"` + strings.Repeat("x", 65537) + `"}`
	strict := newWorld(t, endpoint.Options{StrictLimits: true})
	_, err := strict.call("", "CreateSecret", large)
	wantError(t, err, wire.Validation, "1 validation error detected: Value '***' at 'secretString'")
	newWorld(t, endpoint.Options{}).must("CreateSecret", large, nil)
}

func TestValuesOfTheCommandLine(t *testing.T) {
	var handedOut []vault.AWSValue
	w := newWorld(t, endpoint.Options{HandedOut: func(v vault.AWSValue) { handedOut = append(handedOut, v) }})
	set := func(name vault.Name, kind vault.Kind, value vault.Value) {
		_, err := w.vault.Upsert(name, func(s *vault.Secret) error {
			return s.Add(vault.NewVersion{Kind: kind, Value: value, Origin: vault.OriginSet})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	set("db", vault.Credential, vault.Value{Fields: map[string]vault.Bytes{
		"password": vault.Bytes("p"), "username": vault.Bytes("u"), "port": vault.Bytes("5432"), "extra": vault.Bytes("<"),
	}})
	set("binary", vault.Plaintext, vault.Value{Plain: vault.Bytes("\xff")})
	for name, want := range map[string]string{
		"db":     `"SecretString":"{\"username\":\"u\",\"password\":\"p\",\"port\":5432,\"extra\":\"<\"}"`,
		"binary": `"SecretBinary":"/w=="`,
	} {
		if got, err := w.call("", "GetSecretValue", `{"SecretId":"`+name+`"}`); err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: %s %v", name, got, err)
		}
	}
	if len(handedOut) != 2 {
		t.Errorf("%d values were handed out", len(handedOut))
	}
	w.must("PutSecretValue", `{"SecretId":"binary","ClientRequestToken":"`+token("1")+`","SecretString":"{\"user\":\"u\",\"port\":1}"}`, nil)
	s, err := w.vault.Get("binary")
	if err != nil {
		t.Fatal(err)
	}
	version, err := s.Find(vault.Selector{})
	if err != nil || version.Kind != vault.KV || string(version.Fields["port"]) != "1" {
		t.Errorf("%+v %v", version, err)
	}
}

func TestKeys(t *testing.T) {
	w := newWorld(t, endpoint.Options{})
	if err := w.vault.NewValueKey("payroll", nil); err != nil {
		t.Fatal(err)
	}
	w.must("CreateSecret", `{"Name":"s","ClientRequestToken":"`+token("1")+`","SecretString":"x","KmsKeyId":"arn:aws:kms:r:1:alias/payroll"}`, nil)
	var described struct{ KmsKeyId string }
	w.must("DescribeSecret", `{"SecretId":"s"}`, &described)
	if described.KmsKeyId != "arn:aws:kms:r:1:alias/payroll" {
		t.Error(described)
	}
	if s, err := w.vault.GetMeta("s"); err != nil || s.Key != "payroll" {
		t.Errorf("%+v %v", s, err)
	}
	if got, err := w.call("", "GetSecretValue", `{"SecretId":"s"}`); err != nil ||
		!strings.Contains(got, `"SecretString":"x"`) {
		t.Errorf("%s %v", got, err)
	}
	described.KmsKeyId = ""
	w.must("UpdateSecret", `{"SecretId":"s","ClientRequestToken":"`+token("2")+`","KmsKeyId":""}`, nil)
	w.must("DescribeSecret", `{"SecretId":"s"}`, &described)
	if described.KmsKeyId != "" {
		t.Error(described)
	}
}

func TestReplacedKey(t *testing.T) {
	w := newWorld(t, endpoint.Options{})
	w.must("CreateSecret", `{"Name":"s","ClientRequestToken":"`+token("1")+`","SecretString":"x"}`, nil)
	next := w.newKey(w.key.VaultID())
	if _, err := w.vault.ReplaceKey(next, []vault.KeyHolder{keyFile{}}, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	w.key = next
	w.must("GetSecretValue", `{"SecretId":"s"}`, nil)
	w.must("PutSecretValue", `{"SecretId":"s","ClientRequestToken":"`+token("2")+`","SecretString":"y"}`, nil)
}

// keyFile holds any key.
type keyFile struct{}

func (keyFile) Unlocker() vault.Unlocker        { return vault.KeyFile }
func (keyFile) Sealed() []byte                  { return nil }
func (keyFile) Add(_, _ crypto.MasterKey) error { return nil }
func (keyFile) Retire(_ crypto.MasterKey) error { return nil }

func TestRotation(t *testing.T) {
	called, goOn := make(chan rotate.Call), make(chan struct{})
	w := newWorld(t, endpoint.Options{Engine: &rotate.Engine{
		Allowed: func(_ *vault.Secret, r rotate.Rotation) bool { return r.Rotator == "db" },
		Call: func(ctx context.Context, c rotate.Call) ([]byte, error) {
			if c.Step == rotate.Create {
				called <- c
				<-goOn
				return []byte("second"), nil
			}
			if c.Step == rotate.Finish {
				called <- c
			}
			return nil, nil
		},
	}})
	const arn = `"RotationLambdaARN":"arn:aws:lambda:eu-central-1:000000000000:function:db"`
	call := func(n, more string) error {
		_, err := w.call("", "RotateSecret", `{"SecretId":"s","ClientRequestToken":"`+token(n)+`"`+more+`}`)
		return err
	}
	w.must("CreateSecret", `{"Name":"s","ClientRequestToken":"`+token("1")+`","SecretString":"first"}`, nil)
	_, err := w.call("", "RotateSecret", `{"SecretId":"s"}`)
	wantError(t, err, wire.InvalidParameter, "You must provide a ClientRequestToken value.")
	wantError(t, call("2", ""), wire.InvalidRequest, "No Lambda rotation function ARN is associated with this secret.")
	wantError(t, call("2", `,"RotationLambdaARN":"db"`), wire.InvalidParameter, "The RotationLambdaARN must end in")
	wantError(t, call("2", strings.ReplaceAll(","+arn, ":db", ":other")), wire.AccessDenied,
		"Secrets Manager cannot invoke the specified Lambda function.")
	wantError(t, call("2", ","+arn+`,"RotationRules":{"AutomaticallyAfterDays":3,"ScheduleExpression":"rate(3 days)"}`),
		wire.InvalidParameter,
		"You cannot specify both rotation frequency and schedule expression together.")
	wantError(t, call("2", ","+arn+`,"RotationRules":{"ScheduleExpression":"rate(3 moons)"}`), wire.InvalidParameter,
		"Invalid RotationRules")
	wantError(t, call("1", ","+arn), wire.ResourceExists, "You can't use ClientRequestToken")
	_, err = w.call("", "CancelRotateSecret", `{"SecretId":"absent"}`)
	wantError(t, err, wire.ResourceNotFound, "")

	if err := call("2", ","+arn+`,"RotationRules":{"AutomaticallyAfterDays":3}`); err != nil {
		t.Fatal(err)
	}
	if c := <-called; c.Token != token("2") || c.Rotator != "db" {
		t.Errorf("%+v", c)
	}
	var d struct {
		RotationEnabled    bool
		RotationLambdaARN  string
		RotationRules      struct{ AutomaticallyAfterDays int }
		VersionIdsToStages map[string][]string
	}
	w.must("DescribeSecret", `{"SecretId":"s"}`, &d)
	if !d.RotationEnabled || d.RotationLambdaARN != "arn:aws:lambda:eu-central-1:000000000000:function:db" ||
		d.RotationRules.AutomaticallyAfterDays != 3 || !slices.Equal(d.VersionIdsToStages[token("2")],
		[]string{"AWSPENDING"}) {
		t.Errorf("%+v", d)
	}
	_, err = w.call("", "GetSecretValue", `{"SecretId":"s","VersionId":"`+token("2")+`","VersionStage":"AWSPENDING"}`)
	wantError(t, err, wire.ResourceNotFound, "Secrets Manager can't find the specified secret value for VersionId")
	wantError(t, call("3", ""), wire.InvalidRequest,
		"A previous rotation isn't complete. That rotation will be reattempted.")
	if err := call("2", ""); err != nil {
		t.Errorf("a repeated request: %v", err)
	}
	close(goOn)
	<-called // finish, after which all labels have moved
	if got, err := w.call("", "GetSecretValue", `{"SecretId":"s"}`); err != nil ||
		!strings.Contains(got, `"SecretString":"second"`) ||
		!strings.Contains(got, token("2")) {
		t.Errorf("%s %v", got, err)
	}
}

func TestRotationLater(t *testing.T) {
	var steps []rotate.Step
	w := newWorld(t, endpoint.Options{Engine: &rotate.Engine{
		Allowed: func(*vault.Secret, rotate.Rotation) bool { return true },
		Call: func(_ context.Context, c rotate.Call) ([]byte, error) {
			steps = append(steps, c.Step)
			return nil, nil
		},
	}})
	w.must("CreateSecret", `{"Name":"s","ClientRequestToken":"`+token("1")+`","SecretString":"first"}`, nil)
	rotateLater := func(rules string) {
		w.must("RotateSecret", `{"SecretId":"s","ClientRequestToken":"`+token("2")+`","RotateImmediately":false,
			"RotationLambdaARN":"arn:aws:lambda:r:0:function:db","RotationRules":`+rules+`}`, nil)
	}
	type described struct {
		RotationEnabled bool
		RotationRules   struct {
			AutomaticallyAfterDays       int
			ScheduleExpression, Duration string
		}
		NextRotationDate float64
	}
	for rules, want := range map[string]struct {
		days int
		next string
	}{
		`{"ScheduleExpression":"rate(10 hours)"}`:                    {1, "2026-11-27T23:00:00Z"},
		`{"AutomaticallyAfterDays":3}`:                               {3, "2026-11-30T23:59:59Z"},
		`{"ScheduleExpression":"cron(0 8 1 * ? *)","Duration":"2h"}`: {31, "2026-12-01T10:00:00Z"},
		`{"ScheduleExpression":"cron(0 8 ? * SUN *)"}`:               {7, "2026-11-29T23:59:59Z"},
	} {
		rotateLater(rules)
		var d described
		w.must("DescribeSecret", `{"SecretId":"s"}`, &d)
		if got := time.Unix(int64(d.NextRotationDate), 0).UTC().Format(time.RFC3339); !d.RotationEnabled ||
			got != want.next ||
			d.RotationRules.AutomaticallyAfterDays != want.days {
			t.Errorf("%s: %+v, %s", rules, d, got)
		}
	}
	if slices.ContainsFunc(steps, func(s rotate.Step) bool { return s != rotate.Test }) || len(steps) == 0 {
		t.Error(steps)
	}
	w.must("CancelRotateSecret", `{"SecretId":"s"}`, nil)
	var d described
	w.must("DescribeSecret", `{"SecretId":"s"}`, &d)
	if d.RotationEnabled || d.NextRotationDate != 0 || d.RotationRules.AutomaticallyAfterDays == 0 {
		t.Errorf("%+v", d)
	}
}

// TestManyClients has clients write one secret at once. Each version is there afterwards, and one of them is current.
func TestManyClients(t *testing.T) {
	w := newWorld(t, endpoint.Options{})
	w.must("CreateSecret", `{"Name":"s","ClientRequestToken":"`+token("0")+`","SecretString":"0"}`, nil)
	var clients sync.WaitGroup
	for i := 1; i < 10; i++ {
		clients.Go(func() {
			n := fmt.Sprint(i)
			for range 2 { // as a client does that got no answer
				if _, err := w.call("", "PutSecretValue",
					`{"SecretId":"s","ClientRequestToken":"`+token(n)+`","SecretString":"`+n+`"}`); err != nil {
					t.Error(err)
				}
			}
			if got, err := w.call("", "GetSecretValue", `{"SecretId":"s","VersionId":"`+token(n)+`"}`); err != nil ||
				!strings.Contains(got, `"SecretString":"`+n+`"`) {
				t.Errorf("%s %v", got, err)
			}
		})
	}
	clients.Wait()
	s, err := w.vault.Get("s")
	if err != nil || len(s.Versions) != 10 || s.Labels[vault.Current] != 10 {
		t.Errorf("%+v %v", s, err)
	}
}

func TestDamagedSecret(t *testing.T) {
	w := newWorld(t, endpoint.Options{})
	w.must("CreateSecret", `{"Name":"s","ClientRequestToken":"`+token("1")+`","SecretString":"x"}`, nil)
	paths, err := filepath.Glob(filepath.Join(w.dir, "secrets", "*.age"))
	if err != nil || len(paths) != 1 {
		t.Fatal(paths, err)
	}
	if err := os.Truncate(paths[0], 100); err != nil {
		t.Fatal(err)
	}
	_, err = w.call("", "GetSecretValue", `{"SecretId":"s"}`)
	wantError(t, err, wire.DecryptionFailure,
		"Secrets Manager can't decrypt the protected secret text using the provided KMS key.")
}
