package timer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// launchd is an agent of the user's session on macOS.
type launchd struct {
	Command
	label string
	path  string
}

func (l launchd) Text() string {
	var arguments strings.Builder
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	for _, word := range l.Args {
		fmt.Fprintf(&arguments, "    <string>%s</string>\n", escape.Replace(word))
	}
	return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>` + l.label + `</string>
  <key>ProgramArguments</key>
  <array>
` + arguments.String() + `  </array>
  <key>StartInterval</key>
  <integer>3600</integer>
</dict>
</plist>
`
}

func (l launchd) Install() error {
	if err := os.MkdirAll(filepath.Dir(l.path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(l.path, []byte(l.Text()), 0o644); err != nil {
		return err
	}
	_, err := l.Run("", "launchctl", "load", "-w", l.path)
	return err
}

func (l launchd) Remove() error {
	_, err := l.Run("", "launchctl", "unload", "-w", l.path)
	if removeErr := os.Remove(l.path); !errors.Is(removeErr, fs.ErrNotExist) {
		err = errors.Join(err, removeErr)
	}
	return err
}
