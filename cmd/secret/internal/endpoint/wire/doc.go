// Package wire serves operations by the HTTP protocols of AWS Secrets Manager. It knows nothing of vaults.
//
// A [Server] answers AWS's protocol (awsJson1_1) at /TOKEN, or at any path for clients that sign with SigV4, and the
// interface of AWS's agent. It calls an [Operation], which decodes its input with [Request.Decode] and returns a struct
// or an [*Error]. server.go bounds and routes requests; protocol.go, sigv4.go and agent.go hold one protocol each;
// shape.go decodes and checks input.
//
// The package protects against web pages, other users of the machine, proxies and floods. It does not protect against
// another process of the same user.
package wire
