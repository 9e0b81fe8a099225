package endpoint_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"example.org/secret/cmd/secret/internal/endpoint"
	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/vault"
)

// BenchmarkGetSecretValue measures a read by a client that keeps its connection, and by 16 of them, in vaults of three
// sizes. A read has at most 0.5 ms.
func BenchmarkGetSecretValue(b *testing.B) {
	for _, size := range []int{10, 1_000, 10_000} {
		w := newWorld(b, endpoint.Options{})
		names := make([]vault.Name, size)
		for i := range names {
			names[i] = vault.Name(fmt.Sprintf("s%05d", i))
		}
		err := w.vault.UpsertAll(b.Context(), names, func(_ int, s *vault.Secret) error {
			return s.Add(vault.NewVersion{
				Kind: vault.Plaintext, Value: vault.Value{Plain: vault.Bytes("value")},
				Origin: vault.OriginSet,
			})
		}, func(int) {})
		if err != nil {
			b.Fatal(err)
		}
		url := "http://" + w.serve(wire.Server{Token: "abcdefghijklmnopqrstuvwxyz"}).String() + "/abcdefghijklmnopqrstuvwxyz"
		for _, clients := range []int{1, 16} {
			b.Run(fmt.Sprintf("secrets=%d/clients=%d", size, clients), func(b *testing.B) {
				transport := &http.Transport{MaxIdleConnsPerHost: clients}
				defer transport.CloseIdleConnections()
				client := &http.Client{Transport: transport}
				work := make(chan int)
				done := make(chan error, clients)
				for range clients {
					go func() {
						var failure error
						for i := range work {
							failure = read(client, url, string(names[i%size]))
						}
						done <- failure
					}()
				}
				i := 0
				for b.Loop() {
					work <- i
					i += 7
				}
				close(work)
				for range clients {
					if err := <-done; err != nil {
						b.Error(err)
					}
				}
			})
		}
	}
}

func read(client *http.Client, url, name string) error {
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(`{"SecretId":"`+name+`"}`))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && !strings.Contains(string(text), `"SecretString":"value"`) {
		err = fmt.Errorf("%s: %s", resp.Status, text)
	}
	return err
}
