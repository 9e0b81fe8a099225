//go:build unix

package servicetest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// RedisServer is a running Redis or Valkey.
type RedisServer struct {
	Host     string // 127.0.0.1
	Port     string
	Socket   string
	User     string // default, which has all rights
	Password string
	process
}

// Redis starts a server that keeps its data in memory. Conf is the text of its
// configuration file; if it is empty, the server has no file.
func Redis(t testing.TB, conf string) *RedisServer {
	t.Helper()
	skipIfShort(t)
	s := &RedisServer{Host: "127.0.0.1", User: "default", Password: "re dis"}
	dir := tempDir(t, account{})
	s.Socket = filepath.Join(dir, "s")
	file := filepath.Join(dir, "redis.conf")
	if conf != "" {
		writeFile(t, file, conf)
	}
	s.process = process{
		t: t, dir: dir, path: Need(t, "redis-server", "valkey-server"),
		signal: syscall.SIGTERM, logName: filepath.Join(dir, "log"),
		ready: func() bool { _, err := s.talk(); return err == nil },
		args: func() []string {
			if s.Port == "" || strings.Contains(s.log(), "bind: Address already in use") {
				s.Port = freePort(t)
			}
			args := []string{
				"--port", s.Port, "--bind", "127.0.0.1", "--unixsocket", s.Socket,
				"--save", "", "--requirepass", s.Password, "--dir", dir,
			}
			if conf != "" {
				args = append([]string{file}, args...)
			}
			return args
		},
	}
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// Start runs the server again after Stop or Kill, on the same port.
func (s *RedisServer) Start() { s.t.Helper(); s.start() }

// Stop shuts the server down.
func (s *RedisServer) Stop() { s.stop(s.signal) }

// Kill ends the server as a crash does.
func (s *RedisServer) Kill() { s.stop(syscall.SIGKILL) }

// Dir returns the directory of the server's files.
func (s *RedisServer) Dir() string { return s.dir }

// Exec runs one command as the default user and returns its reply, which must
// not be an error; the parts of a list are joined by spaces.
func (s *RedisServer) Exec(command ...string) string {
	s.t.Helper()
	replies, err := s.talk([]string{"AUTH", s.User, s.Password}, command)
	if err != nil {
		s.t.Fatalf("%q: %v", command, err)
	}
	return replies[1]
}

// Login reports whether the server accepts a user's password.
func (s *RedisServer) Login(user, password string) bool {
	_, err := s.talk([]string{"AUTH", user, password})
	return err == nil
}

// talk sends commands over a new connection and returns their replies.
// Without commands it only connects.
func (s *RedisServer) talk(commands ...[]string) ([]string, error) {
	c, err := net.DialTimeout("unix", s.Socket, time.Second)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReader(c)
	var replies []string
	for _, command := range commands {
		var b strings.Builder
		fmt.Fprintf(&b, "*%d\r\n", len(command))
		for _, word := range command {
			fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(word), word)
		}
		if _, err := io.WriteString(c, b.String()); err != nil {
			return nil, err
		}
		reply, err := readReply(r)
		if err != nil {
			return nil, err
		}
		replies = append(replies, reply)
	}
	return replies, nil
}

// readReply reads one reply of the protocol, RESP2.
func readReply(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	kind, rest := line[0], strings.TrimRight(line[1:], "\r\n")
	switch kind {
	case '-':
		return "", fmt.Errorf("redis: %s", rest)
	case '$':
		n, err := strconv.Atoi(rest)
		if err != nil || n < 0 {
			return "", err
		}
		b := make([]byte, n+2)
		_, err = io.ReadFull(r, b)
		return string(b[:n]), err
	case '*':
		n, err := strconv.Atoi(rest)
		var parts []string
		for range n {
			var part string
			if part, err = readReply(r); err != nil {
				break
			}
			parts = append(parts, part)
		}
		return strings.Join(parts, " "), err
	}
	return rest, nil
}
