package main

import (
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/windows"
)

// runEditor runs the user's editor, which may be a command with arguments.
func (s *editSession) runEditor(path string) error {
	editor := s.getenv("VISUAL")
	if editor == "" {
		editor = s.getenv("EDITOR")
	}
	words := strings.Fields(editor)
	if len(words) == 0 {
		words = []string{"notepad"}
	}
	cmd := exec.Command(words[0], append(words[1:], path)...)
	cmd.Env = s.environ
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return usagef("the editor %q failed (%v); nothing was stored", editor, err)
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
