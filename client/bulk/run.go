package bulk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// DefaultParallel is how many commands are on their way at once.
const DefaultParallel = 4

// Options are all that an import needs.
type Options struct {
	Plan    *Plan
	Signer  Signer
	Gateway *client.Client
	// Tags is a gateway that holds the platform's key, for rows with data; nil is Gateway.
	Tags *client.Client
	// Journal keeps what is signed. A dry run may have none.
	Journal *Journal
	// DryRun checks all that can be checked and signs nothing.
	DryRun bool
	// SkipFaulty sends the rows that are in order although others are not.
	SkipFaulty bool
	Parallel   int
	Told       Progress
}

// ErrAtFault is how an import ends that the checks before it, or the ledger,
// stopped: the report names the rows.
var ErrAtFault = errors.New("rows are at fault")

// Import checks the rows of a plan and brings those onto the ledger that are not
// there yet. The report is complete whatever the error: ErrAtFault when rows are
// at fault, else what kept it from going on, after which the rows it calls
// Unknown are resumed with the same journal.
func Import(ctx context.Context, o Options) (*Report, error) {
	if o.Parallel < 1 {
		o.Parallel = DefaultParallel
	}
	if o.Tags == nil {
		o.Tags = o.Gateway
	}
	if o.Told == nil {
		o.Told = func(Stage, int, int) {}
	}
	r := &run{Options: o, byKey: map[string]*Item{}}
	for _, it := range o.Plan.Items {
		if r.byKey[it.Key] == nil {
			r.byKey[it.Key] = it
		}
	}
	err := r.all(ctx)
	o.Plan.settle()
	for _, it := range o.Plan.Items {
		slices.SortStableFunc(it.Faults, func(a, b Fault) int { return cmp.Or(len(a.Cell)-len(b.Cell), strings.Compare(a.Cell, b.Cell)) })
	}
	return r.report(), err
}

type run struct {
	Options
	byKey map[string]*Item

	mu      sync.Mutex // guards what follows, the journal and the items while commands are on their way
	stopped error
	refused bool
	done    int
}

func (r *run) all(ctx context.Context) error {
	p := r.Plan
	r.recall()
	if !r.DryRun {
		if err := r.resend(ctx); err != nil {
			return err
		}
	}
	if err := p.Files(ctx, !r.DryRun, r.Told); err != nil {
		return err
	}
	if r.Gateway != nil {
		if err := p.Known(ctx, r.Gateway, r.Signer, r.Told); err != nil {
			return err
		}
	}
	if stop, err := r.wrong(); stop {
		return err
	}
	if err := p.Tags(ctx, r.Tags, r.Gateway, r.Signer, r.Told); err != nil {
		return err
	}
	if stop, err := r.wrong(); stop {
		return err
	}
	if err := r.send(ctx); err != nil {
		return err
	}
	if _, rows := p.Wrong(); r.refused || rows > 0 {
		return ErrAtFault
	}
	return nil
}

// wrong decides whether faults end the import before anything more is signed.
func (r *run) wrong() (stop bool, err error) {
	sheet, rows := r.Plan.Wrong()
	switch {
	case sheet || rows > 0 && !r.SkipFaulty, rows > 0 && r.DryRun:
		return true, ErrAtFault
	case r.DryRun:
		return true, nil
	}
	r.Plan.settle()
	return false, nil
}

// recall marks what the journal knows of rows.
func (r *run) recall() {
	if r.Journal == nil {
		return
	}
	was := map[int]string{} // row → record, of rows that no longer say what they said
	for _, s := range r.Journal.of(StageCommand) {
		if s.gone != nil {
			continue
		}
		if s.answer != nil {
			r.learn(s)
		}
		for n, key := range s.Keys {
			if it := r.byKey[key]; it == nil {
				was[s.Rows[n]] = recordOf(r.Plan.Form.Command, s, n)
			} else if s.answer == nil {
				it.State = Unknown
			}
		}
	}
	for _, s := range r.Journal.of(StageApply) {
		if s.answer != nil {
			r.learn(s)
		}
	}
	for _, it := range r.Plan.Items {
		if record, ok := was[it.Row]; ok && it.State == Ready {
			f := fault(CodeChanged, "该行此前已以其他内容导入（%s）；改回原内容，或将新内容移到新的行，账本上的记录用相应指令变更", "this row was imported with other values (%s); restore them, or move the new ones to a new row: what is on the ledger is changed by a command of its own", record)
			f.Row, f.Record = it.Row, record
			it.Faults = append(it.Faults, f)
		}
	}
}

// refsOf are the records of the command's own kind that a batch wrote.
func refsOf(kind rights.Kind, receipt *client.Receipt, rows int) []rights.RecordRef {
	var result rights.Result
	if receipt == nil || json.Unmarshal(receipt.Result, &result) != nil {
		return nil
	}
	refs := slices.DeleteFunc(result.Records, func(ref rights.RecordRef) bool { return ref.Kind != kind })
	if len(refs) != rows {
		return nil
	}
	return refs
}

func kindOf(spec *rights.Command, stage Stage) rights.Kind {
	switch {
	case stage == StageApply:
		return rights.KindCase
	case spec.Machine != nil:
		return spec.Machine.Kind
	}
	return ""
}

func recordOf(spec *rights.Command, s *sent, n int) string {
	if refs := refsOf(kindOf(spec, s.Stage), s.answer, len(s.Keys)); refs != nil {
		return refs[n].ID
	}
	return ""
}

// learn marks the rows of an answered command.
func (r *run) learn(s *sent) {
	refs := refsOf(kindOf(r.Plan.Form.Command, s.Stage), s.answer, len(s.Keys))
	for n, key := range s.Keys {
		it := r.byKey[key]
		if it == nil {
			continue
		}
		it.State, it.Block, it.TxID = Done, s.answer.Block, s.answer.TxID
		switch {
		case refs == nil:
		case s.Stage == StageApply:
			it.Case = refs[n].ID
		default:
			it.Record = refs[n].ID
		}
	}
}

// resend brings to an end what was signed in an earlier run and has no answer.
func (r *run) resend(ctx context.Context) error {
	for _, s := range r.Journal.all {
		if s.answer != nil || s.gone != nil {
			continue
		}
		if err := r.submit(ctx, s, true); err != nil {
			return err
		}
	}
	if r.refused && !r.SkipFaulty {
		return ErrAtFault
	}
	return nil
}

// submit sends a command that the journal holds and learns its end. Only what
// leaves the outcome unknown, or the journal unwritten, is an error.
func (r *run) submit(ctx context.Context, s *sent, again bool) error {
	receipt, err := r.Gateway.Submit(ctx, []byte(s.JWS))
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.learnAll(s, &receipt)
		return r.Journal.answered(s, receipt)
	}
	var p *client.Problem
	if !errors.As(err, &p) || p.Code == "" || p.Status >= 500 || p.Status == 429 || ctx.Err() != nil {
		r.mark(s, Unknown)
		return err
	}
	if err := r.Journal.refused(s, p); err != nil {
		return err
	}
	if again && p.Code == string(rights.CodeExpired) {
		r.mark(s, Ready) // never applied and never will be: signed anew
		return nil
	}
	r.refuse(s, p)
	return nil
}

func (r *run) learnAll(s *sent, receipt *client.Receipt) {
	s.answer = receipt
	r.learn(s)
	r.done += len(s.Keys)
}

func (r *run) mark(s *sent, state State) {
	for _, key := range s.Keys {
		if it := r.byKey[key]; it != nil {
			it.State = state
			if state == Ready && s.Stage == StageApply {
				it.State = Done // catalogued; the application is to be made anew
			}
		}
	}
}

// refuse blames the rows that a refusal names; the others of the batch are held.
func (r *run) refuse(s *sent, p *client.Problem) {
	r.refused = true
	r.mark(s, Held)
	blame := func(n int, f Fault) {
		if it := r.byKey[s.Keys[n]]; it != nil {
			it.State = Refused
			r.Plan.blameField(it, f)
		}
	}
	if len(p.Items) == 0 {
		for n := range s.Keys {
			blame(n, ofProblem(p))
		}
		return
	}
	for _, i := range p.Items {
		if i.Index >= 0 && i.Index < len(s.Keys) {
			blame(i.Index, ofItem(i))
		}
	}
}

// send signs and sends the rows that are ready, then applies for what was
// catalogued.
func (r *run) send(ctx context.Context) error {
	p := r.Plan
	name := p.Form.Command.Name
	ready := func() []*Item {
		return slices.DeleteFunc(slices.Clone(p.Items), func(it *Item) bool { return it.State != Ready })
	}
	if err := r.stage(ctx, StageCommand, name, p.Form.Command, ready(), func(it *Item) map[string]any { return it.Body }); err != nil {
		return err
	}
	if p.Register == nil || !p.Form.Registers || r.refused && !r.SkipFaulty {
		return nil
	}
	spec, _ := rights.CommandNamed("registration.submit")
	catalogued := slices.DeleteFunc(slices.Clone(p.Items), func(it *Item) bool { return it.State != Done || it.Case != "" || it.Record == "" })
	return r.stage(ctx, StageApply, spec.Name, spec, catalogued, func(it *Item) map[string]any {
		return map[string]any{"regType": rights.RegFirst, "registrarId": p.Register.RegistrarID, "objectType": rights.ObjectResource, "objectId": it.Record,
			"rightKinds": p.Register.Kinds, "evidence": it.Papers}
	})
}

// stage sends items in batches; with SkipFaulty, those held back by others again
// without them.
func (r *run) stage(ctx context.Context, stage Stage, name string, spec *rights.Command, items []*Item, body func(*Item) map[string]any) error {
	total := len(items)
	r.done = 0
	for len(items) > 0 {
		bodies := make([]map[string]any, len(items))
		for i, it := range items {
			bodies[i] = body(it)
		}
		batches, tooLarge, err := pack(items, bodies, most(spec))
		if err != nil {
			return err
		}
		for _, i := range tooLarge {
			items[i].State, r.refused = Refused, true
			f := fault(CodeOversize, "该行单独也超过一条指令的上限", "the row is larger than one command may be")
			f.Row = items[i].Row
			items[i].Faults = append(items[i].Faults, f)
		}
		if err := r.batches(ctx, stage, name, spec.Batch, items, bodies, batches, total); err != nil {
			return err
		}
		if !r.SkipFaulty {
			return nil
		}
		items = slices.DeleteFunc(slices.Clone(items), func(it *Item) bool { return it.State != Held })
	}
	return nil
}

// batches sends batches, Parallel at a time, until one fails.
func (r *run) batches(ctx context.Context, stage Stage, name string, batch bool, items []*Item, bodies []map[string]any, batches [][]int, total int) error {
	if batch {
		name += "Batch"
	}
	work := make(chan []int)
	var workers sync.WaitGroup
	r.stopped = nil
	for range r.Parallel {
		workers.Go(func() {
			for some := range work {
				if err := r.one(ctx, stage, name, batch, items, bodies, some); err != nil {
					r.mu.Lock()
					r.stopped = errors.Join(r.stopped, err)
					r.mu.Unlock()
				}
				r.mu.Lock()
				done := r.done
				r.mu.Unlock()
				r.Told(stage, done, total)
			}
		})
	}
	for _, some := range batches {
		r.mu.Lock()
		stop := r.stopped != nil || r.refused && !r.SkipFaulty
		r.mu.Unlock()
		if stop || ctx.Err() != nil {
			break
		}
		work <- some
	}
	close(work)
	workers.Wait()
	if r.stopped == nil {
		r.stopped = ctx.Err()
	}
	return r.stopped
}

// one signs a batch, keeps it, and sends it.
func (r *run) one(ctx context.Context, stage Stage, name string, batch bool, items []*Item, bodies []map[string]any, some []int) error {
	var part []map[string]any
	var keys []string
	var rows []int
	for _, i := range some {
		part, keys, rows = append(part, bodies[i]), append(keys, items[i].Key), append(rows, items[i].Row)
	}
	raw, err := bodyOf(part, batch)
	if err != nil {
		return fmt.Errorf("couldn't write %s: %w", name, err)
	}
	signed, err := r.Signer.Key.Command(r.Signer.ID, r.Signer.KeyNo, name, raw)
	if err != nil {
		return err
	}
	r.mu.Lock()
	s, err := r.Journal.signed(stage, keys, rows, signed.JWS)
	r.mu.Unlock()
	if err != nil {
		return err
	}
	return r.submit(ctx, s, false)
}
