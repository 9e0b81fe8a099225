//go:build unix

package clipboard_test

import (
	"os"
	"path/filepath"
	"testing"

	"example.org/secret/cmd/secret/internal/clipboard"
)

// The desktop's tools, of which the clipboard is a file.
const (
	wlCopy = `#!/bin/sh
case $1 in
--sensitive) cat >"$DIR/sensitive" ;;
--clear) : >"$DIR/clipboard" ;;
*) cat >"$DIR/clipboard" ;;
esac
`
	oldWlCopy = `#!/bin/sh
case $1 in
--sensitive) exit 1 ;;
--clear) : >"$DIR/clipboard" ;;
*) cat >"$DIR/clipboard" ;;
esac
`
	wlPaste = "#!/bin/sh\ncat \"$DIR/clipboard\"\n"
	// xclip stays, and keeps its streams open.
	xclip = `#!/bin/sh
case $3 in
-in) cat >"$DIR/clipboard"; sleep 1 & ;;
-out) cat "$DIR/clipboard" ;;
esac
`
	xsel = `#!/bin/sh
case $2 in
--input) cat >"$DIR/clipboard" ;;
--output) cat "$DIR/clipboard"; echo ;;
--clear) : >"$DIR/clipboard" ;;
esac
`
)

func TestTools(t *testing.T) {
	for _, test := range []struct {
		name  string
		env   map[string]string
		tools map[string]string
		into  string
	}{
		{"wayland", map[string]string{"WAYLAND_DISPLAY": "x", "DISPLAY": "y"}, map[string]string{
			"wl-copy": wlCopy,
			"xclip":   xclip,
		}, "sensitive"},
		{"an older wl-copy", map[string]string{"WAYLAND_DISPLAY": "x"}, map[string]string{
			"wl-copy":  oldWlCopy,
			"wl-paste": wlPaste,
		}, "clipboard"},
		{
			"wayland with X11's tools",
			map[string]string{"WAYLAND_DISPLAY": "x", "DISPLAY": "y"},
			map[string]string{"xclip": xclip},
			"clipboard",
		},
		{"xclip", map[string]string{"DISPLAY": "y"}, map[string]string{"xclip": xclip, "wl-copy": wlCopy}, "clipboard"},
		{"xsel", map[string]string{"DISPLAY": "y"}, map[string]string{"xsel": xsel}, "clipboard"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, script := range test.tools {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PATH", dir+":/usr/bin:/bin")
			env := []string{"PATH=" + os.Getenv("PATH"), "DIR=" + dir}
			tool, ok := clipboard.Find("linux", func(name string) string { return test.env[name] })
			if !ok {
				t.Fatal("no tool was found")
			}
			if err := tool.Copy(env, []byte("hunter2")); err != nil {
				t.Fatal(err)
			}
			held := func() string {
				text, _ := os.ReadFile(filepath.Join(dir, test.into))
				return string(text)
			}
			if held() != "hunter2" {
				t.Fatalf("%q was copied", held())
			}
			if test.into == "sensitive" {
				return
			}
			if err := tool.Clear(env, clipboard.SumOf([]byte("another"))); err != nil {
				t.Fatal(err)
			}
			if held() != "hunter2" {
				t.Error("the text of another program was cleared")
			}
			if err := tool.Clear(env, clipboard.SumOf([]byte("hunter2"))); err != nil {
				t.Fatal(err)
			}
			if held() != "" {
				t.Errorf("after clearing there is %q", held())
			}
		})
	}
}

func TestNoDesktop(t *testing.T) {
	if _, ok := clipboard.Find("linux", func(string) string { return "" }); ok {
		t.Error("a tool was found without a desktop")
	}
}
