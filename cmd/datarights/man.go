package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newManCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "man --dir DIR",
		Short: "生成手册页 / Write the manual pages",
		Example: `  datarights man --dir man1
  man -l man1/datarights-doctor.1`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return fmt.Errorf("couldn't make the folder: %w", err)
			}
			// A page of the same build is the same page.
			day := time.Unix(0, 0).UTC()
			return doc.GenManTree(c.Root(), &doc.GenManHeader{Title: "DATARIGHTS", Section: "1", Source: "datarights", Manual: "datarights", Date: &day}, dir)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "`DIR` for the pages / 目录")
	_ = cmd.MarkFlagRequired("dir")
	_ = cmd.MarkFlagDirname("dir")
	return cmd
}
