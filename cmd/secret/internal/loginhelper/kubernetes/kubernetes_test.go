package kubernetes_test

import (
	"errors"
	"testing"

	"example.org/secret/cmd/secret/internal/loginhelper/kubernetes"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"
)

func TestAnswer(t *testing.T) {
	token := picked.Value{Secret: &vault.Secret{Meta: vault.Meta{Kind: vault.Plaintext}}, Bytes: vault.Bytes("tok\n")}
	got, err := kubernetes.Answer(token, `{"apiVersion": "client.authentication.k8s.io/v1beta1"}`)
	want := kubernetes.Credential{
		APIVersion: "client.authentication.k8s.io/v1beta1", Kind: "ExecCredential", Status: kubernetes.Status{Token: "tok"},
	}
	if err != nil || got != want {
		t.Errorf("the credential is %+v, %v; want %+v", got, err, want)
	}
	token.Bytes = vault.Bytes("a\nb")
	if _, err := kubernetes.Answer(token, ""); !errors.Is(err, vault.ErrInvalid) {
		t.Errorf("of two lines the error is %v", err)
	}
	token.Bytes = nil
	if _, err := kubernetes.Answer(token, ""); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("of an empty token the error is %v", err)
	}
}
