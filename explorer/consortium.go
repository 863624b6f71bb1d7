package explorer

import (
	"context"
	"net/http"
	"time"
)

type networkView struct {
	Known     bool
	Failed    bool
	State     Consortium
	Digests   agreement
	Orderers  quorum
	Reachable int
	Processes int
	Running   int
}

// agreement is what the members' index digests say to one another.
type agreement string

const (
	allEqual  agreement = "equal"
	someApart agreement = "different"
	notAll    agreement = "unknown" // equal among those that answered, and not all did
)

// quorum is how many orderers run, and how many the BFT protocol needs.
type quorum struct{ Running, Total, Needed int }

// Short reports whether no block can be ordered now.
func (q quorum) Short() bool { return q.Total > 0 && q.Running < q.Needed }

// processOK is the State of a process that does its work.
const processOK = "ok"

// networkTimeout bounds how long the page waits for the members.
const networkTimeout = 5 * time.Second

func (q *request) network() error {
	return q.render(http.StatusOK, "network", "network", q.networkNow())
}

// networkNow asks how the members are.
func (q *request) networkNow() networkView {
	v := networkView{Known: q.Network != nil}
	if !v.Known {
		return v
	}
	ctx, cancel := context.WithTimeout(q.r.Context(), networkTimeout)
	defer cancel()
	state, err := q.Network.Status(ctx)
	if err != nil {
		q.Log.Error("network status failed", "error", err)
		v.Failed = true
	}
	v.count(state)
	return v
}

// count sums up what the members and their processes say.
func (v *networkView) count(state Consortium) {
	v.State = state
	v.Digests = compareDigests(state.Members)
	v.Orderers = countOrderers(state.Members)
	for _, m := range state.Members {
		if m.Reachable {
			v.Reachable++
		}
		for _, p := range m.Processes {
			v.Processes++
			if p.State == processOK {
				v.Running++
			}
		}
	}
}

func compareDigests(members []Member) agreement {
	digest, missing := "", len(members) == 0
	for _, m := range members {
		switch {
		case m.Digest == "":
			missing = true
		case digest == "":
			digest = m.Digest
		case digest != m.Digest:
			return someApart
		}
	}
	if missing {
		return notAll
	}
	return allEqual
}

// countOrderers counts them; with n orderers of which f = (n-1)/3 may be
// faulty, a decision needs ⌈(n+f+1)/2⌉.
func countOrderers(members []Member) quorum {
	var c quorum
	for _, m := range members {
		for _, p := range m.Processes {
			if p.Role == "orderer" {
				c.Total++
				if p.State == processOK {
					c.Running++
				}
			}
		}
	}
	f := (c.Total - 1) / 3
	c.Needed = (c.Total + f + 2) / 2
	return c
}
