package aws_test

import (
	"errors"
	"testing"

	"example.org/secret/cmd/secret/internal/loginhelper/aws"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"
)

func TestAnswer(t *testing.T) {
	fields := map[string]vault.Bytes{"AWS_ACCESS_KEY_ID": vault.Bytes("AKIA")}
	p := picked.Value{Secret: &vault.Secret{}, Version: vault.Version{Value: vault.Value{Fields: fields}}}
	if _, err := aws.Answer(p); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("without a key the error is %v", err)
	}
	fields["secretAccessKey"] = vault.Bytes("shh")
	want := aws.Credentials{Version: 1, AccessKeyID: "AKIA", SecretAccessKey: "shh"}
	if got, err := aws.Answer(p); err != nil || got != want {
		t.Errorf("the credentials are %+v, %v; want %+v", got, err, want)
	}
}

func TestProfile(t *testing.T) {
	for profile, want := range map[string]string{
		"prod":    "\n[profile prod]\ncredential_process = \"/my programs/secret\" --vault /v helper aws prod/aws\n",
		"default": "\n[default]\ncredential_process = \"/my programs/secret\" --vault /v helper aws prod/aws\n",
	} {
		if got := aws.Profile(profile, "/my programs/secret", []string{"--vault", "/v"}, "prod/aws"); got != want {
			t.Errorf("the profile is %q; want %q", got, want)
		}
	}
}
