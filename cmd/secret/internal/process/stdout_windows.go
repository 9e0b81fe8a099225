package process

import (
	"io"
	"os"
)

// Stdout returns the standard output.
func Stdout() io.Writer { return os.Stdout }
