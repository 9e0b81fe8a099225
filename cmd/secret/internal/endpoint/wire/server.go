package wire

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The bounds of a server. They are generous for programs and small for a flood.
const (
	maxHeader      = 16 << 10
	maxBody        = 2 << 20 // a value of 1 MiB in base64 and JSON
	maxConnections = 256
	maxRequests    = 64 // at once; others wait

	headerTimeout   = 5 * time.Second
	readTimeout     = 20 * time.Second
	writeTimeout    = time.Minute
	idleConnection  = 2 * time.Minute
	shutdownTimeout = 5 * time.Second

	// After this many requests with a wrong path or token the next ones wait.
	freeGuesses = 10
	guessDelay  = time.Second
)

// Server says how requests are served. Operations, Region, Now, Rand, and Token or Clients are required.
type Server struct {
	Operations map[string]Operation
	Region     string // of clients that sign for none

	// Token is the permission if Clients is nil: requests must go to /Token.
	Token string
	// Clients returns the client with a key ID. If it is not nil, requests must be signed by a client.
	Clients func(keyID string) (Client, bool)
	// Agent is nil unless the interface of AWS's agent is served as well.
	Agent *Agent

	// Hosts are names besides those of loopback that the Host header may have.
	Hosts []string
	// Idle is how long a server without requests lives; 0 stands for no limit.
	Idle time.Duration

	Now  func() time.Time
	Rand io.Reader
	// Log is called for each request that reaches an operation or fails before, unless it is nil. Several goroutines call
	// it at once.
	Log func(Entry)
}

// ErrNotLoopback means that an address to listen on could be reached from other machines.
var ErrNotLoopback = errors.New("not an address of loopback")

// Listen listens on a loopback address such as 127.0.0.1:0. The error is [ErrNotLoopback] for another address.
func Listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%s: %w; use 127.0.0.1:PORT", address, ErrNotLoopback)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	if bound, ok := listener.Addr().(*net.TCPAddr); !ok || !bound.IP.IsLoopback() { // as a hosts file may have localhost
		return nil, errors.Join(fmt.Errorf("%s: %w", address, ErrNotLoopback), listener.Close())
	}
	return listener, nil
}

// server is a Server at work.
type server struct {
	Server
	port        string
	slots       chan struct{} // one for each request under way
	wrong       atomic.Int64  // requests with a wrong path or token
	connections atomic.Int64
	idle        idleTimer
}

// Serve answers requests on the listener until ctx ends or the server is idle for too long, and closes the listener.
// Requests under way get five seconds to end. The error is nil unless the listener fails.
func (s Server) Serve(ctx context.Context, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	running := s.at(listener.Addr())
	running.idle.start(s.Idle, cancel)
	// Requests outlive ctx by the time that they are given to end.
	requests, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	h := http.Server{
		Handler:           running,
		MaxHeaderBytes:    maxHeader - 4096, // net/http adds 4096
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleConnection,
		ErrorLog:          log.New(io.Discard, "", 0), // it may quote headers
		BaseContext:       func(net.Listener) context.Context { return requests },
		ConnState:         running.countConnection,
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	bounded, stop := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer stop()
	if h.Shutdown(bounded) != nil {
		_ = h.Close() // the time is over: the listener is closed, and clients see that their connections are
	}
	return nil
}

func (s Server) at(address net.Addr) *server {
	_, port, _ := net.SplitHostPort(address.String())
	return &server{Server: s, port: port, slots: make(chan struct{}, maxRequests)}
}

// countConnection closes connections that are too many. An answer would make clients try again.
func (s *server) countConnection(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if s.connections.Add(1) > maxConnections {
			_ = conn.Close()
		}
	case http.StateClosed, http.StateHijacked:
		s.connections.Add(-1)
	}
}

// ServeHTTP checks where a request comes from and whether its path or token is right, and hands it on.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.idle.begin()
	defer s.idle.end()
	if !s.isOurHost(r.Host) || cameThroughOther(r.Header) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	agent := s.Agent != nil && isAgentPath(r.URL.Path)
	if !agent && !s.permits(r) {
		s.slowDown(r)
		w.WriteHeader(http.StatusNotFound)
		return
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-r.Context().Done():
		return
	}
	if agent {
		s.serveAgent(w, r)
	} else {
		s.serveAWS(w, r)
	}
}

// permits reports whether the path of a request gives permission. Where clients sign, the signature does.
func (s *server) permits(r *http.Request) bool {
	if s.Clients == nil {
		token, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if s.Token == "" || subtle.ConstantTimeCompare([]byte(token), []byte(s.Token)) != 1 {
			return false
		}
	}
	return r.Method == http.MethodPost
}

// slowDown lets a client that guesses wait.
func (s *server) slowDown(r *http.Request) {
	if s.wrong.Add(1) <= freeGuesses {
		return
	}
	select {
	case <-time.After(guessDelay):
	case <-r.Context().Done():
	}
}

// isOurHost keeps out web pages whose name was made to resolve to loopback (DNS rebinding).
func (s *server) isOurHost(hostport string) bool {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil { // without a port, which stands for port 80
		host, port = strings.Trim(hostport, "[]"), strconv.Itoa(80)
	}
	return port == s.port && (slices.Contains([]string{"127.0.0.1", "::1", "localhost"}, host) ||
		slices.Contains(s.Hosts, host))
}

// cameThroughOther reports whether a browser or a proxy sent the request: a program of this machine needs neither.
func cameThroughOther(header http.Header) bool {
	for name := range header {
		switch {
		case name == "Origin", name == "X-Forwarded-For", name == "Forwarded", name == "Via",
			strings.HasPrefix(name, "Sec-Fetch-"):
			return true
		}
	}
	return false
}

// idleTimer calls a function when no request was under way for a time.
type idleTimer struct {
	mu       sync.Mutex
	after    time.Duration
	timer    *time.Timer // nil if there is no limit
	underWay int
}

func (t *idleTimer) start(after time.Duration, end func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if after > 0 {
		t.after, t.timer = after, time.AfterFunc(after, end)
	}
}

func (t *idleTimer) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.underWay++
	if t.timer != nil {
		t.timer.Stop()
	}
}

func (t *idleTimer) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.underWay--
	if t.timer != nil && t.underWay == 0 {
		t.timer.Reset(t.after)
	}
}
