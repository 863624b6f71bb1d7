package export

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// State is one state of content, as the traces name it.
type State struct {
	Type        string // Resource, Product, Copy, Model, Result
	ID          string // empty: no record yet; ContentRoot names it
	Version     int64
	ContentRoot string
}

// Step is a lineage record as its reader sees it. Inputs the reader may not see
// are not in it; InputsWithheld says that there are some.
type Step struct {
	ID             string
	State          rights.State
	Op, Env        string
	Substantive    bool
	OperatorID     string // empty: withheld
	StartedAt      rights.UnixSec
	FinishedAt     rights.UnixSec
	Outputs        []State
	Inputs         []Input
	InputsWithheld bool
	Supersedes     string
}

// Input is a state with the permission it was used under.
type Input struct {
	State
	Permission string
	Effective  *bool // when the work began; nil: not asked
	Reason     rights.Text
}

// Handover is a copy: what was handed over, of which version, to whom.
type Handover struct {
	Copy       State
	Product    State
	HolderID   string
	DeliveryID string
	State      rights.State
	At         rights.UnixSec
}

// Lineage is what lies around a start, as far as its reader may see.
type Lineage struct {
	Start     State
	Height    uint64
	Steps     []Step
	Handovers []Handover
	Others    []State // products and resources that have content of the steps
	// Names are those of participants, resources and products, by id.
	Names map[string]string
	// Withheld counts what the reader may not see; Truncated: there is more.
	Withheld  int
	Truncated bool
}

// key is what a state is called in a document: the path of its record with its
// version, or its content root.
func (st State) key() (prefix, local string) {
	kind, _, _ := strings.Cut(st.ID, "-")
	if path, ok := paths[rights.Kind(kind)]; ok && st.ID != "" {
		local = path + "/" + url.PathEscape(st.ID)
		if st.Version > 0 && path != paths[rights.KindCopy] { // a copy is of one version for good
			local += fmt.Sprintf("#v%d", st.Version)
		}
		return "ledger", local
	}
	return "dr", "content/" + st.ContentRoot
}

// states visits each state of the lineage once, the start first.
func (l *Lineage) states(visit func(State)) {
	seen := map[string]bool{}
	one := func(st State) {
		prefix, local := st.key()
		if k := prefix + ":" + local; !seen[k] {
			seen[k] = true
			visit(st)
		}
	}
	one(l.Start)
	for _, s := range l.Steps {
		for _, in := range s.Inputs {
			one(in.State)
		}
		for _, out := range s.Outputs {
			one(out)
		}
	}
	for _, h := range l.Handovers {
		one(h.Product)
		one(h.Copy)
	}
	for _, st := range l.Others {
		one(st)
	}
}
