// Command docgen prints docs/state-machines.md, docs/commands.md and
// docs/event-types.md from the tables in chaincode/rights and gateway/event, so
// that the documentation is the code.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run . ../../docs

// pages are what is printed, by file name.
var pages = map[string]func() []byte{"state-machines.md": page, "commands.md": commandsPage, "event-types.md": eventTypesPage}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: docgen FOLDER")
		os.Exit(2)
	}
	for name, print := range pages {
		if err := os.WriteFile(filepath.Join(os.Args[1], name), print(), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "docgen:", err)
			os.Exit(1)
		}
	}
}
