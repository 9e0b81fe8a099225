package edit

import (
	"os/exec"
	"strings"

	"example.org/secret/vault"

	"golang.org/x/sys/windows"
)

// runEditor runs the user's editor, which may be a command with arguments.
func (s *Session) runEditor(path string) error {
	editor := s.Getenv("VISUAL")
	if editor == "" {
		editor = s.Getenv("EDITOR")
	}
	words := strings.Fields(editor)
	if len(words) == 0 {
		words = []string{"notepad"}
	}
	cmd := exec.Command(words[0], append(words[1:], path)...)
	cmd.Env = s.Environ
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.Stdin, s.Stdout, s.Stderr
	if err := cmd.Run(); err != nil {
		return vault.Errorf(ErrGivenUp, "the editor %q failed (%v); nothing was stored", editor, err)
	}
	return nil
}

func processExists(pid int) bool {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return false
	}
	_ = windows.CloseHandle(process)
	return true
}
