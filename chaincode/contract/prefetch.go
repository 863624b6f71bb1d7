package contract

import (
	"encoding/json"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
)

// prefetch reads ahead what a batch will read, in a few round trips to the
// peer instead of several an item. It is only ever a guess: whatever it misses,
// or cannot make sense of, the rules read for themselves.
func prefetch(world *state.World, act *rights.Act, cmd *command.Command) {
	spec, batch := rights.CommandNamed(cmd.Name)
	if spec == nil || !batch || act.Actor == nil {
		return
	}
	var body struct {
		Items []struct {
			ObjectID, CaseID, CertNo, MatchTag, RightID string
		} `json:"items"`
	}
	if json.Unmarshal(cmd.Body, &body) != nil || len(body.Items) > rights.MaxBatch {
		return
	}
	var refs []state.Ref
	want := func(kind rights.Kind, id string) {
		if id != "" {
			refs = append(refs, state.Ref{Kind: kind, ID: id})
		}
	}
	for _, i := range body.Items {
		want(rights.KindResource, i.ObjectID)
		want(rights.KindCase, i.CaseID)
		want(rights.KindCertificate, i.CertNo)
		want(rights.PointerTag, i.MatchTag)
		want(rights.KindRight, i.RightID)
		if i.ObjectID != "" {
			for _, p := range rights.PointersOf(i.ObjectID, act.Actor.USCC) {
				want(p.Kind, p.ID)
			}
		}
	}
	if world.Prefetch(refs) != nil {
		return
	}
	// A recorded case leads on to its object.
	refs = refs[:0]
	if cmd.Name == "registration.recordBatch" {
		for _, i := range body.Items {
			var c rights.Case
			if ok, err := world.Load(rights.KindCase, i.CaseID, &c); err != nil || !ok || len(c.ApplicantIDs) == 0 {
				continue
			}
			want(rights.KindResource, c.ObjectID)
			for _, p := range rights.PointersOf(c.ObjectID, c.ApplicantIDs[0]) {
				want(p.Kind, p.ID)
			}
		}
		_ = world.Prefetch(refs) // a guess: the rules meet the error themselves
	}
}
