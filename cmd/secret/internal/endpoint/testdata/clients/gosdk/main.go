// Command gosdk uses an endpoint by the SDK for Go. The address and the keys come from the environment.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	client := secretsmanager.NewFromConfig(settings, func(o *secretsmanager.Options) {
		o.BaseEndpoint = aws.String(os.Getenv("ENDPOINT_URL"))
	})
	name := aws.String("prod/db")
	made, err := client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name:         name,
		SecretString: aws.String("one<&>"),
	})
	if err != nil {
		return err
	}
	got, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: made.ARN})
	if err != nil {
		return err
	}
	if *got.SecretString != "one<&>" || got.CreatedDate.Year() < 2024 {
		return errors.New("the value is " + *got.SecretString)
	}
	if _, err := client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId:     name,
		SecretBinary: []byte{0, 255},
	}); err != nil {
		return err
	}
	got, err = client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name})
	if err != nil {
		return err
	}
	if !bytes.Equal(got.SecretBinary, []byte{0, 255}) {
		return errors.New("the binary value is another")
	}
	pages := secretsmanager.NewListSecretsPaginator(client, &secretsmanager.ListSecretsInput{MaxResults: aws.Int32(1)})
	for pages.HasMorePages() {
		if _, err := pages.NextPage(ctx); err != nil {
			return err
		}
	}
	_, err = client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("absent")})
	if missing := (*types.ResourceNotFoundException)(nil); !errors.As(err, &missing) {
		return fmt.Errorf("a secret that does not exist: %w", err)
	}
	return nil
}
