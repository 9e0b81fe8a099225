// Package clipboard copies to the clipboard of a desktop through its own tools, or to
// that of tmux, which hands it to the terminal.
package clipboard

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"os/exec"
	"slices"
	"time"
)

// bound is how long a tool may take: without the desktop that it expects it may
// wait for ever.
const bound = 5 * time.Second

// Tool is a way to a clipboard.
type Tool struct {
	// Place says where the text is, to its user.
	Place string
	// copy has the commands to try, the best first.
	copy  [][]string
	paste []string
	clear []string
	// blank is what clear gets as input.
	blank string
}

// Find returns the tool for the desktop, or the tmux, that the environment tells of.
// ok is false if there is none, or no tool for it.
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
			// Newer ones ask clipboard managers not to remember it.
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
		// Older ones have no -w, with which the terminal gets it as well. An empty
		// buffer is none, so that the terminal's is replaced by a space.
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
		if _, err = run(env, command, text, false); err == nil {
			return nil
		}
	}
	return err
}

// Sum stands for a text that was copied.
type Sum [sha256.Size]byte

// SumOf returns the sum of a text, which may come back with a line's end more.
func SumOf(text []byte) Sum {
	return sha256.Sum256(bytes.TrimRight(text, "\r\n"))
}

// Clear empties the clipboard, if what is on it has the sum.
func (t Tool) Clear(env []string, sum Sum) error {
	text, err := run(env, t.paste, nil, true)
	if err != nil {
		return err
	}
	if held := SumOf(text); subtle.ConstantTimeCompare(held[:], sum[:]) == 0 {
		return nil
	}
	_, err = run(env, t.clear, []byte(t.blank), false)
	return err
}

// run takes no output of commands that copy: some stay behind to serve the
// clipboard, and would keep the pipe open.
func run(env, command []string, input []byte, output bool) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = env
	cmd.Stdin = bytes.NewReader(input)
	var b bytes.Buffer
	if output {
		cmd.Stdout = &b
	}
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w", command[0], err)
	}
	return b.Bytes(), nil
}
