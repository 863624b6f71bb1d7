// Package doctor looks for what is wrong with a node and says what to do about
// it. It only looks: nothing is changed, and nothing that is secret is read
// further than to see whom it lets in or that two halves belong together. Every
// check stands alone and works when everything else is down.
package doctor

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Level of a finding.
type Level string

// The levels, from good to bad. LevelUnknown: it could not be looked at.
const (
	LevelOK      Level = "ok"
	LevelUnknown Level = "unknown"
	LevelWarn    Level = "warn"
	LevelFail    Level = "fail"
)

// Finding is what one check found of one thing.
type Finding struct {
	Check    string `json:"check"`   // stable name
	Subject  string `json:"subject"` // the file, port or process looked at
	Level    Level  `json:"level"`
	Zh       string `json:"zh"`
	En       string `json:"en"`
	RemedyZh string `json:"remedyZh,omitempty"`
	Remedy   string `json:"remedy,omitempty"`
}

// KeyFile is a private key or another secret.
type KeyFile struct{ Name, Path string }

// Certificate is one with what it should fit.
type Certificate struct {
	Name  string
	File  string
	Key   string   // its private key; empty: not here
	Roots []string // files with the authorities it comes from; empty: self-signed and pinned
	Hosts []string // names it must be good for
}

// Port is a listener that must answer.
type Port struct {
	Name       string
	Address    string
	Roots      []string // TLS; empty: plain TCP
	ServerName string
	Process    string // which the supervisor runs, for the remedy
	Ours       bool   // of this organisation; else it is looked at only
}

// Orderer is a member of the ordering service.
type Orderer struct {
	Organisation string
	Address      string
	Roots        []string
}

// Gateway is an organisation's public API.
type Gateway struct {
	Organisation string
	URL          string
	Ours         bool
}

// Operations is a node's health and metrics, over mutual TLS.
type Operations struct {
	Name     string
	URL      string
	Identity string // folder with client.crt and client.key
	Roots    string
}

// Process is what the supervisor says of one.
type Process struct {
	Name, Health, Detail string
	PID, Restarts        int
}

// Store is a folder that must be there and be written.
type Store struct {
	Name string
	Path string
	// Check looks further, if there is more to see; nil: nothing.
	Check func() error
}

// Node is all that is known of a node before it is looked at.
type Node struct {
	Organisation string
	ConfigFile   string
	ConfigFaults []string // with their places; nil: none
	Keys         []KeyFile
	Certificates []Certificate
	Ports        []Port
	Orderers     []Orderer
	Gateways     []Gateway
	Operations   []Operations
	Stores       []Store
	// Index opens the index of a stopped gateway; ErrRunning when the gateway has it.
	Index func() (height uint64, err error)
	// Processes asks the supervisor; an error means that it does not answer.
	Processes func(context.Context) ([]Process, error)
	// Collections that the configuration names and that the description gives.
	Collections, WantedCollections []string
	PlatformKey                    bool // this gateway should have one
	BackupFile                     string
	ConsortiumFault                string // why the description can't be read
}

// Doctor holds what the world is looked at through; tests put their own in.
type Doctor struct {
	Now     func() time.Time
	Client  *http.Client
	Timeout time.Duration // of every question
	Disk    func(dir string) (Disk, error)
	Files   func(pid int) (open, limit int, err error)
}

// Disk is a file system's room.
type Disk struct{ Free, Size, FreeInodes, Inodes uint64 }

// Checks are all there are, in the order in which they are shown.
var Checks = []struct {
	Name string
	run  func(*Doctor, context.Context, *Node) []Finding
}{
	{"config", (*Doctor).config},
	{"keys", (*Doctor).keys},
	{"certificates", (*Doctor).certificates},
	{"stores", (*Doctor).stores},
	{"disk", (*Doctor).disk},
	{"processes", (*Doctor).processes},
	{"descriptors", (*Doctor).descriptors},
	{"ports", (*Doctor).ports},
	{"operations", (*Doctor).operations},
	{"orderers", (*Doctor).orderers},
	{"gateway", (*Doctor).gateway},
	{"index", (*Doctor).index},
	{"heights", (*Doctor).heights},
	{"digests", (*Doctor).digests},
	{"clock", (*Doctor).clock},
	{"platform-key", (*Doctor).platformKey},
	{"collections", (*Doctor).collections},
	{"backup", (*Doctor).backup},
}

// Examine runs every check, or those named, side by side.
func (d *Doctor) Examine(ctx context.Context, n *Node, only ...string) []Finding {
	wanted := map[string]bool{}
	for _, name := range only {
		wanted[name] = true
	}
	found := make([][]Finding, len(Checks))
	var all sync.WaitGroup
	for i, c := range Checks {
		if len(only) > 0 && !wanted[c.Name] {
			continue
		}
		all.Go(func() {
			for _, f := range c.run(d, ctx, n) {
				f.Check = c.Name
				found[i] = append(found[i], f)
			}
		})
	}
	all.Wait()
	var list []Finding
	for _, f := range found {
		list = append(list, f...)
	}
	return list
}

// Worst is the worst level among findings.
func Worst(list []Finding) Level {
	rank := map[Level]int{LevelOK: 0, LevelUnknown: 1, LevelWarn: 2, LevelFail: 3}
	worst := LevelOK
	for _, f := range list {
		if rank[f.Level] > rank[worst] {
			worst = f.Level
		}
	}
	return worst
}

func ok(subject, zh, en string) Finding {
	return Finding{Subject: subject, Level: LevelOK, Zh: zh, En: en}
}

func finding(level Level, subject, zh, en, remedyZh, remedy string) Finding {
	return Finding{Subject: subject, Level: level, Zh: zh, En: en, RemedyZh: remedyZh, Remedy: remedy}
}

func unknown(subject string, err error) Finding {
	return finding(LevelUnknown, subject, fmt.Sprintf("无法查看：%v", err), fmt.Sprintf("couldn't be looked at: %v", err), "先处理上面的问题，再检查一次", "mend what is above, then look again")
}
