package bulk

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// Signer is who signs, with which key.
type Signer struct {
	Key   client.Key
	ID    string
	KeyNo int
}

// Kid names the signer's key.
func (s Signer) Kid() string { return command.Kid(s.ID, s.KeyNo) }

// referred are the collections that members refer to.
var referred = map[string]string{"resourceId": "resources", "productId": "products", "rightId": "rights", "caseId": "registrations", "listingId": "listings", "demandId": "demands",
	"permitId": "permits", "grantId": "grants", "lineageId": "lineage", "venueId": "participants", "custodianId": "participants", "sourceUnitId": "participants", "registrarId": "participants",
	"certNo": "certificates", "tradeId": "trades", "deliveryId": "deliveries", "scenarioId": "scenarios"}

// Known checks the rows against what the ledger tells anybody: the signer, what
// a row refers to, and what is catalogued already. It signs nothing.
func (p *Plan) Known(ctx context.Context, g *client.Client, s Signer, told Progress) error {
	if told == nil {
		told = func(Stage, int, int) {}
	}
	if err := p.signer(ctx, g, s); err != nil {
		return err
	}
	if p.Register != nil && p.Form.Registers {
		var who rights.Participant
		_, err := g.Get(ctx, "/v1/participants/"+url.PathEscape(p.Register.RegistrarID), nil, &who)
		switch f, gone := notThere(err); {
		case gone:
			f.Field, f.Value, f.Detail, f.DetailZh = "registrarId", p.Register.RegistrarID, "there is no such registrar", "没有这一登记机构"
			p.Faults = append(p.Faults, f)
		case err != nil:
			return err
		case !slices.Contains(who.Roles, rights.RoleRegistrar):
			f := fault(string(rights.CodeRole), "%s 不是登记机构", "%s is no registrar", p.Register.RegistrarID)
			f.Field, f.Value = "registrarId", p.Register.RegistrarID
			p.Faults = append(p.Faults, f)
		}
	}
	if err := p.references(ctx, g, told); err != nil {
		return err
	}
	if p.Form.Command.Name != "resource.catalogue" {
		return nil
	}
	held, err := holdings(ctx, g, s.ID, func() { told(StageKnown, len(p.Items), len(p.Items)) })
	if err != nil {
		return err
	}
	for _, it := range p.Items {
		if it.State == Ready {
			p.held(it, held)
		}
	}
	return nil
}

func notThere(err error) (Fault, bool) {
	var problem *client.Problem
	if errors.As(err, &problem) && problem.Code == string(rights.CodeNotFound) {
		return ofProblem(problem), true
	}
	return Fault{}, false
}

// signer finds out whether the ledger would take the signer's word.
func (p *Plan) signer(ctx context.Context, g *client.Client, s Signer) error {
	var who rights.Participant
	_, err := g.Get(ctx, "/v1/participants/"+url.PathEscape(s.ID), nil, &who)
	add := func(f Fault) {
		f.Field, f.Value = "kid", s.Kid()
		p.Faults = append(p.Faults, f)
	}
	if _, gone := notThere(err); gone {
		add(fault(string(rights.CodeKey), "主体 %s 不在账本上；先以 participant.apply 申请准入", "participant %s is not on the ledger; apply for admission with participant.apply", s.ID))
		return nil
	}
	if err != nil {
		return err
	}
	if who.State != rights.StateActive {
		add(fault(string(rights.CodeInactive), "主体 %s 的状态为 %s", "participant %s is %s", s.ID, who.State))
	}
	switch {
	case s.KeyNo > len(who.Keys) || who.Keys[s.KeyNo-1].State != rights.KeyActive:
		add(fault(string(rights.CodeKey), "密钥 %s 不在账本上或已停用", "key %s is not on the ledger or no longer in use", s.Kid()))
	case !s.Key.IsZero() && who.Keys[s.KeyNo-1].PublicKey != s.Key.Info().PublicKey:
		add(fault(string(rights.CodeKey), "手中的私钥与账本上的 %s 不是一对", "the key at hand is not the one the ledger has as %s", s.Kid()))
	}
	return nil
}

// references asks once for each record that rows refer to.
func (p *Plan) references(ctx context.Context, g *client.Client, told Progress) error {
	missing := map[string]bool{}
	for n, it := range p.Items {
		told(StageKnown, n, len(p.Items))
		if it.State != Ready || it.faulty() {
			continue
		}
		for member, collection := range referred {
			id, _ := it.Body[member].(string)
			if id == "" {
				continue
			}
			path := "/v1/" + collection + "/" + url.PathEscape(id)
			gone, asked := missing[path]
			if !asked {
				_, err := g.Get(ctx, path, nil, nil)
				if _, gone = notThere(err); err != nil && !gone {
					var problem *client.Problem
					if !errors.As(err, &problem) || problem.Status >= 500 {
						return err
					} // a record that is there and not ours to read
				}
				missing[path] = gone
			}
			if gone {
				p.blame(it, member, fault(string(rights.CodeNotFound), "账本上没有 %s", "the ledger has no %s", id))
			}
		}
	}
	return nil
}

// holding is a resource that the signer has catalogued.
type holding struct{ id, name string }

type held struct{ byName, byRoot, byTag map[string]holding }

// holdings are the signer's resources that are in being.
func holdings(ctx context.Context, g *client.Client, holder string, moving func()) (held, error) {
	h := held{map[string]holding{}, map[string]holding{}, map[string]holding{}}
	for r, err := range client.List[rights.Resource](ctx, g, "/v1/resources", url.Values{"holder": {holder}, "limit": {"200"}}) {
		if err != nil {
			return h, fmt.Errorf("couldn't read what %s has catalogued: %w", holder, err)
		}
		moving()
		if r.State == rights.StateRetired || r.State == rights.StateDestroyed {
			continue
		}
		one := holding{r.ID, r.Name}
		h.byName[r.Name] = one
		for _, v := range r.Versions {
			h.byRoot[v.ContentRoot] = one
			if v.MatchTag != "" {
				h.byTag[v.MatchTag] = one
			}
		}
	}
	return h, nil
}

// held finds what a row would double.
func (p *Plan) held(it *Item, h held) {
	one, ok := h.byRoot[it.root]
	if it.tag != nil && !ok {
		one, ok = h.byTag[it.tag.MatchTag]
	}
	if ok {
		f := fault(string(rights.CodeDup), "您已将相同内容编目为 %s", "you catalogued the same content as %s already", one.id)
		f.Record, f.Rule = one.id, "DRWG 39(2)"
		p.blame(it, columnFile, f)
		return
	}
	name, _ := it.Body["name"].(string)
	if one, ok := h.byName[name]; ok && it.tag == nil {
		f := fault(string(rights.CodeDup), "您已有同名数据资源 %s；若为新版本应使用 resource.addVersion", "you have a resource of that name, %s; a new version of it is resource.addVersion", one.id)
		f.Record, f.Warning = one.id, true
		p.blame(it, "name", f)
	}
}

// Tags has the platform key the data of every row that may be sent, and finds
// what is catalogued already whatever its salts. s's session is at a gateway
// that holds the platform's key.
func (p *Plan) Tags(ctx context.Context, tags, reader *client.Client, s Signer, told Progress) error {
	if !p.Form.Files {
		return nil
	}
	var items []*Item
	var asked []client.MatchTagRequest
	for _, it := range p.Items {
		if it.State == Ready && it.Print != nil && it.tag == nil {
			items = append(items, it)
			asked = append(asked, client.MatchTagRequest{HolderID: s.ID, Digest: it.Print.OrderFreeDigest, ContentRoot: it.Print.ContentRoot, Sketch: it.Print.Sketch})
		}
	}
	if len(items) == 0 {
		return nil
	}
	session, err := tags.OpenSession(ctx, s.Key, s.ID, s.KeyNo)
	if err != nil {
		return err
	}
	in := tags.InSession(session)
	defer func() { _ = in.CloseSession(ctx) }() // it ends by itself
	for from := 0; from < len(items); {
		if told != nil {
			told(StageTags, from, len(items))
		}
		to := min(from+100, len(items))
		made, err := in.MatchTags(ctx, asked[from:to])
		if err != nil {
			return err
		}
		for i := range made {
			it := items[from+i]
			it.tag = &made[i]
			it.Body["matchTag"], it.Body["tagEpoch"] = made[i].MatchTag, made[i].TagEpoch
			it.Body["tagAttestation"] = rights.TagAttestation{Kid: made[i].TagAttestation.Kid, Signature: made[i].TagAttestation.Signature, SketchHash: made[i].TagAttestation.SketchHash}
		}
		from = to
	}
	if told != nil {
		told(StageTags, len(items), len(items))
	}
	if p.Form.Command.Name != "resource.catalogue" {
		return nil
	}
	h, err := holdings(ctx, reader, s.ID, func() {
		if told != nil {
			told(StageTags, len(items), len(items))
		}
	})
	if err != nil {
		return err
	}
	for _, it := range items {
		if !slices.ContainsFunc(it.Faults, func(f Fault) bool { return f.Code == string(rights.CodeDup) && !f.Warning }) {
			p.held(it, h)
		}
	}
	return nil
}

// NoPlatformKey reports whether an error says that a gateway does not hold the
// platform's key.
func NoPlatformKey(err error) bool {
	var problem *client.Problem
	return errors.As(err, &problem) && problem.Code == string(rights.CodeNotFound) && strings.Contains(err.Error(), "keyed")
}
