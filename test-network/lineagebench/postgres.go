package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// postgres is a server of its own on a socket in a folder of its own.
type postgres struct {
	dir  string
	bins string // folder of the programs; "": on the path
	as   *syscall.Credential
	proc *exec.Cmd
	out  *os.File
}

// debianBins is where Debian keeps the server's programs.
const debianBins = "/usr/lib/postgresql/*/bin"

// startPostgres makes a database and starts its server. PostgreSQL will not run
// as root; then it runs as the first of the accounts postgres and nobody there is.
func startPostgres(ctx context.Context) (_ *postgres, err error) {
	p := &postgres{}
	if _, err := exec.LookPath("initdb"); err != nil {
		found, _ := filepath.Glob(debianBins)
		if len(found) == 0 {
			return nil, errors.New("there is no initdb: install PostgreSQL (Debian: apt-get install postgresql)")
		}
		p.bins = found[len(found)-1]
	}
	if p.dir, err = os.MkdirTemp("", "lineage-pg-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.stop())
		}
	}()
	if os.Geteuid() == 0 {
		if p.as, err = unprivileged(); err != nil {
			return nil, err
		}
		if err := os.Chown(p.dir, int(p.as.Uid), int(p.as.Gid)); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(p.dir, "data")
	if out, err := p.command(ctx, "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if p.out, err = os.Create(filepath.Join(p.dir, "log")); err != nil {
		return nil, err
	}
	// What a careful operator sets for such a query: the tables and the recursion's
	// working tables in memory, plans by the cost of memory, not of disks.
	p.proc = p.command(ctx, "postgres", "-D", data, "-k", p.dir, "-c", "listen_addresses=", "-c", "shared_buffers=512MB", "-c", "work_mem=256MB", "-c", "effective_cache_size=2GB",
		"-c", "random_page_cost=1.1", "-c", "maintenance_work_mem=256MB", "-c", "jit=off", "-c", "fsync=off")
	p.proc.Stdout, p.proc.Stderr = p.out, p.out
	if err := p.proc.Start(); err != nil {
		return nil, err
	}
	for range 100 {
		if _, err = p.query(ctx, "SELECT 1"); err == nil {
			return p, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, fmt.Errorf("the server does not answer: %w", err)
}

func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither an account postgres nor nobody")
}

func (p *postgres) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	if p.bins != "" && name != "psql" {
		name = filepath.Join(p.bins, name)
	}
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = p.dir
	c.Env = append(os.Environ(), "HOME="+p.dir, "PGTZ=UTC")
	c.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	return c
}

// stop ends the server by its process and removes its folder.
func (p *postgres) stop() error {
	if p.proc != nil && p.proc.Process != nil {
		_ = p.proc.Process.Signal(syscall.SIGINT) // fast shutdown
		_ = p.proc.Wait()
	}
	if p.out != nil {
		_ = p.out.Close()
	}
	return os.RemoveAll(p.dir)
}

func (p *postgres) psql(ctx context.Context, in io.Reader, args ...string) (string, error) {
	c := p.command(ctx, "psql", append([]string{"-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", p.dir, "-U", "bench", "-d", "postgres"}, args...)...)
	c.Stdin = in
	out, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("psql: %w\n%s", err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

func (p *postgres) query(ctx context.Context, sql string) (string, error) {
	return p.psql(ctx, nil, "-c", sql)
}

// load puts the edges in, indexed both ways with the other end in the index, so
// that a step of the recursion reads the index alone, and counted for the planner.
func (p *postgres) load(ctx context.Context, l *layers) error {
	if _, err := p.query(ctx, "CREATE TABLE edges (output int NOT NULL, input int NOT NULL)"); err != nil {
		return err
	}
	r, w := io.Pipe()
	go func() {
		b := bufio.NewWriterSize(w, 1<<20)
		for out, ins := range l.inputs {
			for _, in := range ins {
				fmt.Fprintf(b, "%d\t%d\n", out, in)
			}
		}
		w.CloseWithError(b.Flush())
	}()
	if _, err := p.psql(ctx, r, "-c", "COPY edges FROM STDIN"); err != nil {
		return err
	}
	for _, sql := range []string{"CREATE UNIQUE INDEX back ON edges (output, input)", "CREATE UNIQUE INDEX forward ON edges (input, output)", "VACUUM (ANALYZE) edges"} {
		if _, err := p.query(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// recursive is the query: all that is reached from a start, each once. UNION drops
// what was met before, so depth needs no bound in a lineage without circles;
// bounded carries the depth along and is what LN-7 asks for word by word.
func recursive(forward, bounded bool, start uint32, depth int) string {
	from, to := "output", "input"
	if forward {
		from, to = to, from
	}
	if bounded {
		return fmt.Sprintf(`WITH RECURSIVE reached(n, depth) AS (SELECT %d, 0 UNION SELECT e.%s, r.depth + 1 FROM reached r JOIN edges e ON e.%s = r.n WHERE r.depth < %d) SELECT count(DISTINCT n) FROM reached`, start, to, from, depth)
	}
	return fmt.Sprintf(`WITH RECURSIVE reached(n) AS (SELECT %d UNION SELECT e.%s FROM reached r JOIN edges e ON e.%s = r.n) SELECT count(*) FROM reached`, start, to, from)
}

// reach runs a query so many times in one session, after once to warm up, and
// tells the times as psql takes them: over a Unix socket, one row each.
func (p *postgres) reach(ctx context.Context, sql string, runs int) (count int, times []time.Duration, err error) {
	args := []string{"-c", "\\timing on"}
	for range runs + 1 {
		args = append(args, "-c", sql)
	}
	text, err := p.psql(ctx, nil, args...)
	if err != nil {
		return 0, nil, err
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if after, ok := strings.CutPrefix(line, "Time: "); ok {
			ms, err := strconv.ParseFloat(strings.Fields(after)[0], 64)
			if err != nil {
				return 0, nil, fmt.Errorf("psql says %q: %w", line, err)
			}
			times = append(times, time.Duration(ms*float64(time.Millisecond)))
		} else if n, err := strconv.Atoi(line); err == nil {
			count = n
		}
	}
	if len(times) != runs+1 || count == 0 {
		return 0, nil, fmt.Errorf("psql says %q", text)
	}
	return count, times[1:], nil
}
