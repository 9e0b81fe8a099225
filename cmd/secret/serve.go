package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"time"

	"example.org/secret/cmd/secret/internal/endpoint"
	"example.org/secret/cmd/secret/internal/endpoint/childenv"
	"example.org/secret/cmd/secret/internal/endpoint/clients"
	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

type serveOptions struct {
	listen  string
	clients []string
	idle    time.Duration
	log     bool
	strict  bool
	agent   string
	keys    []string
}

// named returns the clients that must exist.
func (o serveOptions) named() []string {
	if o.agent == "" {
		return o.clients
	}
	return slices.Concat(o.clients, []string{o.agent})
}

func newServeCommand(a *app) *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve AWS Secrets Manager's API to several programs",
		Long: `Serve AWS Secrets Manager's API on an address of this machine, for programs that
use its SDKs or the aws program. For one program, secret run --aws is simpler.

Each program is a client with an access key of its own, made by secret serve
client add. Requests must be signed with the key, as with AWS. The client's
permission narrows the secrets, and changes need --write. A change to a client
counts from its next request on.

The program needs the printed address in AWS_ENDPOINT_URL_SECRETS_MANAGER, the
key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and any region. The vault is
read again for each request, so that a change is seen at once.

The server listens on loopback alone, refuses requests of web pages, and keeps
the key in memory that other processes of yours cannot read. It does not keep out
root, programs that run as you, or a thief of a client's key: secret serve client
remove ends that key at once.

systemd may start the server with the first connection: see
examples/programs/secret-serve.socket.

--agent answers curl and others without an SDK as AWS's agent does: GET
/secretsmanager/get?secretId=NAME with the printed AWS_TOKEN in the header
X-Aws-Parameters-Secrets-Token.`,
		Example: `  secret serve client add web --allow 'prod/*'
  secret serve --listen 127.0.0.1:2774 --log
  secret serve --client web --idle 1h`,
		Args: usage.UnknownCommand,
		RunE: func(*cobra.Command, []string) error { return a.runServe(o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.listen, "listen", "127.0.0.1:0", "the loopback address; port 0 takes a free one")
	flags.StringArrayVar(&o.clients, "client", nil, "only this client")
	flags.DurationVar(&o.idle, "idle", 0, "end after this time without a request")
	flags.BoolVar(&o.log, "log", false, "print a line for each request")
	flags.BoolVar(&o.strict, "strict-limits", false, "refuse values that are too large for AWS")
	flags.StringVar(&o.agent, "agent", "", "serve the interface of AWS's agent too, as this `client`")
	flags.StringArrayVar(&o.keys, "key", nil, "unlock this value `key` at the start, if it is behind a passphrase")
	_ = cmd.RegisterFlagCompletionFunc("key", a.completeKeys)
	_ = cmd.RegisterFlagCompletionFunc("client", a.completeClients)
	_ = cmd.RegisterFlagCompletionFunc("agent", a.completeClients)
	cmd.AddCommand(newServeClientCommand(a))
	return cmd
}

func (a *app) runServe(o serveOptions) error {
	listener, err := a.listen(o.listen)
	if err != nil {
		return usage.Errorf("cannot listen: %v", err)
	}
	defer listener.Close()
	engine, err := a.openToServe(o.keys)
	if err != nil {
		return err
	}
	for _, name := range o.named() {
		if _, err := clients.Get(engine.Vault, name); err != nil {
			return err
		}
	}
	directory := &clients.Directory{Open: a.reopening(engine.Vault), Only: o.clients}
	service, err := a.newService(engine, endpoint.Options{Permission: directory.Permission, StrictLimits: o.strict})
	if err != nil {
		return err
	}
	server := wire.Server{
		Operations: service.Operations(), Region: childenv.DefaultRegion, Clients: directory.Find, Idle: o.idle,
		Now: a.now, Rand: a.rand,
	}
	if o.log {
		server.Log = func(e wire.Entry) { fmt.Fprintln(a.out.Stderr, e) }
	}
	ctx, stop := untilInterrupted()
	defer stop()
	if err = a.announce(&server, listener, o.agent); err == nil {
		err = server.Serve(ctx, listener)
	}
	return errors.Join(err, service.Close())
}

// announce prints the address of the server and, with the client of an agent, the token of that.
func (a *app) announce(server *wire.Server, listener net.Listener, agent string) error {
	text := fmt.Sprintf("AWS_ENDPOINT_URL_SECRETS_MANAGER=http://%s\n", listener.Addr())
	if agent != "" {
		token, err := wire.NewToken(a.rand)
		if err != nil {
			return err
		}
		server.Agent = &wire.Agent{Token: token, Client: agent}
		text += fmt.Sprintf("AWS_TOKEN=%s\n", token)
	}
	return a.out.Printf("%s", text)
}

// listen listens on the address, or takes the socket that systemd listens on (sd_listen_fds(3)).
func (a *app) listen(address string) (net.Listener, error) {
	const firstSocket = 3
	if a.getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) || a.getenv("LISTEN_FDS") != "1" {
		return wire.Listen(address)
	}
	socket := os.NewFile(firstSocket, "socket")
	defer socket.Close()
	listener, err := net.FileListener(socket)
	if err != nil {
		return nil, err
	}
	if at, ok := listener.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return nil, fmt.Errorf("the socket of systemd: %w", wire.ErrNotLoopback)
	}
	return listener, nil
}
