package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// The market's own measures need more of it than one enterprise: buyers and
// sellers, offers, a grant with permits under it. Everything is made with the
// commands that make it in earnest; what an office does for many is one bulk command.

// atOnce is how many participants prepare themselves side by side.
const atOnce = 16

// side by side, n times; the first error ends it.
func sideBySide(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	slots := make(chan struct{}, atOnce)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() == nil {
				if err := do(ctx, i); err != nil {
					stop(err)
				}
			}
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}

// firms lets n new participants in under a role. Their codes are synthetic and
// new in every run.
func (m *market) firms(ctx context.Context, n int, role rights.Role, services ...string) ([]actor, error) {
	first, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return nil, err
	}
	admitter := m.exchange
	switch role {
	case rights.RoleThirdParty, rights.RoleImplementing, rights.RoleOperating:
		admitter = m.regulator
	}
	all := make([]actor, n)
	return all, sideBySide(ctx, n, func(ctx context.Context, i int) error {
		// 17 characters and their check: a county's code, a letter for these, a number.
		body := fmt.Sprintf("91320902MB%07d", (first.Int64()+int64(i))%10_000_000)
		check, ok := rights.USCCCheck(body)
		if !ok {
			return fmt.Errorf("%s is no credit code", body)
		}
		key, err := client.GenerateKey()
		if err != nil {
			return err
		}
		all[i] = actor{uscc: body + string(check), gateway: "Exchange", key: key, no: 1}
		if _, err := m.submit(ctx, all[i], "participant.apply", rights.Application{
			USCC: all[i].uscc, Name: "测速市场主体" + body[10:], OrgType: "OrgEnterprise", Roles: []rights.Role{role}, ServiceTypes: services,
			RegionCode: "320902", IndustryCode: "M74", Origin: "Local", PublicKey: key.Info().PublicKey,
		}); err != nil {
			return err
		}
		_, err = m.submit(ctx, admitter, "participant.admit", rights.OfParticipant{USCC: all[i].uscc, KeyFingerprint: key.Info().Fingerprint})
		return err
	})
}

// offer is a product on the exchange, with whose and by what right.
type offer struct {
	seller                           actor
	resource, root, base             string // what the product is made of, and the seller's operation right over that
	lineage, product, right, listing string
}

// offers has n new sellers bring one product each to market: registered data, a
// substantive derivation of it, the product reviewed and registered, the listing.
func (m *market) offers(ctx context.Context, n int) ([]*offer, error) {
	sellers, err := m.firms(ctx, n, rights.RoleEnterprise)
	if err != nil {
		return nil, fmt.Errorf("couldn't let sellers in: %w", err)
	}
	reviewers, err := m.firms(ctx, 1, rights.RoleThirdParty, "SvcCompliance")
	if err != nil {
		return nil, fmt.Errorf("couldn't let a compliance service in: %w", err)
	}
	all := make([]*offer, n)
	for i := range all {
		all[i] = &offer{seller: sellers[i]}
	}
	cases := make([]string, n)
	if err := sideBySide(ctx, n, func(ctx context.Context, i int) error { cases[i], err = m.applyFor(ctx, all[i]); return err }); err != nil {
		return nil, fmt.Errorf("couldn't apply for the sellers' data: %w", err)
	}
	registered, err := m.register(ctx, cases)
	if err != nil {
		return nil, err
	}
	for i, o := range all {
		o.base = registered[3*i+2] // holding, use, operation
	}
	if err := sideBySide(ctx, n, func(ctx context.Context, i int) error { return m.produce(ctx, all[i], reviewers[0]) }); err != nil {
		return nil, fmt.Errorf("couldn't make products: %w", err)
	}
	if _, err := m.submit(ctx, m.exchange, "product.approveBatch", batch{nil, itemsOf(all, "productId", func(o *offer) string { return o.product })}); err != nil {
		return nil, err
	}
	if err := sideBySide(ctx, n, func(ctx context.Context, i int) error { cases[i], err = m.applyForProduct(ctx, all[i]); return err }); err != nil {
		return nil, fmt.Errorf("couldn't apply for the products: %w", err)
	}
	if registered, err = m.register(ctx, cases); err != nil {
		return nil, err
	}
	for i, o := range all {
		o.right = registered[i]
	}
	if err := sideBySide(ctx, n, func(ctx context.Context, i int) error { return m.list(ctx, all[i]) }); err != nil {
		return nil, fmt.Errorf("couldn't list the products: %w", err)
	}
	_, err = m.submit(ctx, m.exchange, "listing.approveBatch", batch{nil, itemsOf(all, "listingId", func(o *offer) string { return o.listing })})
	return all, err
}

func itemsOf(offers []*offer, field string, id func(*offer) string) []any {
	ids := make([]string, len(offers))
	for i, o := range offers {
		ids[i] = id(o)
	}
	return items(field, ids)
}

// one is the record of a kind that a command made.
func (m *market) one(ctx context.Context, who actor, kind rights.Kind, name string, body any) (string, error) {
	result, err := m.submit(ctx, who, name, body)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	ids := idsOf(result, kind)
	if len(ids) == 0 {
		return "", fmt.Errorf("%s made no %s", name, kind)
	}
	return ids[0], nil
}

// applyFor catalogues the seller's data and applies for its rights.
func (m *market) applyFor(ctx context.Context, o *offer) (caseID string, err error) {
	entry, err := m.catalogueEntries(o.seller, 1)
	if err != nil {
		return "", err
	}
	o.root = entry.Items[0].(map[string]any)["contentRoot"].(string)
	if o.resource, err = m.one(ctx, o.seller, rights.KindResource, "resource.catalogueBatch", entry); err != nil {
		return "", err
	}
	return m.one(ctx, o.seller, rights.KindCase, "registration.submit", m.application(o.resource))
}

// register takes cases from application to recorded rights, which it returns in
// the order of the cases.
func (m *market) register(ctx context.Context, cases []string) ([]string, error) {
	for _, step := range []struct {
		name   string
		common any
	}{{"registration.acceptBatch", nil}, {"registration.publishNoticeBatch", map[string]any{"findings": positive()}}} {
		if _, err := m.submit(ctx, m.registrar, step.name, batch{step.common, items("caseId", cases)}); err != nil {
			return nil, fmt.Errorf("%s: %w", step.name, err)
		}
	}
	if err := m.awaitNotice(ctx, cases[len(cases)-1]); err != nil {
		return nil, err
	}
	body, err := m.recording(cases)
	if err != nil {
		return nil, err
	}
	result, err := m.submit(ctx, m.registrar, "registration.recordBatch", body)
	return idsOf(result, rights.KindRight), err
}

// derivation is a job that made something new of an offer's data.
func (o *offer) derivation(output, kind string) map[string]any {
	now := time.Now().Unix()
	return map[string]any{
		"op": "OpAggregate", "substantive": true, "env": rights.EnvSandbox, "startedAt": now, "finishedAt": now,
		"outputs": []rights.LineageOutput{{Type: kind, ContentRoot: output, Grade: 1}},
		"inputs":  []rights.InputUsed{{Type: "Resource", ID: o.resource, Version: 1, ContentRoot: o.root, PermissionRef: o.base}},
	}
}

// produce makes the product and hands it in for review.
func (m *market) produce(ctx context.Context, o *offer, reviewer actor) error {
	c, err := m.content(o.seller)
	if err != nil {
		return err
	}
	if o.lineage, err = m.one(ctx, o.seller, rights.KindLineage, "lineage.record", o.derivation(c.root, "Product")); err != nil {
		return err
	}
	if o.product, err = m.one(ctx, o.seller, rights.KindProduct, "product.create", rights.CreateProduct{
		Name: "测速观测数据产品", Overview: "按站点汇总，测速用合成数据。", ProductType: "Dataset",
		Inputs: []rights.ProductInput{{ObjectType: "Resource", ObjectID: o.resource, Version: 1, PermissionRef: o.base}},
		Level:  "LevelGeneral", Grade: 1, GradeReport: paper(rights.DocGrading), PI: "None", SubjectClass: "SubjectEnterprise",
		IndustryCode: "M74", RegionCode: "320902", RegionRange: "County",
		ContentRoot: c.root, MatchTag: c.tag, TagEpoch: 1, TagAttestation: c.attestation, LineageID: o.lineage,
	}); err != nil {
		return err
	}
	opinion := paper(rights.DocCompliance)
	opinion.IssuerID = reviewer.uscc
	opinion.IssuedOn, opinion.ExpiresOn = time.Now().AddDate(0, 0, -2).Format(time.DateOnly), time.Now().AddDate(1, 0, 0).Format(time.DateOnly)
	_, err = m.submit(ctx, o.seller, "product.submitReview", rights.SubmitReview{ProductID: o.product, ComplianceOpinion: *opinion})
	return err
}

func (m *market) applyForProduct(ctx context.Context, o *offer) (caseID string, err error) {
	body := m.application(o.product)
	body["objectType"], body["rightKinds"] = "Product", []rights.RightKind{rights.RightOperation}
	body["evidence"] = append(body["evidence"].([]rights.Evidence), *paper(rights.DocAgreement))
	body["basis"] = []rights.Basis{{Type: "BasisOwnRight", RefID: o.base, EvidenceHash: newHash()}}
	return m.one(ctx, o.seller, rights.KindCase, "registration.submit", body)
}

// list offers the product for use for a year less a week.
func (m *market) list(ctx context.Context, o *offer) (err error) {
	until := time.Now().AddDate(0, 11, 0).Unix()
	o.listing, err = m.one(ctx, o.seller, rights.KindListing, "listing.submit", rights.SubmitListing{
		ProductID: o.product, VenueID: m.exchange.uscc, RightID: o.right, SubjectType: "LicenceUse", DeliveryModes: []string{"EncryptedFile", "API"},
		Permission: &rights.Permission{Scope: rights.Scope{
			ObjectIDs: []string{o.product}, Purposes: []string{"*"}, Regions: []string{"3209"}, Industries: []string{"*"},
			Actions: []rights.Action{rights.ActHold, rights.ActQuery, rights.ActProcess}, MaxGrade: 3, Envs: []rights.Env{rights.EnvClientFile},
			From: time.Now().Unix(), To: until}},
		PriceModel: "PerPeriod", UnitPriceFen: 100_00, ValidTo: until, SimilarityHash: newHash(),
	})
	return err
}

func paper(kind rights.DocType) *rights.Evidence {
	return &rights.Evidence{DocType: kind, Hash: newHash()}
}

// meterUnit is what permits count.
const meterUnit = "Calls"

// permit is a usage permit and how far it is metered. One caller at a time has it.
type permit struct {
	id   string
	seq  int64
	from int64 // of the next period
}

// period is what the next record of a permit says: ten seconds, one call.
func (p *permit) period() map[string]any {
	p.seq++
	p.from += meterPeriod
	return map[string]any{"permitId": p.id, "seq": p.seq, "periodFrom": p.from - meterPeriod, "periodTo": p.from,
		"items": []rights.Amount{{Unit: meterUnit, Qty: 1}}, "jobRoot": newHash()}
}

const (
	meterPeriod = 10        // seconds
	meterSince  = 20 * 3600 // seconds ago that permits are valid from: so many periods are over
)

// permits are n permits to an operating body under one grant of public data.
func (m *market) permits(ctx context.Context, n int) ([]*permit, error) {
	var unit, implementing, operating actor
	for _, x := range []struct {
		who  *actor
		role rights.Role
	}{{&unit, rights.RoleSourceUnit}, {&implementing, rights.RoleImplementing}, {&operating, rights.RoleOperating}} {
		made, err := m.firms(ctx, 1, x.role)
		if err != nil {
			return nil, fmt.Errorf("couldn't let a %s in: %w", x.role, err)
		}
		*x.who = made[0]
	}
	entry, err := m.catalogueEntries(unit, 1)
	if err != nil {
		return nil, err
	}
	common := entry.Common.(map[string]any)
	common["subjectClass"], common["publicKind"], common["sourceUnitId"], common["publicRegCode"] = "SubjectPublic", "GovDuty", unit.uscc, "GG320900"+unit.uscc[10:17]
	data, err := m.one(ctx, unit, rights.KindResource, "resource.catalogueBatch", entry)
	if err != nil {
		return nil, err
	}
	from := time.Now().Unix() - meterSince
	scope := rights.Scope{ObjectIDs: []string{data}, Purposes: []string{"*"}, Regions: []string{"*"}, Industries: []string{"*"}, Actions: []rights.Action{rights.ActQuery, rights.ActProcess},
		MaxGrade: 3, Envs: []rights.Env{rights.EnvTEE}, From: from, To: time.Now().AddDate(0, 6, 0).Unix()}
	agreement := newHash()
	grant, err := m.one(ctx, implementing, rights.KindGrant, "grant.propose", rights.ProposeGrant{
		Tier: rights.GrantL1, GranteeID: operating.uscc, RegionCode: "320900", Mode: "Domain", Scope: scope, PlanHash: newHash(), DecisionRef: newHash(),
		AgreementHash: agreement, Selection: "OpenTender", FeeRule: rights.FeeRule{UseClass: "PublicBenefit"},
	})
	if err != nil {
		return nil, err
	}
	if _, err := m.submit(ctx, implementing, "grant.publish", rights.PublishGrant{GrantID: grant, NoticeText: "测速用授权公示"}); err != nil {
		return nil, err
	}
	if err := m.awaitGrant(ctx, implementing, grant); err != nil {
		return nil, err
	}
	for _, who := range []actor{implementing, operating} {
		if _, err := m.submit(ctx, who, "grant.sign", rights.SignGrant{GrantID: grant, AgreementHash: agreement}); err != nil {
			return nil, fmt.Errorf("grant.sign: %w", err)
		}
	}
	scope.Quota = []rights.Amount{{Unit: meterUnit, Qty: 10_000_000}}
	all := make([]*permit, n)
	return all, sideBySide(ctx, n, func(ctx context.Context, i int) error {
		id, err := m.one(ctx, operating, rights.KindPermit, "permit.request", rights.RequestPermit{
			BasisID: grant, Scope: scope, PlatformID: m.platform.uscc, OutputRule: "ResultsOnly", PurposeHash: newHash()})
		if err != nil {
			return err
		}
		all[i] = &permit{id: id, from: from}
		_, err = m.submit(ctx, operating, "permit.approve", rights.PermitWithReason{PermitID: id})
		return err
	})
}

// awaitGrant waits until the notice of a grant has ended.
func (m *market) awaitGrant(ctx context.Context, authoriser actor, id string) error {
	var g rights.Grant
	if err := m.await(ctx, func() (bool, error) {
		raw, err := m.record(ctx, authoriser, "/v1/grants/"+id)
		if err != nil {
			return false, err
		}
		return json.Unmarshal(raw, &g) == nil && g.NoticeEndsAt > 0, nil
	}); err != nil {
		return fmt.Errorf("couldn't see %s in public notice: %w", id, err)
	}
	return waitUntil(ctx, g.NoticeEndsAt)
}

// record reads a record as its reader may, once the gateway has indexed it.
func (m *market) record(ctx context.Context, reader actor, path string) (raw json.RawMessage, err error) {
	session, err := m.clients[reader.gateway].OpenSession(ctx, reader.key, reader.uscc, reader.no)
	if err != nil {
		return nil, err
	}
	c := m.clients[reader.gateway].InSession(session)
	err = m.await(ctx, func() (bool, error) {
		_, err := c.Get(ctx, path, nil, &raw)
		if notFound(err) {
			return false, nil
		}
		return err == nil, err
	})
	return raw, errors.Join(err, c.CloseSession(ctx))
}

// waitUntil waits until a notice has ended, by the ledger's dates.
func waitUntil(ctx context.Context, end int64) error {
	wait := time.Until(time.Unix(end, 0)) + time.Second
	if wait > maxNotice {
		return fmt.Errorf("notices on this consortium run for %s; measure on one of bench's own", wait.Round(time.Second))
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
		return nil
	}
}

var errItems = errors.New("the answer names fewer records than the command has items")
