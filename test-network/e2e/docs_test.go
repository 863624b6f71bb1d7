package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// blocks returns the sh blocks of a document, in order.
func blocks(t *testing.T, document string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.root, document))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, rest := range strings.Split(string(text), "\n```sh\n")[1:] {
		block, _, closed := strings.Cut(rest, "\n```")
		if !closed {
			t.Fatalf("%s: a block is not closed", document)
		}
		found = append(found, block+"\n")
	}
	return found
}

// shell runs commands as a reader would type them in the repository's folder,
// with the ports of this consortium.
func shell(t *testing.T, folder string, commands ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-eu", "-c", strings.Join(commands, "\n"))
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "DATARIGHTS_GATEWAY="+w.url("Group"))
	for _, organisation := range w.organisations() {
		cmd.Env = append(cmd.Env, fmt.Sprintf("%s_GATEWAY=%s", strings.ToUpper(organisation), w.url(organisation)))
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, strings.Join(commands, "\n"), out)
	}
	return string(out)
}

// checkout is a folder that looks like the repository after `make demo`.
func checkout(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, to := range map[string]string{"bin": w.bin, "run": w.Dir, "test-network": filepath.Join(w.root, "test-network")} {
		if err := os.Symlink(to, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// TestFirstRegistration runs docs/first-registration.md as printed, twice: what a
// reader repeats does no harm.
func TestFirstRegistration(t *testing.T) {
	folder, commands := checkout(t), blocks(t, "docs/first-registration.md")
	if len(commands) < 10 {
		t.Fatalf("only %d blocks", len(commands))
	}
	before := levelled(t)
	first := shell(t, folder, commands...)
	after := levelled(t)
	if again := shell(t, folder, commands...); again != first {
		t.Errorf("at first:\n%s\nagain:\n%s", first, again)
	}
	const written = 3 // an application, an admission, a catalogue entry
	if end := levelled(t); after != before+written || end != after {
		t.Errorf("the ledger grew from %d to %d, and then to %d", before, after, end)
	}
}

// TestReadme runs the README's commands as printed. `make` starts this very
// test, so that its block alone is left to the reader.
func TestReadme(t *testing.T) {
	var commands []string
	for _, block := range blocks(t, "README.md") {
		if !strings.HasPrefix(block, "make ") {
			commands = append(commands, block)
		}
	}
	if len(commands) != 5 {
		t.Fatalf("%d blocks to run, want a certificate's proof, a leak traced, marks by hand, the registration by hand and the registrar's steps", len(commands))
	}
	if out := shell(t, checkout(t), commands[0]); !strings.Contains(out, "GroupMSP") || !strings.Contains(out, "✓") {
		t.Errorf("the certificate's proof does not verify:\n%s", out)
	}
	traces(t, commands[1], commands[2])
	commands = commands[3:]
	folder, cases := checkout(t), "/v1/registrations?applicant="+energyCompany(t).uscc
	before := listed(t, "Bank", cases)
	out := shell(t, folder, commands...)
	levelled(t)
	after := listed(t, "Bank", cases)
	if len(after) != len(before)+1 || after[0]["state"] != "PublicNotice" {
		t.Fatalf("%d cases, then %d:\n%s", len(before), len(after), out)
	}
	if notices := fmt.Sprint(listed(t, "Group", "/v1/notices")); !strings.Contains(notices, fmt.Sprint(after[0]["id"])) {
		t.Errorf("case %v is not among the notices: %s", after[0]["id"], notices)
	}
	shell(t, folder, commands[0])
	levelled(t)
	if again := listed(t, "Bank", cases); len(again) != len(after) {
		t.Errorf("typed again, it registered again: %d cases", len(again))
	}
}

// traces runs what the README prints about a leak: the demo's stolen table is
// traced to its buyer and its case verified; a table marked by hand, of which
// one row in five is left, names the second of two.
func traces(t *testing.T, demo, byHand string) {
	t.Helper()
	folder := checkout(t)
	out := shell(t, folder, demo)
	for _, want := range []string{"高度相似 strong", "指认 named        91320903MA0A00946G", "水印 by its mark", "核验通过"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if t.Failed() {
		return
	}
	out = shell(t, folder, byHand)
	if !strings.Contains(out, "91320981MA0A00954A") || !strings.Contains(out, "✓") {
		t.Errorf("the second buyer is not named:\n%s", out)
	}
	if err := os.RemoveAll(filepath.Join(w.Dir, "marks")); err != nil {
		t.Error(err)
	}
}
