// Package network turns one description of a consortium (consortium.yaml) into
// a running one: certificates, channel, node configuration, supervised
// processes, joins and the chaincode's lifecycle.
package network

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v3"
)

//go:embed consortium.yaml
var exampleConsortium []byte

// Functions an organisation can have in the data market.
const (
	FunctionRegistration = "registration" // registers rights
	FunctionTrading      = "trading"      // lists and trades
	FunctionSupervision  = "supervision"  // supervises
	FunctionFinance      = "finance"      // lends against pledged rights
)

var functions = []string{FunctionRegistration, FunctionTrading, FunctionSupervision, FunctionFinance}

// Defaults for what consortium.yaml leaves out.
const (
	DefaultPortBase   = 7050
	DefaultPortStride = 20
	// MinOrderers is the smallest BFT ordering service that survives one
	// faulty member (3f+1 with f=1).
	MinOrderers = 4
	// ExtraChaincodes is how many chaincodes can be deployed beside the main one.
	ExtraChaincodes = 4

	extraChaincodeOffset = 10
)

// Title is a name in both languages.
type Title struct {
	Zh string `yaml:"zh"`
	En string `yaml:"en"`
}

// Consortium is a validated description. It is not changed after Load.
type Consortium struct {
	Name               string         `yaml:"consortium"`
	NameZh             string         `yaml:"nameZh"`
	Registry           Title          `yaml:"registry"` // what the pages call the registry
	Channel            string         `yaml:"channel"`
	Ports              PortPlan       `yaml:"ports"`
	Batch              Batch          `yaml:"batch"`
	BFT                BFT            `yaml:"bft"`
	ProposalTimeWindow time.Duration  `yaml:"proposalTimeWindow"`
	LogLevel           string         `yaml:"logLevel"`
	Chaincode          ChaincodeSpec  `yaml:"chaincode"`
	Webhooks           WebhookPolicy  `yaml:"webhooks"`
	Organisations      []Organisation `yaml:"organisations"`
}

// WebhookPolicy is which addresses beside public https ones the gateways may send
// events to. The zero value is none.
type WebhookPolicy struct {
	AllowHTTP       bool     `yaml:"allowHTTP"`
	AllowedNetworks []string `yaml:"allowedNetworks"`
}

// PortPlan derives the ports that an organisation does not name itself.
type PortPlan struct {
	Base   int `yaml:"base"`
	Stride int `yaml:"stride"`
}

// Batch says when the ordering service cuts a block.
type Batch struct {
	Timeout     time.Duration `yaml:"timeout"`
	MaxMessages uint32        `yaml:"maxMessages"`
	MaxBytes    uint32        `yaml:"maxBytes"`
}

// BFT holds the SmartBFT timers that decide how soon a faulty leader is replaced.
type BFT struct {
	RequestForwardTimeout  time.Duration `yaml:"requestForwardTimeout"`
	RequestComplainTimeout time.Duration `yaml:"requestComplainTimeout"`
	LeaderHeartbeatTimeout time.Duration `yaml:"leaderHeartbeatTimeout"`
	ViewChangeTimeout      time.Duration `yaml:"viewChangeTimeout"`
}

// ChaincodeSpec is the main chaincode as consortium.yaml describes it.
type ChaincodeSpec struct {
	Name        string      `yaml:"name"`
	Version     string      `yaml:"version"`
	Program     string      `yaml:"program"`
	Founding    *bool       `yaml:"founding"`
	Endorsement Endorsement `yaml:"endorsement"`
	// Collections false leaves the private data collections out.
	Collections *bool `yaml:"collections,omitempty"`
	// Sequence is of older descriptions and means nothing any more: `up` finds
	// on the channel which definition is in force.
	Sequence int64 `yaml:"sequence,omitempty"`
}

// Endorsement asks for OutOf endorsements from peers of the organisations in Of.
type Endorsement struct {
	OutOf int      `yaml:"outOf" json:"outOf"`
	Of    []string `yaml:"of" json:"of"`
}

// Organisation runs one peer, one gateway, its own chaincode servers and,
// unless Orderer is false, one orderer.
type Organisation struct {
	Name     string `yaml:"name"`
	MSPID    string `yaml:"mspId"`
	NameZh   string `yaml:"nameZh"`
	Function string `yaml:"function"`
	Domain   string `yaml:"domain"`
	Orderer  *bool  `yaml:"orderer"`
	Ports    Ports  `yaml:"ports"`
	// ChaincodeProgram is the organisation's own build of the chaincode: nobody
	// has to run another's.
	ChaincodeProgram string `yaml:"chaincodeProgram,omitempty"`

	index int // position in consortium.yaml, decides derived ports
}

// Ports are where an organisation's processes listen.
type Ports struct {
	Orderer      int `yaml:"orderer"`
	OrdererAdmin int `yaml:"ordererAdmin"`
	OrdererOps   int `yaml:"ordererOps"`
	Peer         int `yaml:"peer"`
	PeerOps      int `yaml:"peerOps"`
	Chaincode    int `yaml:"chaincode"`
	Gateway      int `yaml:"gateway"`
}

// byRole lists the ports in the order in which they are derived.
func (p *Ports) byRole() []portField {
	return []portField{
		{"orderer", &p.Orderer}, {"ordererAdmin", &p.OrdererAdmin}, {"ordererOps", &p.OrdererOps},
		{"peer", &p.Peer}, {"peerOps", &p.PeerOps}, {"chaincode", &p.Chaincode}, {"gateway", &p.Gateway},
	}
}

type portField struct {
	role string
	port *int
}

// RunsOrderer tells whether the organisation takes part in ordering.
func (o *Organisation) RunsOrderer() bool { return o.Orderer == nil || *o.Orderer }

// Dir is the organisation's folder name under the run directory.
func (o *Organisation) Dir() string { return strings.ToLower(o.Name) }

// Load reads and validates a description. An empty path means the example
// that comes with the program.
func Load(path string) (*Consortium, error) {
	if path == "" {
		return Parse("consortium.yaml (built in)", exampleConsortium)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the consortium's description: %w", err)
	}
	return Parse(path, text)
}

// ExampleConsortium is the text of the description that comes with the program.
func ExampleConsortium() []byte { return bytes.Clone(exampleConsortium) }

// Parse validates text; name is the file named in errors. Every fault is
// reported, each a *ConfigError.
func Parse(name string, text []byte) (*Consortium, error) {
	var c Consortium
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil {
		return nil, decodeErrors(name, text, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &ConfigError{File: name, Problem: "more than one YAML document", Want: "one document"}
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, decodeErrors(name, text, err)
	}
	c.applyDefaults()
	check := checker{file: name, root: &root}
	check.consortium(&c)
	if len(check.faults) > 0 {
		return nil, errors.Join(check.faults...)
	}
	return &c, nil
}

// Rebase moves every port of the consortium to a plan that begins at base,
// dropping the ports named one by one, so that a second consortium can run
// beside the first.
func (c *Consortium) Rebase(base int) (*Consortium, error) {
	moved := *c
	moved.Ports.Base = base
	moved.Organisations = slices.Clone(c.Organisations)
	for i := range moved.Organisations {
		moved.Organisations[i].Ports = Ports{}
	}
	moved.applyDefaults()
	check := checker{file: "consortium moved to port " + strconv.Itoa(base), root: &yaml.Node{}}
	check.consortium(&moved)
	return &moved, errors.Join(check.faults...)
}

func (c *Consortium) applyDefaults() {
	setDefault(&c.Channel, "datarights")
	setDefault(&c.NameZh, c.Name)
	setDefault(&c.LogLevel, "warning")
	setDefault(&c.Ports.Base, DefaultPortBase)
	setDefault(&c.Ports.Stride, DefaultPortStride)
	setDefault(&c.Batch.Timeout, 200*time.Millisecond)
	setDefault(&c.Batch.MaxMessages, 500)
	setDefault(&c.Batch.MaxBytes, 10<<20)
	setDefault(&c.BFT.RequestForwardTimeout, 2*time.Second)
	setDefault(&c.BFT.RequestComplainTimeout, 8*time.Second)
	setDefault(&c.BFT.LeaderHeartbeatTimeout, 20*time.Second)
	setDefault(&c.BFT.ViewChangeTimeout, 20*time.Second)
	setDefault(&c.ProposalTimeWindow, 5*time.Minute)
	setDefault(&c.Chaincode.Name, "datarights")
	setDefault(&c.Chaincode.Version, "1.0")
	setDefault(&c.Chaincode.Program, "chaincode")
	for i := range c.Organisations {
		org := &c.Organisations[i]
		org.index = i
		setDefault(&org.MSPID, org.Name+"MSP")
		setDefault(&org.NameZh, org.Name)
		setDefault(&org.Domain, strings.ToLower(org.Name)+".datarights.example")
		for offset, field := range org.Ports.byRole() {
			setDefault(field.port, c.Ports.Base+i*c.Ports.Stride+offset)
		}
	}
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Organisation finds an organisation by name (any case) or MSP ID.
func (c *Consortium) Organisation(name string) (*Organisation, error) {
	for i := range c.Organisations {
		org := &c.Organisations[i]
		if strings.EqualFold(org.Name, name) || org.MSPID == name {
			return org, nil
		}
	}
	return nil, fmt.Errorf("no organisation %q in the consortium %q: it has %s", name, c.Name, strings.Join(c.names(), ", "))
}

func (c *Consortium) names() []string {
	names := make([]string, len(c.Organisations))
	for i := range c.Organisations {
		names[i] = c.Organisations[i].Name
	}
	return names
}

// orderers are the organisations that run one, in consenter order (ID 1 first).
func (c *Consortium) orderers() []*Organisation {
	var found []*Organisation
	for i := range c.Organisations {
		if c.Organisations[i].RunsOrderer() {
			found = append(found, &c.Organisations[i])
		}
	}
	return found
}

// extraChaincodePort is where slot's additional chaincode of an organisation listens.
func (c *Consortium) extraChaincodePort(org *Organisation, slot int) int {
	return c.Ports.Base + org.index*c.Ports.Stride + extraChaincodeOffset + slot
}

// Policy writes the endorsement as a Fabric signature policy.
func (c *Consortium) Policy(e Endorsement) (string, error) {
	principals := make([]string, len(e.Of))
	for i, name := range e.Of {
		org, err := c.Organisation(name)
		if err != nil {
			return "", err
		}
		principals[i] = "'" + org.MSPID + ".peer'"
	}
	return fmt.Sprintf("OutOf(%d,%s)", e.OutOf, strings.Join(principals, ",")), nil
}

func local(port int) string { return net.JoinHostPort(Host, strconv.Itoa(port)) }

// Host is the only address the one-machine consortium listens on.
const Host = "127.0.0.1"

// ConfigError is one fault in consortium.yaml.
type ConfigError struct {
	File    string
	Line    int    // 0 when the fault has no line of its own
	Column  int    // 0 when it is not known
	Field   string // dotted path, for example organisations[1].ports.peer
	Problem string
	Want    string // what would be right
}

// CodeConsortiumInvalid is the stable code of every ConfigError.
const CodeConsortiumInvalid = "CONSORTIUM_INVALID"

func (e *ConfigError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Line > 0 && e.Column > 0 {
		fmt.Fprintf(&b, ":%d", e.Column)
	}
	b.WriteString(": ")
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Problem)
	if e.Want != "" {
		b.WriteString("; expected " + e.Want)
	}
	return b.String()
}

// Code is the error's stable code.
func (e *ConfigError) Code() string { return CodeConsortiumInvalid }

var unknownField = regexp.MustCompile(`^field (\S+) not found in type network\.(\w+)$`)

// columnOf is where a key begins on its line, from 1; 0 when it is not there.
func columnOf(text []byte, line int, key string) int {
	lines := strings.Split(string(text), "\n")
	if line < 1 || line > len(lines) {
		return 0
	}
	return strings.Index(lines[line-1], key) + 1
}

// nearestField is the key of a structure that a misspelt one was probably meant
// to be.
func nearestField(key, structure string) string {
	best, distance := "", 1+max(2, len(key)/3)
	for _, t := range []reflect.Type{
		reflect.TypeFor[Consortium](), reflect.TypeFor[PortPlan](), reflect.TypeFor[Batch](), reflect.TypeFor[BFT](), reflect.TypeFor[ChaincodeSpec](),
		reflect.TypeFor[Endorsement](), reflect.TypeFor[Organisation](), reflect.TypeFor[Ports](), reflect.TypeFor[Title](),
	} {
		if t.Name() != structure {
			continue
		}
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if d := levenshtein.ComputeDistance(strings.ToLower(key), strings.ToLower(name)); name != "" && d < distance {
				best, distance = name, d
			}
		}
	}
	return best
}

var typeErrorLine = regexp.MustCompile(`^line (\d+): (.*)$`)

// decodeErrors gives the YAML library's complaints the form of ConfigError.
func decodeErrors(file string, text []byte, err error) error {
	if errors.Is(err, io.EOF) {
		return &ConfigError{File: file, Problem: "empty", Want: "a description like network/consortium.yaml"}
	}
	lines := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	var typed *yaml.TypeError
	if errors.As(err, &typed) {
		lines = typed.Errors
	}
	var faults []error
	for _, line := range lines {
		fault := &ConfigError{File: file, Problem: line}
		if m := typeErrorLine.FindStringSubmatch(line); m != nil {
			fault.Line, _ = strconv.Atoi(m[1])
			fault.Problem = m[2]
		}
		if m := unknownField.FindStringSubmatch(fault.Problem); m != nil {
			fault.Problem = fmt.Sprintf("there is no setting %q", m[1])
			fault.Column = columnOf(text, fault.Line, m[1])
			if near := nearestField(m[1], m[2]); near != "" {
				fault.Want = near
			}
		}
		faults = append(faults, fault)
	}
	return errors.Join(faults...)
}
