package api

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/internal/marks"
)

// accuse holds the extraction against the platform's register of marks.
func (t *fileTracing) accuse() (*traceMarks, error) {
	r := t.s.opts.Marks
	if r == nil {
		return nil, refuse(rights.CodeNotFound, "extraction", "本网关不保管水印登记簿；请使用交易机构的网关", "this gateway keeps no register of marks; ask the exchange's")
	}
	entries, err := r.Entries(t.extraction.KeyID)
	if err != nil {
		return nil, err
	}
	seed, err := r.Seed(t.extraction.KeyID)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, refuse(rights.CodeNotFound, "extraction.keyId", "登记簿中没有密钥 "+t.extraction.KeyID, "the register knows no key "+t.extraction.KeyID)
	}
	if err != nil {
		return nil, err
	}
	j, err := marks.Accuse(t.extraction, entries, seed, marks.DefaultEpsilon)
	if err != nil {
		return nil, err
	}
	a := &traceMarks{KeyID: j.KeyID, Candidates: j.Candidates, Epsilon: j.Epsilon, Line: j.Line, Positions: j.Positions, Marks: j.Marks, Accused: []traceAccused{}, Reason: j.Reason}
	for _, x := range j.Accused() {
		i := slices.IndexFunc(entries, func(e marks.Entry) bool { return e.DeliveryID == x.DeliveryID })
		one := traceAccused{DeliveryID: x.DeliveryID, RecipientID: x.RecipientID, Log10: x.Log10,
			Code: base64.RawURLEncoding.EncodeToString(entries[i].Code), Nonce: base64.RawURLEncoding.EncodeToString(entries[i].Nonce)}
		var d rights.Delivery
		if found, err := t.s.Find(rights.KindDelivery, x.DeliveryID, &d); err != nil {
			return nil, err
		} else if found {
			one.Committed = d.FingerprintCommit == entries[i].Commitment && d.ToID == x.RecipientID
			one.ByPlatform = d.WatermarkAttest != nil
		}
		a.Accused = append(a.Accused, one)
	}
	return a, nil
}

// suspect is the copy that the evidence leads to: whose mark is in the file and
// committed on the ledger; or else the copy the file is equal to, if no other
// is; or the only one who ever received what it is strongly like. More than one
// is none: all remain candidates (4.6, step 3).
func (t *fileTracing) suspect(a *fileTrace) (*traceSuspect, error) {
	copyID, because := "", ""
	if a.Marks != nil {
		var sure []string
		for _, x := range a.Marks.Accused {
			if x.Committed && x.ByPlatform {
				sure = append(sure, x.DeliveryID)
			}
		}
		if len(sure) > 1 { // colluders: each is named above, none is the only one
			return nil, nil
		}
		if len(sure) == 1 {
			var d rights.Delivery
			if _, err := t.s.Find(rights.KindDelivery, sure[0], &d); err != nil {
				return nil, err
			}
			copyID, because = d.CopyID, "mark"
		}
	}
	if copyID == "" {
		var equal, strong []string
		for _, c := range a.Candidates {
			for _, r := range c.Recipients {
				if r.Equal && !slices.Contains(equal, r.CopyID) {
					equal = append(equal, r.CopyID)
				}
				if c.Strength == "strong" && !c.Truncated && !slices.Contains(strong, r.CopyID) {
					strong = append(strong, r.CopyID)
				}
			}
		}
		switch {
		case len(equal) == 1:
			copyID, because = equal[0], "equal"
		case len(equal) == 0 && len(strong) == 1:
			copyID, because = strong[0], "onlyRecipient"
		}
	}
	if copyID == "" {
		return nil, nil
	}
	return t.path(copyID, because)
}

// path builds the way from the source to a copy: right holder's resource,
// product, and each copy that was passed on.
func (t *fileTracing) path(copyID, because string) (*traceSuspect, error) {
	var copies []index.Entry
	for id := copyID; id != "" && len(copies) < maxTraceDepth; {
		e, err := t.s.read.Get(rights.KindCopy, id)
		if errors.Is(err, index.ErrNotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		copies = append(copies, e)
		c, err := decodeEntry[rights.Copy](e)
		if err != nil {
			return nil, err
		}
		id = c.ParentCopyID
	}
	if len(copies) == 0 {
		return nil, nil
	}
	s := &traceSuspect{Because: because, Path: []traceStep{}}
	first, err := decodeEntry[rights.Copy](copies[len(copies)-1])
	if err != nil {
		return nil, err
	}
	if e, err := t.s.read.Get(rights.KindProduct, first.ProductID); err == nil {
		p, err := decodeEntry[rights.Product](e)
		if err != nil {
			return nil, err
		}
		for _, in := range p.Inputs {
			if err := t.station(s, kindOfID(in.ObjectID), in.ObjectID); err != nil {
				return nil, err
			}
		}
		if err := t.station(s, rights.KindProduct, p.ID); err != nil {
			return nil, err
		}
	} else if !errors.Is(err, index.ErrNotFound) {
		return nil, err
	}
	for _, e := range slices.Backward(copies) {
		c, err := decodeEntry[rights.Copy](e)
		if err != nil {
			return nil, err
		}
		for _, x := range []struct {
			kind rights.Kind
			id   string
		}{{rights.KindTrade, c.TradeID}, {rights.KindDelivery, c.DeliveryID}, {rights.KindCopy, c.ID}} {
			if err := t.station(s, x.kind, x.id); err != nil {
				return nil, err
			}
		}
		s.CopyID, s.HolderID, s.DeliveryID = c.ID, c.HolderID, c.DeliveryID
	}
	s.HolderName, err = t.nameOf(s.HolderID)
	return s, err
}

// station adds a record to the path, with the party it is at.
func (t *fileTracing) station(s *traceSuspect, kind rights.Kind, id string) error {
	if id == "" {
		return nil
	}
	e, err := t.s.read.Get(kind, id)
	if errors.Is(err, index.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	r, err := decodeEntry[struct {
		State    rights.State `json:"state"`
		HolderID string       `json:"holderId"`
		OwnerID  string       `json:"ownerId"`
		SellerID string       `json:"sellerId"`
		ToID     string       `json:"toId"`
	}](e)
	if err != nil {
		return err
	}
	step := traceStep{Kind: kind, ID: id, State: r.State, Block: e.Created.Block, Tx: e.Created.Tx}
	for _, party := range []string{r.HolderID, r.OwnerID, r.SellerID, r.ToID} {
		if step.PartyID == "" {
			step.PartyID = party
		}
	}
	if step.Party, err = t.nameOf(step.PartyID); err != nil {
		return err
	}
	s.Path = append(s.Path, step)
	return nil
}

// elements are those of a case against the suspect if it were opened now: what
// the ledger shows already, and what is missing.
func (t *fileTracing) elements(a *fileTrace) ([]rights.BundleElement, error) {
	al := &rights.Alert{RuleCode: "AL-RESALE-MATCH", SubjectIDs: []string{a.Suspect.HolderID}, Proof: &rights.ResaleProof{CopyID: a.Suspect.CopyID}}
	if a.Suspect.Because == "mark" {
		al.MatchedDeliveryIDs = []string{a.Suspect.DeliveryID}
	}
	recipients, err := t.s.recipientsLike(a.Suspect.CopyID)
	if err != nil {
		return nil, err
	}
	b, err := rights.CaseBundle(supposed{t.s, al}, supposedID, recipients)
	if err != nil {
		return nil, err
	}
	for i := range b.Elements { // the alert is not there yet
		b.Elements[i].Records = slices.DeleteFunc(b.Elements[i].Records, func(r rights.RecordRef) bool { return r.ID == "" })
	}
	return b.Elements, nil
}

// supposed is the ledger with one alert on it that is not there yet.
type supposed struct {
	rights.Finder
	alert *rights.Alert
}

const supposedID = "AL-?"

// Find is Finder's.
func (f supposed) Find(kind rights.Kind, id string, v any) (bool, error) {
	if kind == rights.KindAlert && id == supposedID {
		*v.(*rights.Alert) = *f.alert
		return true, nil
	}
	return f.Finder.Find(kind, id, v)
}
