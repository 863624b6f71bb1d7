package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// listed tells whether help lists a command; completion scripts are cobra's own.
func listed(c *cobra.Command) bool {
	for p := c; p != nil; p = p.Parent() {
		if p.Hidden || p.Name() == "completion" || p.Name() == "help" {
			return false
		}
	}
	return true
}

// Every command that does something shows how it is used, with its own name,
// and says in both languages what it does.
func TestEveryCommandHasAnExample(t *testing.T) {
	root := newRootCommand()
	looked := 0
	each(root, func(c *cobra.Command) {
		if !listed(c) || c.HasSubCommands() && !c.Flags().HasFlags() {
			return
		}
		looked++
		if !strings.Contains(c.Example, c.CommandPath()) {
			t.Errorf("%s has no example of its own: %q", c.CommandPath(), c.Example)
		}
		if !strings.Contains(c.Short, "/") && c != root {
			t.Errorf("%s is described in one language: %q", c.CommandPath(), c.Short)
		}
	})
	if looked < 40 {
		t.Errorf("only %d commands looked at", looked)
	}
}

// Flags that an example uses are there.
func TestExamplesUseFlagsThereAre(t *testing.T) {
	root := newRootCommand()
	each(root, func(c *cobra.Command) {
		for line := range strings.Lines(c.Example) {
			command, _, _ := strings.Cut(strings.TrimSpace(line), "  #")
			if !strings.HasPrefix(command, c.CommandPath()+" ") || c.HasSubCommands() {
				continue
			}
			for word := range strings.FieldsSeq(command) {
				name, found := strings.CutPrefix(word, "--")
				name, _, _ = strings.Cut(name, "=")
				if found && name != "" && c.Flags().Lookup(name) == nil && c.InheritedFlags().Lookup(name) == nil {
					t.Errorf("%s has no --%s: %s", c.CommandPath(), name, command)
				}
				if strings.HasPrefix(word, "|") {
					break // another program
				}
			}
		}
	})
}

// Every page is one that man renders without complaint.
func TestManualPages(t *testing.T) {
	dir := t.TempDir()
	root := newRootCommand()
	root.SetArgs([]string{"man", "--dir", dir})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(pages) < 40 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	mandoc, err := exec.LookPath("mandoc")
	if err != nil {
		t.Fatal("no mandoc: run `make tools` (Debian: apt install mandoc)")
	}
	for _, page := range pages {
		out, err := exec.Command(mandoc, "-T", "utf8", "-W", "error", page).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%.2000s", filepath.Base(page), err, out)
		}
		for _, part := range []string{"NAME", "SYNOPSIS"} {
			if !bytes.Contains(out, []byte(part)) && !bytes.Contains(out, []byte(strings.Join(strings.Split(part, ""), ""))) && !overstruck(out, part) {
				t.Errorf("%s shows no %s", filepath.Base(page), part)
			}
		}
	}
}

// overstruck finds a word as terminals print it in bold.
func overstruck(text []byte, word string) bool {
	var bold strings.Builder
	for _, r := range word {
		bold.WriteRune(r)
		bold.WriteByte('\b')
		bold.WriteRune(r)
	}
	return bytes.Contains(text, []byte(bold.String()))
}

// The shells' scripts are written and their shells take them; names that the
// program knows are completed.
func TestCompletions(t *testing.T) {
	root := newRootCommand()
	for shell, generate := range map[string]func(io.Writer) error{
		"bash": func(w io.Writer) error { return root.GenBashCompletionV2(w, true) }, "zsh": root.GenZshCompletion,
		"fish": func(w io.Writer) error { return root.GenFishCompletion(w, true) }, "powershell": root.GenPowerShellCompletionWithDesc,
	} {
		var out bytes.Buffer
		if err := generate(&out); err != nil || out.Len() < 1000 {
			t.Fatalf("%s: %v, %d bytes", shell, err, out.Len())
		}
		program, err := exec.LookPath(shell)
		if shell == "powershell" || err != nil {
			continue // that shell is not on this machine
		}
		script := filepath.Join(t.TempDir(), "script")
		if err := os.WriteFile(script, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(program, "-n", script).CombinedOutput(); err != nil {
			t.Errorf("%s does not take its script: %v\n%s", shell, err, out)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"doctor", "--only", ""}, "certificates"},
		{[]string{"gateway", "--log-level", ""}, "debug"},
		{[]string{"backup", ""}, "restore"},
	} {
		var out bytes.Buffer
		root := newRootCommand()
		root.SetOut(&out)
		root.SetArgs(append([]string{cobra.ShellCompRequestCmd}, c.args...))
		if err := root.Execute(); err != nil || !strings.Contains(out.String(), c.want) {
			t.Errorf("%v: %v, %q", c.args, err, out.String())
		}
	}
}
