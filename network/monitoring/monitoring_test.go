// Package monitoring holds the alert rules and the dashboard to what is served:
// the files beside it are for Prometheus and Grafana, this is their test.
package monitoring

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func promtool(t *testing.T, args ...string) {
	t.Helper()
	program, err := exec.LookPath("promtool")
	if err != nil {
		t.Fatal("no promtool: run `make tools` (Debian: apt install prometheus)")
	}
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestPromtool(t *testing.T) {
	promtool(t, "check", "rules", "--lint-fatal", "rules.yml")
	promtool(t, "check", "config", "--syntax-only", "prometheus.yml")
	promtool(t, "test", "rules", "rules_test.yml")
}

type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func rules(t *testing.T) (all []rule) {
	t.Helper()
	text, err := os.ReadFile("rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) < 15 {
		t.Fatalf("only %d rules", len(all))
	}
	return all
}

// Each alert is named by its unit tests and has its part of the manual.
func TestAlerts(t *testing.T) {
	manual, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("rules_test.yml")
	if err != nil {
		t.Fatal(err)
	}
	anchors := map[string]bool{}
	for _, r := range rules(t) {
		file, anchor, _ := strings.Cut(r.Annotations["runbook"], "#")
		anchors[anchor] = true
		switch {
		case file != "docs/operations.md" || !strings.Contains(string(manual), `<a id="`+anchor+`"></a>`):
			t.Errorf("%s: there is no %q", r.Alert, r.Annotations["runbook"])
		case r.Annotations["summary"] == "" || r.Labels["severity"] != "warning" && r.Labels["severity"] != "critical":
			t.Errorf("%s has summary %q, severity %q", r.Alert, r.Annotations["summary"], r.Labels["severity"])
		case !regexp.MustCompile(`alertname: ` + r.Alert + `\n`).Match(tests):
			t.Errorf("%s is never fired by a test", r.Alert)
		case !strings.Contains(string(manual), r.Alert):
			t.Errorf("the manual does not name %s", r.Alert)
		}
	}
	for _, m := range regexp.MustCompile(`<a id="(alert-[^"]*)"></a>`).FindAllStringSubmatch(string(manual), -1) {
		if !anchors[m[1]] {
			t.Errorf("the manual has %s, and no alert leads there", m[1])
		}
	}
}

// served are the metrics of the gateway and of Fabric v3.1.1, as captured from
// a running consortium; test-network/restore compares the gateway's and Fabric's
// with what is really served.
func served(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{"up": true}
	for _, file := range []string{"gateway-metrics.txt", "fabric-peer-metrics.txt", "fabric-orderer-metrics.txt"} {
		text, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			name, kind, _ := strings.Cut(strings.TrimSpace(line), " ")
			all[name] = true
			if kind == "histogram" {
				all[name+"_bucket"], all[name+"_count"], all[name+"_sum"] = true, true, true
			}
		}
	}
	return all
}

var (
	quoted   = regexp.MustCompile(`"[^"]*"`)
	selector = regexp.MustCompile(`\{[^}]*\}|\[[^\]]*\]`)
	grouping = regexp.MustCompile(`\b(by|on|without|ignoring)\s*\([^)]*\)`)
	word     = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*`)
	language = []string{"and", "or", "unless", "sum", "min", "max", "count", "rate", "increase", "changes", "time", "scalar", "histogram_quantile", "floor", "ceil", "label_values", "organisation"}
)

// names are the metrics of an expression.
func names(expr string) (found []string) {
	for _, pattern := range []*regexp.Regexp{quoted, selector, grouping} {
		expr = pattern.ReplaceAllString(expr, "")
	}
	for _, w := range word.FindAllString(expr, -1) {
		if !slices.Contains(language, w) {
			found = append(found, w)
		}
	}
	return found
}

func TestMetricsAreServed(t *testing.T) {
	there := served(t)
	looked := 0
	check := func(where, expr string) {
		list := names(expr)
		if len(list) == 0 {
			t.Errorf("%s asks for no metric: %s", where, expr)
		}
		for _, n := range list {
			looked++
			if !there[n] {
				t.Errorf("%s: nobody serves %s", where, n)
			}
		}
	}
	for _, r := range rules(t) {
		check(r.Alert, r.Expr)
	}
	for _, p := range dashboard(t).Panels {
		for _, target := range p.Targets {
			check(p.Title, target.Expr)
		}
	}
	if looked < 40 {
		t.Errorf("only %d names looked at", looked)
	}
	if got := names(`sum by (le) (rate(no_such_metric{a="b"}[5m])) > 1`); !slices.Equal(got, []string{"no_such_metric"}) {
		t.Errorf("names finds %v", got)
	}
}

type panel struct {
	ID      int                            `json:"id"`
	Type    string                         `json:"type"`
	Title   string                         `json:"title"`
	GridPos struct{ X, Y, W, H int }       `json:"gridPos"`
	Targets []struct{ Expr, RefID string } `json:"targets"`
}

type board struct {
	UID           string  `json:"uid"`
	Title         string  `json:"title"`
	SchemaVersion int     `json:"schemaVersion"`
	Panels        []panel `json:"panels"`
	Templating    struct {
		List []struct{ Name, Type string } `json:"list"`
	} `json:"templating"`
}

func dashboard(t *testing.T) (b board) {
	t.Helper()
	text, err := os.ReadFile("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// The dashboard is one that Grafana takes: ids are unique, panels lie on its
// grid of 24 columns beside one another, every variable used is defined.
func TestDashboard(t *testing.T) {
	b := dashboard(t)
	if b.UID == "" || b.Title == "" || b.SchemaVersion < 30 || len(b.Panels) < 20 {
		t.Fatalf("%q %q %d, %d panels", b.UID, b.Title, b.SchemaVersion, len(b.Panels))
	}
	ids := map[int]bool{}
	taken := map[[2]int]string{}
	defined := map[string]bool{}
	for _, v := range b.Templating.List {
		defined[v.Name] = true
	}
	for _, p := range b.Panels {
		if ids[p.ID] || p.ID == 0 || p.Title == "" {
			t.Errorf("panel %d %q", p.ID, p.Title)
		}
		ids[p.ID] = true
		if p.GridPos.X+p.GridPos.W > 24 || p.GridPos.W < 1 || p.GridPos.H < 1 {
			t.Errorf("%s lies outside the grid", p.Title)
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" {
					t.Fatalf("%s lies on %s", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%s asks nothing", p.Title)
		}
		for _, target := range p.Targets {
			for _, m := range regexp.MustCompile(`\$(\w+)`).FindAllStringSubmatch(target.Expr, -1) {
				if !defined[m[1]] {
					t.Errorf("%s: $%s is not defined", p.Title, m[1])
				}
			}
		}
	}
}
