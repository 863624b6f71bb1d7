package gateway

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func layer(t *testing.T, dir, name, text string) string {
	t.Helper()
	at := filepath.Join(dir, name)
	if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return at
}

func source(settings []Setting, key string) (value, from string) {
	for _, s := range settings {
		if s.Key == key {
			return s.Value, s.Source
		}
	}
	return "", ""
}

// A flag counts over the environment, the environment over files, a later file
// over an earlier one; what is not set again stays.
func TestPrecedence(t *testing.T) {
	dir := t.TempDir()
	first := layer(t, dir, "gateway.yaml", good)
	second := layer(t, dir, "gateway.local.yaml", "limits: {waitTimeout: 3s, commitTimeout: 10s, burst: 7}\nlog:\n  level: warn\ntls: {cert: a.pem, key: b.pem}\n")
	c, settings, err := Load(Layers{
		Files: []string{first, second},
		Env:   []string{"PATH=/bin", "DATARIGHTS_GATEWAY=http://x", "DATARIGHTS_GATEWAY_LIMITS_WAIT_TIMEOUT=4s", "DATARIGHTS_GATEWAY_LISTEN=127.0.0.1:2", "DATARIGHTS_GATEWAY_TRUSTED_PROXIES=10.0.0.0/8, 127.0.0.1", "DATARIGHTS_GATEWAY_PEER_TLS_CA=ca.pem"},
		Flags: []Flag{{"--listen", "listen", "127.0.0.1:3"}, {"--set", "limits.maxLag", "5"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct{ key, value, from string }{
		{"mspId", "GroupMSP", first + ":2:8"},
		{"limits.requestsPerSecond", "50", first + ":14:29"},
		{"limits.commitTimeout", "10s", second + ":1:42"},
		{"limits.burst", "7", second + ":1:54"},
		{"limits.waitTimeout", "4s", "DATARIGHTS_GATEWAY_LIMITS_WAIT_TIMEOUT"},
		{"limits.maxLag", "5", "--set"},
		{"listen", "127.0.0.1:3", "--listen"},
		{"log.level", "warn", second + ":3:10"},
		{"log.format", "json", SourceDefault},
		{"tls.cert", filepath.Join(dir, "a.pem"), second + ":4:13"},
		{"trustedProxies", "10.0.0.0/8,127.0.0.1", "DATARIGHTS_GATEWAY_TRUSTED_PROXIES"},
		{"peer.tlsCA", filepath.Join(here, "ca.pem"), "DATARIGHTS_GATEWAY_PEER_TLS_CA"},
		{"matchTag.epoch", "1", SourceDefault},
	} {
		if value, from := source(settings, s.key); value != s.value || from != s.from {
			t.Errorf("%s is %q from %s, want %q from %s", s.key, value, from, s.value, s.from)
		}
	}
	if c.Limits.WaitTimeout != 4*time.Second || c.Listen != "127.0.0.1:3" || len(c.TrustedProxies) != 2 {
		t.Errorf("got %+v", c)
	}
	if _, from := source(settings, "trace.sketchDir"); from != "" {
		t.Error("a section that is not there is shown")
	}
}

// Everything that is wrong is said at once, each where it stands.
func TestAllFaultsAtOnce(t *testing.T) {
	dir := t.TempDir()
	file := layer(t, dir, "g.yaml", strings.NewReplacer("mspId", "mspid", "127.0.0.1:8081", "8081", "commitTimeout: 20s", "commitTimeout: soon", "channel: datarights\n", "").Replace(good))
	_, _, err := Load(Layers{
		Files: []string{file},
		Env:   []string{"DATARIGHTS_GATEWAY_LISTN=x", "DATARIGHTS_GATEWAY_LIMITS_BURST=many"},
		Flags: []Flag{{"--log-level", "log.level", "loud"}, {"--set", "limits.waitTimout", "1s"}, {"--set", "limits.waitTimeout", "10m"}},
	})
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	want := []string{
		file + ":2:1: mspid: there is no such setting; did you mean mspId?",
		file + ":13:48: limits.commitTimeout: \"soon\" is no duration such as 20s or 5m",
		"DATARIGHTS_GATEWAY_LIMITS_BURST: limits.burst: \"many\" is no number",
		"DATARIGHTS_GATEWAY_LISTN: there is no such setting; did you mean DATARIGHTS_GATEWAY_LISTEN?",
		"--set: limits.waitTimout: there is no such setting; did you mean limits.waitTimeout?",
		file + ": channel: is missing",
		file + ":7:9: listen: want host:port, not \"8081\"",
		"--log-level: log.level: \"loud\" is none of debug, info, warn, error",
		"--set: limits.waitTimeout: is at most 1m0s",
	}
	got := strings.Split(err.Error(), "\n")
	for i := range max(len(got), len(want)) {
		var g, w string
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("fault %d\n got %s\nwant %s", i, g, w)
		}
	}
	for _, f := range faults {
		if f.Zh == "" || f.Detail == "" {
			t.Errorf("%+v is not in both languages", f)
		}
	}
}

// A password in an URL is not shown.
func TestShowsNoPassword(t *testing.T) {
	dir := t.TempDir()
	file := layer(t, dir, "g.yaml", good+"trace: {sketchDir: s, gatewayURLs: [\"http://u:hush@h:1\"]}\n")
	_, settings, err := Load(Layers{Files: []string{file}})
	if err != nil {
		t.Fatal(err)
	}
	if value, _ := source(settings, "trace.gatewayURLs"); strings.Contains(value, "hush") || !strings.Contains(value, "u:xxxxx@h:1") {
		t.Errorf("shown: %s", value)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add(good)
	f.Add("a: &x [*x]")
	f.Add("limits: {commitTimeout: [1]}")
	f.Add("<<: {mspId: x}\n? [a]\n: b")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseConfig([]byte(text), "/srv")
		if (c == nil) == (err == nil) {
			t.Errorf("%v %v", c, err)
		}
	})
}
