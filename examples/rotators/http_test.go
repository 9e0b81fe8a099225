//go:build unix

package rotators_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"example.org/secret/rotate/servicetest"
)

// tokenAPI is the API in the comment of http-token.sh.
type tokenAPI struct {
	mu     sync.Mutex
	last   int
	tokens map[int]apiToken
	lose   bool // answer a POST as if the server had died after it
}

type apiToken struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Token string `json:"token,omitempty"`
}

func newTokenAPI(t *testing.T) (*tokenAPI, string) {
	api := &tokenAPI{tokens: map[int]apiToken{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/whoami", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /v1/tokens", api.list)
	mux.HandleFunc("POST /v1/tokens", api.create)
	mux.HandleFunc("DELETE /v1/tokens/{id}", api.revoke)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api.mu.Lock()
		defer api.mu.Unlock()
		if !api.knows(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return api, s.URL + "/v1/"
}

func (a *tokenAPI) knows(token string) bool {
	for _, t := range a.tokens {
		if t.Token == token {
			return true
		}
	}
	return false
}

// issue makes a token with characters that JSON and curl's configuration escape.
func (a *tokenAPI) issue(name string) apiToken {
	a.last++
	t := apiToken{a.last, name, fmt.Sprintf(`tok "%d" \ $HOME %%s`, 1000+a.last)}
	a.tokens[t.ID] = t
	return t
}

func (a *tokenAPI) list(w http.ResponseWriter, _ *http.Request) {
	list := []apiToken{}
	for _, t := range a.tokens {
		list = append(list, apiToken{ID: t.ID, Name: t.Name})
	}
	_ = json.NewEncoder(w).Encode(list)
}

func (a *tokenAPI) create(w http.ResponseWriter, r *http.Request) {
	var t apiToken
	if json.NewDecoder(r.Body).Decode(&t) != nil || t.Name == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	t = a.issue(t.Name)
	if a.lose {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(t)
}

func (a *tokenAPI) revoke(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(r.PathValue("id"))
	if _, ok := a.tokens[id]; !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	delete(a.tokens, id)
	w.WriteHeader(http.StatusNoContent)
}

// names lists the tokens there are.
func (a *tokenAPI) names() []string {
	var names []string
	for _, t := range a.tokens {
		names = append(names, t.Name)
	}
	slices.Sort(names)
	return names
}

func TestHTTPToken(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	servicetest.Need(t, "curl")
	servicetest.Need(t, "jq")
	api, url := newTokenAPI(t)
	d := newDriver(t, "http-token")
	d.kind = "kv"
	first := api.issue("by hand")
	api.issue("of another user")
	d.current = fields{"url": url, "token": first.Token, "id": strconv.Itoa(first.ID)}
	for range 3 {
		d.rotate("")
		if got := api.names(); !slices.Equal(got, []string{"of another user", "secret " + d.uuid()}) {
			t.Errorf("after a rotation there are the tokens %q", got)
		}
	}
	if d.works(d.previous) {
		t.Error("the replaced token works after finish")
	}
	d.inGrace("", "", "")

	// A run that dies in create leaves a token that is in no vault.
	api.lose = true
	d.token++
	d.refuses("create", 1, "status 502")
	api.lose = false
	d.token--
	d.rotate("")
	if got := api.names(); len(got) != 2 {
		t.Errorf("after an interrupted rotation there are the tokens %q", got)
	}

	d.current = d.current.with("token", "one that is wrong")
	d.refuses("create", 1, "status 401")
	d.current["url"] = "file:///etc/passwd"
	d.refuses("create", 1, "not supported or disabled")
}
