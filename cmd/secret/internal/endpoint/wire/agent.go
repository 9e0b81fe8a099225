package wire

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"
)

// Agent is the interface of AWS's agent for programs that have no SDK: GET /secretsmanager/get?secretId=NAME and GET
// /v1/NAME, with the token in the header X-Aws-Parameters-Secrets-Token.
type Agent struct {
	Token  string // 128 random bits; see [NewToken]
	Client string // the client in whose name the agent's requests are made
}

const (
	agentPing    = "/ping"
	agentGet     = "/secretsmanager/get"
	agentPrefix  = "/v1/"
	agentFetches = "GetSecretValue"
)

func isAgentPath(path string) bool {
	return path == agentPing || path == agentGet || strings.HasPrefix(path, agentPrefix)
}

// agentParameters maps the parameters of a query to members of the operation. The server keeps no cache, so that
// refreshNow changes nothing.
var agentParameters = map[string]string{
	"secretId": "SecretId", "versionId": "VersionId", "versionStage": "VersionStage", "refreshNow": "",
}

func (s *server) serveAgent(w http.ResponseWriter, r *http.Request) {
	switch token := r.Header.Get("X-Aws-Parameters-Secrets-Token"); {
	case r.URL.Path == agentPing:
		s.write(w, http.StatusOK, "text/plain", []byte("healthy"))
		return
	case subtle.ConstantTimeCompare([]byte(token), []byte(s.Agent.Token)) != 1 &&
		subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Vault-Token")), []byte(s.Agent.Token)) != 1:
		s.slowDown(r)
		s.write(w, http.StatusForbidden, "text/plain", []byte("Bad Token"))
		return
	case r.Method != http.MethodGet:
		s.write(w, http.StatusMethodNotAllowed, "text/plain", []byte("Not allowed"))
		return
	}
	input, ok := agentInput(r)
	operation, known := s.Operations[agentFetches]
	if !ok || !known {
		s.write(w, http.StatusBadRequest, "text/plain", []byte("Bad request"))
		return
	}
	body, _ := encode(input)
	request := &Request{Operation: agentFetches, Client: s.Agent.Client, Region: s.Region, Body: body}
	started := s.Now()
	answer, err := operation(r.Context(), request)
	s.log(request, err, started)
	if err == nil {
		body, err = encode(answer)
	}
	if err == nil {
		body, err = withTextDate(body)
	}
	if err != nil {
		exception := exceptionOf(err)
		body, _ := encode(map[string]string{"__type": string(exception.Code), "message": exception.Message})
		s.write(w, exception.Code.status(), "application/json", body)
		return
	}
	s.write(w, http.StatusOK, "application/json", body)
}

// agentInput makes the input of the operation from a query. It reports false for a query that the agent refuses.
func agentInput(r *http.Request) (map[string]string, bool) {
	input := map[string]string{}
	if name, ok := strings.CutPrefix(r.URL.Path, agentPrefix); ok {
		input["SecretId"] = name
	}
	for parameter, values := range r.URL.Query() {
		member, known := agentParameters[parameter]
		_, twice := input[member]
		if !known || len(values) != 1 || twice {
			return nil, false
		}
		if member == "" {
			switch values[0] {
			case "true", "false", "1", "0":
				continue
			}
			return nil, false
		}
		input[member] = values[0]
	}
	return input, input["SecretId"] != ""
}

// withTextDate makes a text of CreatedDate, which the agent has that way.
func withTextDate(answer []byte) ([]byte, error) {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(answer, &members); err != nil {
		return nil, err
	}
	if date, ok := members["CreatedDate"]; ok {
		members["CreatedDate"] = bytes.Join([][]byte{{'"'}, date, {'"'}}, nil)
	}
	return encode(members)
}
