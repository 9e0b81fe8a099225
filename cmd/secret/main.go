package main

import "os"

func main() {
	hardenProcess()
	os.Exit(run(newApp(), os.Args[1:]))
}
