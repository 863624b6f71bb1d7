// Package builder is the external builder that lets a peer use a chaincode run
// as a service. The peer calls three programs, detect, build and release; all
// three are links to one binary, told apart by the name they are called by.
package builder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// PackageType is the chaincode package type this builder takes.
const PackageType = "ccaas"

const connectionFile = "connection.json"

// steps are the programs of a builder and how many arguments the peer gives.
var steps = map[string]struct {
	run   func(args []string) error
	usage string
	args  int
}{
	"detect":  {detect, "detect SOURCE METADATA", 2},
	"build":   {build, "build SOURCE METADATA OUTPUT", 3},
	"release": {release, "release OUTPUT RELEASE", 2},
}

// Is tells whether a program called by this name is one of the builder's steps.
func Is(program string) bool {
	_, ok := steps[filepath.Base(program)]
	return ok
}

// Run does the step that argv names. An error from detect means "not mine".
func Run(argv []string) error {
	step, ok := steps[filepath.Base(argv[0])]
	if !ok {
		return fmt.Errorf("%s is no builder step: expected detect, build or release", argv[0])
	}
	if len(argv)-1 != step.args {
		return fmt.Errorf("got %d arguments; expected %s", len(argv)-1, step.usage)
	}
	return step.run(argv[1:])
}

// Link makes dir/bin with a link per step to program.
func Link(dir, program string) error {
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return fmt.Errorf("couldn't make the builder's folder: %w", err)
	}
	for name := range steps {
		link := filepath.Join(bin, name)
		if target, err := os.Readlink(link); err == nil && target == program {
			continue
		}
		if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("couldn't replace the builder's %s: %w", name, err)
		}
		if err := os.Symlink(program, link); err != nil {
			return fmt.Errorf("couldn't link the builder's %s: %w", name, err)
		}
	}
	return nil
}

func detect(args []string) error {
	text, err := os.ReadFile(filepath.Join(args[1], "metadata.json"))
	if err != nil {
		return fmt.Errorf("couldn't read the package's metadata: %w", err)
	}
	var metadata struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(text, &metadata); err != nil {
		return fmt.Errorf("couldn't read the package's metadata: %w", err)
	}
	if !strings.EqualFold(metadata.Type, PackageType) {
		return fmt.Errorf("package type %q: expected %q", metadata.Type, PackageType)
	}
	return nil
}

func build(args []string) error {
	source := filepath.Join(args[0], connectionFile)
	text, err := os.ReadFile(source)
	if err != nil {
		return fmt.Errorf("couldn't read the package's %s: %w", connectionFile, err)
	}
	if err := checkConnection(text); err != nil {
		return fmt.Errorf("%s: %w", connectionFile, err)
	}
	if err := os.WriteFile(filepath.Join(args[2], connectionFile), text, 0o600); err != nil {
		return fmt.Errorf("couldn't keep %s: %w", connectionFile, err)
	}
	// Indexes of a state database, where a package brings them.
	meta := filepath.Join(args[0], "META-INF")
	if _, err := os.Stat(meta); err == nil {
		if err := os.CopyFS(filepath.Join(args[2], "META-INF"), os.DirFS(meta)); err != nil {
			return fmt.Errorf("couldn't keep META-INF: %w", err)
		}
	}
	return nil
}

func release(args []string) error {
	text, err := os.ReadFile(filepath.Join(args[0], connectionFile))
	if err != nil {
		return fmt.Errorf("couldn't read the build's %s: %w", connectionFile, err)
	}
	server := filepath.Join(args[1], "chaincode", "server")
	if err := os.MkdirAll(server, 0o700); err != nil {
		return fmt.Errorf("couldn't make the release: %w", err)
	}
	if err := os.WriteFile(filepath.Join(server, connectionFile), text, 0o600); err != nil {
		return fmt.Errorf("couldn't release %s: %w", connectionFile, err)
	}
	indexes := filepath.Join(args[0], "META-INF", "statedb")
	if _, err := os.Stat(indexes); err == nil {
		if err := os.CopyFS(filepath.Join(args[1], "statedb"), os.DirFS(indexes)); err != nil {
			return fmt.Errorf("couldn't release the indexes: %w", err)
		}
	}
	return nil
}

// Connection tells a peer how to reach a chaincode server; PEM texts inline.
type Connection struct {
	Address            string `json:"address"`
	Domain             string `json:"domain,omitempty"`
	DialTimeout        any    `json:"dial_timeout,omitempty"` // "3s", or nanoseconds
	TLSRequired        bool   `json:"tls_required"`
	ClientAuthRequired bool   `json:"client_auth_required"`
	ClientKey          string `json:"client_key,omitempty"`
	ClientCert         string `json:"client_cert,omitempty"`
	RootCert           string `json:"root_cert,omitempty"`
}

// checkConnection refuses at install what the peer would only find out at the
// first endorsement.
func checkConnection(text []byte) error {
	var c Connection
	if err := json.Unmarshal(text, &c); err != nil {
		return fmt.Errorf("couldn't be read: %w", err)
	}
	need := func(field, value string) error {
		if value == "" {
			return fmt.Errorf("%s is missing", field)
		}
		return nil
	}
	err := need("address", c.Address)
	if c.TLSRequired {
		err = errors.Join(err, need("root_cert", c.RootCert))
	}
	if c.ClientAuthRequired {
		err = errors.Join(err, need("client_cert", c.ClientCert), need("client_key", c.ClientKey))
	}
	return err
}
