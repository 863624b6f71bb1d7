package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// guides are run as a reader would run them: each block of sh in order, in one
// shell, on the demo's consortium, with the ports of this one. A block of text
// right after it says what it prints, with … for anything. A block that begins
// with "make" is for readers without a consortium.

// step of a guide.
type step struct {
	commands string
	prints   string // "" says nothing
}

func stepsOf(t *testing.T, document string) (steps []step) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.root, document))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split("\n"+string(raw), "\n```")
	if len(parts)%2 != 1 {
		t.Fatalf("%s: a block is not closed", document)
	}
	for i := 1; i < len(parts); i += 2 {
		language, block, _ := strings.Cut(parts[i], "\n")
		between := strings.TrimSpace(parts[i-1])
		switch {
		case language == "sh" && !strings.HasPrefix(block, "make "):
			steps = append(steps, step{commands: block})
		case language == "text" && between == "" && len(steps) > 0:
			steps[len(steps)-1].prints = block
		}
	}
	return steps
}

// printed makes a pattern of what a guide says a block prints: lines in order,
// with others between, and … for anything in one.
func printed(text string) *regexp.Regexp {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		var parts []string
		for part := range strings.SplitSeq(strings.TrimSpace(line), "…") {
			parts = append(parts, regexp.QuoteMeta(part))
		}
		lines = append(lines, strings.Join(parts, `[^\n]*`))
	}
	return regexp.MustCompile(strings.Join(lines, `[^\n]*\n(?:[^\n]*\n)*?[^\n]*`))
}

// addresses of the demo, as guides print them, by those of this consortium.
func addresses() *strings.Replacer {
	var list []string
	for i, organisation := range []string{"Group", "Exchange", "Regulator", "Bank"} {
		list = append(list, fmt.Sprintf("http://127.0.0.1:%d", 8081+i), w.url(organisation))
	}
	return strings.NewReplacer(list...)
}

func TestGuides(t *testing.T) {
	guides, err := filepath.Glob(filepath.Join(w.root, "docs", "guides", "*.md"))
	if err != nil || len(guides) == 0 {
		t.Fatalf("no guides: %v", err)
	}
	here := addresses()
	for _, path := range guides {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".md"), func(t *testing.T) {
			steps := stepsOf(t, filepath.Join("docs", "guides", filepath.Base(path)))
			if len(steps) < 3 {
				t.Fatalf("only %d blocks to run", len(steps))
			}
			const mark = "--- end of block %d ---"
			var script []string
			for i, s := range steps {
				script = append(script, here.Replace(s.commands), "printf '\\n"+fmt.Sprintf(mark, i)+"\\n'")
			}
			rest := shell(t, checkout(t), script...)
			for i, s := range steps {
				var out string
				out, rest, _ = strings.Cut(rest, fmt.Sprintf(mark, i))
				if s.prints != "" && !printed(here.Replace(s.prints)).MatchString(out) {
					t.Errorf("block %d\n%s\nshould print\n%s\nand printed\n%s", i+1, s.commands, s.prints, out)
				}
			}
			levelled(t)
		})
	}
}

// The pattern of what is printed can say no.
func TestPrinted(t *testing.T) {
	p := printed("✓ 3 … DR-320903-…\n  next")
	for out, want := range map[string]bool{"a\n✓ 3 编目 DR-320903-2026\nb\n  next: c\n": true, "✓ 3 编目 DR-320903-1\n": false, "  next\n✓ 3 x DR-320903-1\n": false, "✓ 3 x\nDR-320903-1\n  next": false} {
		if p.MatchString(out) != want {
			t.Errorf("%q: %v", out, !want)
		}
	}
}
