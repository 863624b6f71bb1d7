package builder_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/datarights/datarights/network/builder"
)

// The test program is the binary behind the links.
func TestMain(m *testing.M) {
	if builder.Is(os.Args[0]) {
		if err := builder.Run(os.Args); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// step runs one step as a peer does: by its link, with next to no environment.
func step(t *testing.T, dir, name string, args ...string) error {
	t.Helper()
	cmd := exec.Command(filepath.Join(dir, "bin", name), args...)
	cmd.Env = []string{"PATH=/nowhere"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const mutualTLS = `{"address":"127.0.0.1:9999","domain":"localhost","dial_timeout":"3s","tls_required":true,` +
	`"client_auth_required":true,"client_key":"KEY","client_cert":"CERT","root_cert":"ROOT"}`

func linked(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for range 2 { // again is harmless
		if err := builder.Link(dir, self); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAPackageGoesThrough(t *testing.T) {
	dir, work := linked(t), t.TempDir()
	source, metadata, output, release := filepath.Join(work, "src"), filepath.Join(work, "meta"), filepath.Join(work, "out"), filepath.Join(work, "rel")
	write(t, filepath.Join(metadata, "metadata.json"), `{"type":"ccaas","label":"x_1"}`)
	write(t, filepath.Join(source, "connection.json"), mutualTLS)
	write(t, filepath.Join(source, "META-INF", "statedb", "couchdb", "index.json"), `{}`)
	for _, d := range []string{output, release} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range [][]string{{"detect", source, metadata}, {"build", source, metadata, output}, {"release", output, release}} {
		if err := step(t, dir, s[0], s[1:]...); err != nil {
			t.Fatalf("%s: %v", s[0], err)
		}
	}
	got, err := os.ReadFile(filepath.Join(release, "chaincode", "server", "connection.json"))
	if err != nil || string(got) != mutualTLS {
		t.Errorf("released %s, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(release, "statedb", "couchdb", "index.json")); err != nil {
		t.Errorf("the index was not released: %v", err)
	}
	info, err := os.Stat(filepath.Join(release, "chaincode", "server", "connection.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the key is %v, %v", info.Mode(), err)
	}
}

func TestDetectLeavesOtherTypes(t *testing.T) {
	dir := linked(t)
	for _, text := range []string{`{"type":"golang"}`, `{}`, `not json`, ``} {
		meta := t.TempDir()
		write(t, filepath.Join(meta, "metadata.json"), text)
		if err := step(t, dir, "detect", t.TempDir(), meta); err == nil {
			t.Errorf("took %q", text)
		}
	}
	if err := step(t, dir, "detect", t.TempDir(), t.TempDir()); err == nil {
		t.Error("took a package without metadata")
	}
	if err := step(t, dir, "detect", "one"); err == nil {
		t.Error("took a wrong number of arguments")
	}
}

func TestBuildRefusesAnUnusableConnection(t *testing.T) {
	dir := linked(t)
	for name, text := range map[string]string{
		"no address":     `{"tls_required":false}`,
		"no root":        `{"address":"a:1","tls_required":true}`,
		"no client cert": `{"address":"a:1","client_auth_required":true}`,
		"not json":       `{`,
	} {
		source := t.TempDir()
		write(t, filepath.Join(source, "connection.json"), text)
		if err := step(t, dir, "build", source, t.TempDir(), t.TempDir()); err == nil {
			t.Errorf("%s: took %s", name, text)
		}
	}
	if err := step(t, dir, "build", t.TempDir(), t.TempDir(), t.TempDir()); err == nil {
		t.Error("took a package without connection.json")
	}
}

func TestLinkFollowsAMovedProgram(t *testing.T) {
	dir := linked(t)
	if err := builder.Link(dir, "/elsewhere/datarights"); err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(filepath.Join(dir, "bin", "build")); err != nil || target != "/elsewhere/datarights" {
		t.Errorf("%s, %v", target, err)
	}
}

func TestOtherNamesAreNotSteps(t *testing.T) {
	if builder.Is("/usr/bin/datarights") || builder.Run([]string{"datarights"}) == nil {
		t.Error("datarights is no builder step")
	}
}
