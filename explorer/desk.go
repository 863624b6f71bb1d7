package explorer

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// What workplaces share: the acts a record's state machine allows whoever reads, what is
// due, and the histories both come from.

// Act is something the visitor may do now: a command, with the address of its form.
// Whether the rest of the rules allow it, the ledger says.
type Act struct {
	Command string
	Title   rights.Text
	Href    string
	Plain   bool // one of the ways out, not the way on
}

// waysOut are events that end or give up a matter rather than carry it on.
var waysOut = []string{"withdraw", "terminate", "decline", "delist", "retire", "recall", "withdrawObjection", "deny", "revoke", "end", "close", "reject"}

func newAct(command, href string) Act {
	_, event, _ := strings.Cut(command, ".")
	return Act{command, actTitle(command), href, slices.Contains(waysOut, event)}
}

// leadingOut are the commands that lead out of a record's state and that one of the
// capacities may send.
func leadingOut(kind rights.Kind, state rights.State, as []rights.Capacity) []*rights.Command {
	return slices.DeleteFunc(rights.Commands(), func(c *rights.Command) bool {
		return c.Machine == nil || c.Machine.Kind != kind || state == "" || !slices.ContainsFunc(c.Machine.Rows(c.Event), func(row rights.Transition) bool {
			return row.Leaves(state) && slices.ContainsFunc(row.By, func(by rights.Capacity) bool { return slices.Contains(as, by) })
		})
	})
}

// acts are those commands as acts; the pairs fill the forms in.
func (q *request) acts(kind rights.Kind, state rights.State, as []rights.Capacity, pairs ...string) []Act {
	var list []Act
	for _, c := range leadingOut(kind, state, as) {
		list = append(list, newAct(c.Name, q.formFor(c.Name, pairs...)))
	}
	return list
}

// formFor is the address of a command's form, back to this page when it is done.
func (q *request) formFor(command string, pairs ...string) string {
	fill := []any{"back", q.with()}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fill = append(fill, pairs[i], pairs[i+1])
		}
	}
	return doing(command, fill...)
}

// without leaves some commands out of a list of acts.
func without(list []Act, commands ...string) []Act {
	return slices.DeleteFunc(list, func(a Act) bool { return slices.Contains(commands, a.Command) })
}

// Revision is a record as one transaction left it, as the visitor may see it.
type Revision[T any] struct {
	Block   uint64         `json:"block"`
	Tx      int            `json:"tx"`
	N       int            `json:"n"`
	TxID    string         `json:"txId"`
	At      rights.UnixSec `json:"at"`
	Command string         `json:"command"`
	Kid     string         `json:"kid"`
	Record  T              `json:"record"`
}

const (
	// historyPage is the longest page of a history the API gives.
	historyPage = 100
	// historyPages bounds what a page reads of one history.
	historyPages = 5
)

// historyOf is a record's history as the visitor may see it, oldest first.
func historyOf[T any](q *request, collection, id string) ([]Revision[T], error) {
	return walk[Revision[T]](q, "/v1/"+collection+"/"+url.PathEscape(id)+"/history", url.Values{"limit": {strconv.Itoa(historyPage)}}, historyPages)
}

// eventsOf makes events of a history for the timeline.
func eventsOf[T any](q *request, kind rights.Kind, history []Revision[T], head func(*T) rights.Head) []Event {
	list := make([]Event, 0, len(history))
	for i := range history {
		r := &history[i]
		h := head(&r.Record)
		id, no := splitKid(r.Kid)
		e := Event{At: r.At, TxID: r.TxID, Command: r.Command, Kind: kind, State: h.State, Version: h.Version, Key: no}
		e.Pos.Block, e.Pos.Tx, e.Pos.N = r.Block, r.Tx, r.N
		if id != "" {
			e.Who = q.party(id)
		}
		list = append(list, e)
	}
	return list
}

// Due is what has to happen, by when and by whom.
type Due struct {
	What rights.Text
	At   rights.UnixSec // 0: no day set
	Mine bool           // it is the visitor's to do
}

// kindOfID is the kind of record an id names.
func kindOfID(id string) rights.Kind {
	switch {
	case rights.ValidCertNo(id):
		return rights.KindCertificate
	case len(id) > 3 && id[2] == '-':
		return rights.Kind(id[:2])
	case len(id) == 18:
		return rights.KindParticipant
	}
	return ""
}

func digits(n int64) string { return strconv.FormatInt(n, 10) }

// atoi reads a whole number; 0 where it is none.
func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
