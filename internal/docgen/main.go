// Command docgen prints docs/state-machines.md from the tables in
// chaincode/rights, so that the documentation is the code.
package main

import (
	"fmt"
	"os"
)

//go:generate go run . ../../docs/state-machines.md

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: docgen FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], page(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}
