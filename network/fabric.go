package network

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// FabricVersion is the release that test-network/fabric pins.
const FabricVersion = "v3.1.1"

// FabricBinEnv names an operator's own Fabric programs.
const FabricBinEnv = "FABRIC_BIN"

const toolsModule = "test-network/fabric"

// needed are the Fabric programs this package runs.
var needed = []string{"peer", "orderer", "cryptogen", "configtxgen"}

// Fabric is a folder with Fabric's programs.
type Fabric struct{ Dir string }

// program is the path of one of Fabric's programs.
func (f Fabric) program(name string) string { return filepath.Join(f.Dir, name) }

// check tells which needed programs are missing.
func (f Fabric) check() error {
	var missing []string
	for _, name := range needed {
		info, err := os.Stat(f.program(name))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("no executable %s in %s", strings.Join(missing, ", "), f.Dir)
	}
	return nil
}

var reportedVersion = regexp.MustCompile(`(?m)^\s*Version: v?(\d+)\.\S+`)

// checkVersion refuses an operator's programs that are too old for BFT
// ordering. A development build, which names no version, is taken.
func (f Fabric) checkVersion(ctx context.Context) error {
	text, err := f.run(ctx, "peer", nil, "version")
	if err != nil {
		return err
	}
	if m := reportedVersion.FindSubmatch(text); m != nil && len(m[1]) == 1 && m[1][0] < '3' {
		return fmt.Errorf("%s is Fabric %s: BFT ordering needs version 3 or later", f.program("peer"), bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(m[0]), []byte("Version:"))))
	}
	return nil
}

// run runs one program to its end and returns its standard output. The error
// carries the end of what it wrote to standard error.
func (f Fabric) run(ctx context.Context, name string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, f.program(name), args...)
	cmd.Env = append(baseEnv(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, &CommandError{Program: name, Args: args, Output: lastLines(stderr.String()+stdout.String(), 5), Err: err}
	}
	return stdout.Bytes(), nil
}

// CommandError is a Fabric program that failed.
type CommandError struct {
	Program string
	Args    []string
	Output  string // the last lines it wrote
	Err     error
}

func (e *CommandError) Error() string {
	return fmt.Sprintf("%s %s: %v: %s", e.Program, strings.Join(e.Args, " "), e.Err, e.Output)
}

func (e *CommandError) Unwrap() error { return e.Err }

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// baseEnv is what programs inherit: enough to run, nothing that would configure
// a Fabric node behind consortium.yaml's back.
func baseEnv() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "LANG", "GOMEMLIMIT", "GOGC", "GOMAXPROCS"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// EnsureFabric finds Fabric's programs: in given, or where FABRIC_BIN points, or
// in the folder "fabric" beside the datarights program, where it builds them from
// the pinned module the first time.
func EnsureFabric(ctx context.Context, given, datarights string, progress Progress) (Fabric, error) {
	for _, source := range []struct{ dir, from string }{{given, "--fabric-bin"}, {os.Getenv(FabricBinEnv), FabricBinEnv}} {
		if source.dir == "" {
			continue
		}
		dir, err := filepath.Abs(source.dir)
		if err != nil {
			return Fabric{}, fmt.Errorf("couldn't resolve %s: %w", source.from, err)
		}
		f := Fabric{Dir: dir}
		err = f.check()
		if err == nil {
			err = f.checkVersion(ctx)
		}
		if err != nil {
			return Fabric{}, fmt.Errorf("%s: %w", source.from, err)
		}
		return f, nil
	}
	f := Fabric{Dir: filepath.Join(filepath.Dir(datarights), "fabric")}
	module, err := findToolsModule(filepath.Dir(datarights))
	if err != nil {
		if f.check() == nil {
			return f, nil
		}
		return Fabric{}, err
	}
	return f, f.build(ctx, module, progress)
}

// findToolsModule looks for the pinned module above the program and above the
// working directory.
func findToolsModule(programDir string) (string, error) {
	starts := []string{programDir}
	if wd, err := os.Getwd(); err == nil {
		starts = append(starts, wd)
	}
	for _, start := range starts {
		for dir := start; ; dir = filepath.Dir(dir) {
			module := filepath.Join(dir, toolsModule)
			if _, err := os.Stat(filepath.Join(module, "go.mod")); err == nil {
				return module, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return "", fmt.Errorf("found neither Fabric's programs nor %s to build them from: set %s to a folder with %s", toolsModule, FabricBinEnv, strings.Join(needed, ", "))
}

// build compiles the pinned programs unless the stamp says that these very
// versions already stand there.
func (f Fabric) build(ctx context.Context, module string, progress Progress) error {
	stamp, err := moduleStamp(module)
	if err != nil {
		return fmt.Errorf("couldn't read %s: %w", module, err)
	}
	stampFile := filepath.Join(f.Dir, ".built-from")
	if old, err := os.ReadFile(stampFile); err == nil && string(old) == stamp && f.check() == nil {
		return nil
	}
	step := progress.Begin("Build Fabric "+FabricVersion, "编译 Fabric "+FabricVersion)
	err = f.compile(ctx, module, step)
	if err == nil {
		err = writeFile(stampFile, []byte(stamp), 0o644)
	}
	step.End(err)
	return err
}

func (f Fabric) compile(ctx context.Context, module string, step Step) error {
	if _, err := exec.LookPath("go"); err != nil {
		return fmt.Errorf("building Fabric needs the go command; or set %s to a folder with Fabric's programs: %w", FabricBinEnv, err)
	}
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		return fmt.Errorf("couldn't make %s: %w", f.Dir, err)
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-v", "-buildvcs=false", "-mod=readonly",
		"-ldflags", "-X github.com/hyperledger/fabric/common/metadata.Version="+FabricVersion,
		"-o", f.Dir+string(filepath.Separator), "tool")
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("couldn't watch the build: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("couldn't start the build: %w", err)
	}
	var tail []string
	packages, downloads := 0, 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		tail = append(tail, lines.Text())
		tail = tail[max(0, len(tail)-8):]
		if strings.HasPrefix(lines.Text(), "go: downloading") {
			downloads++
		} else {
			packages++
		}
		step.Detail(fmt.Sprintf("%d modules downloaded, %d packages compiled", downloads, packages))
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("couldn't build Fabric from %s: %w\n%s", module, err, strings.Join(tail, "\n"))
	}
	return f.check()
}

func moduleStamp(module string) (string, error) {
	hash := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(module, name))
		if err != nil && !(name == "go.sum" && errors.Is(err, os.ErrNotExist)) {
			return "", err
		}
		hash.Write(data)
	}
	return FabricVersion + " " + hex.EncodeToString(hash.Sum(nil)) + "\n", nil
}
