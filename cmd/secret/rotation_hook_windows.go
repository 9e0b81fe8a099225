package main

import "os/exec"

// Windows has no process groups: the command is killed without its children.
func endWithChildren(*exec.Cmd) {}
