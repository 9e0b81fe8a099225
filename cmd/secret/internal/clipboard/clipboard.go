// Package clipboard copies to the clipboard of a desktop with its own tools, or to the buffer of tmux, which passes it
// to the terminal.
package clipboard

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"os/exec"
	"slices"
	"time"

	"example.org/secret/cmd/secret/internal/process"
)

// timeout bounds a run of a tool, which may wait for ever without the desktop that it expects.
const timeout = 5 * time.Second

// Tool is a way to a clipboard.
type Tool struct {
	// Place says where the text is, to its user.
	Place string
	// copy has the commands to try, the best first.
	copy  [][]string
	paste []string
	clear []string
	// blank is the input of clear.
	blank string
}

// Find returns the tool for the desktop or the tmux of an environment. ok is false if there is none.
func Find(goos string, getenv func(string) string) (tool Tool, ok bool) {
	windows := Tool{
		copy:  [][]string{{"clip.exe"}},
		paste: []string{"powershell.exe", "-NoProfile", "-Command", "Get-Clipboard -Raw"},
		clear: []string{"clip.exe"},
	}
	var tools []Tool
	switch {
	case goos == "darwin":
		tools = []Tool{{copy: [][]string{{"pbcopy"}}, paste: []string{"pbpaste"}, clear: []string{"pbcopy"}}}
	case goos == "windows":
		tools = []Tool{windows}
	case getenv("WAYLAND_DISPLAY") != "":
		tools = append(tools, Tool{
			// Newer versions ask clipboard managers not to remember the text.
			copy:  [][]string{{"wl-copy", "--sensitive"}, {"wl-copy"}},
			paste: []string{"wl-paste", "--no-newline"},
			clear: []string{"wl-copy", "--clear"},
		})
	}
	if getenv("DISPLAY") != "" {
		tools = append(tools, Tool{
			copy:  [][]string{{"xclip", "-selection", "clipboard", "-in"}},
			paste: []string{"xclip", "-selection", "clipboard", "-out"},
			clear: []string{"xclip", "-selection", "clipboard", "-in"},
		}, Tool{
			copy:  [][]string{{"xsel", "--clipboard", "--input"}},
			paste: []string{"xsel", "--clipboard", "--output"},
			clear: []string{"xsel", "--clipboard", "--clear"},
		})
	}
	if getenv("WSL_DISTRO_NAME") != "" {
		tools = append(tools, windows)
	}
	if getenv("TMUX") != "" {
		const buffer = "secret"
		load := []string{"tmux", "load-buffer", "-b", buffer}
		// Older versions have no -w, which passes the text to the terminal. An empty buffer does not exist, so that a
		// space replaces the text.
		tools = append(tools, Tool{
			copy:  [][]string{append(slices.Clone(load), "-w", "-"), append(slices.Clone(load), "-")},
			paste: []string{"tmux", "save-buffer", "-b", buffer, "-"},
			clear: append(slices.Clone(load), "-w", "-", ";", "delete-buffer", "-b", buffer),
			blank: " ",
			Place: "tmux's buffer, and the clipboard if tmux hands it on",
		})
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool.copy[0][0]); err != nil {
			continue
		}
		if tool.Place == "" {
			tool.Place = "the clipboard"
		}
		return tool, true
	}
	return Tool{}, false
}

// Copy puts text on the clipboard.
func (t Tool) Copy(env []string, text []byte) error {
	var err error
	for _, command := range t.copy {
		if err = tool(env).Feed(text, command[0], command[1:]...); err == nil {
			return nil
		}
	}
	return err
}

// Sum stands for a text that was copied.
type Sum [sha256.Size]byte

// SumOf returns the sum of a text. It ignores the line end, which a tool may add.
func SumOf(text []byte) Sum {
	return sha256.Sum256(bytes.TrimRight(text, "\r\n"))
}

// Clear empties the clipboard if the text on it has the sum.
func (t Tool) Clear(env []string, sum Sum) error {
	text, err := tool(env).Run("", t.paste[0], t.paste[1:]...)
	if err != nil {
		return err
	}
	if held := SumOf([]byte(text)); subtle.ConstantTimeCompare(held[:], sum[:]) == 0 {
		return nil
	}
	return tool(env).Feed([]byte(t.blank), t.clear[0], t.clear[1:]...)
}

func tool(env []string) process.Tool { return process.Tool{Environ: env, Timeout: timeout} }
