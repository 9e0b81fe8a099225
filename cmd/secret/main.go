package main

import "os"

func main() {
	hardenProcess()
	os.Exit(run(newApp(), arguments(os.Args)))
}
