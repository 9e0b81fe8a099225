// Command nothing is the measure of secret: a cobra program that links
// the same packages, parses the same command line and does nothing.
package main

import (
	_ "crypto/rand"
	_ "encoding/json"
	"os"

	_ "al.essio.dev/pkg/shellescape"
	_ "filippo.io/age"
	_ "github.com/aws/smithy-go/aws-http-auth/sigv4"
	_ "github.com/aymanbagabas/go-osc52/v2"
	_ "github.com/gofrs/flock"
	_ "github.com/google/uuid"
	_ "github.com/jedib0t/go-pretty/v6/table"
	_ "github.com/netresearch/go-cron"
	_ "github.com/sethvargo/go-diceware/diceware"
	"github.com/spf13/cobra"
	_ "github.com/xhit/go-str2duration/v2"
	_ "github.com/zalando/go-keyring"
	_ "github.com/zalando/go-keyring/secret_service"
	_ "golang.org/x/crypto/chacha20poly1305"
	_ "golang.org/x/sys/unix"
	_ "golang.org/x/term"
	_ "golang.org/x/text/unicode/norm"
	_ "gopkg.in/yaml.v3"
)

func main() {
	root := &cobra.Command{Use: "nothing"}
	root.AddCommand(&cobra.Command{Use: "get NAME", Run: func(*cobra.Command, []string) {}})
	if root.Execute() != nil {
		os.Exit(1)
	}
}
