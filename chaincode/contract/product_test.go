package contract_test

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// tried sends a body without committing it.
func (m *market) tried(kid, name string, body any) answer {
	m.t.Helper()
	return m.try(m.client(kid), []byte("Submit"), m.sign(kid, name, body))
}

func (m *market) accepted(a answer, what string) {
	m.t.Helper()
	if a.failure != "" || a.refusal != nil {
		m.t.Errorf("%s: %s %v", what, a.failure, a.refusal)
	}
}

// Every rule on making a product, broken once; beside it, what is right.
func TestProducts(t *testing.T) {
	s := aShop(t)
	third := s.firm(110, "盐城数据分级服务有限公司", func(a *rights.Application) {
		a.Roles, a.ServiceTypes = []rights.Role{rights.RoleThirdParty}, []string{"SvcAppraisal"}
	})
	kin := s.firm(111, "同集团服务有限公司", func(a *rights.Application) {
		a.Roles, a.GroupID = []rights.Role{rights.RoleThirdParty}, hash("group")
	})
	edit(rights.KindParticipant, s.seller, func(p *rights.Participant) { p.GroupID = hash("group") })(s.market)
	other := s.recorded(weatherID, "weather", "SJ3212026070900")
	otherRight, otherResource := s.the(other).ResultRightIDs[2], s.the(other).ObjectID
	var grant string
	bought := s.newShop(120).deal(s.seller, "bought", func(l *rights.SubmitListing) {
		l.Permission = s.offer(rights.ActHold, rights.ActQuery, rights.ActProcess)
	}).delivered()
	copied := func(change func(*rights.Copy)) { edit(rights.KindCopy, bought.copy, change)(s.market) }
	plain := func(*rights.Copy) {}
	derivable := func(c *rights.Copy) { c.Permission = s.offer(rights.ActDerive, rights.ActProvide) }
	surviving := func(c *rights.Copy) {
		c.Permission, c.HoldUntil = s.offer(rights.ActDerive, rights.ActProvide), s.now
		c.Permission.DerivedSurvives = true
	}
	tainted := func(c *rights.Copy) {
		c.Permission, c.TaintNotice = s.offer(rights.ActDerive, rights.ActProvide), "AL-1"
	}
	lineage := func(b *rights.CreateProduct, change func(*rights.Lineage)) { // past the rules of lineage
		edit(rights.KindLineage, b.LineageID, change)(s.market)
	}
	closure := func(change func(*rights.Copy), substantive bool) func(*rights.CreateProduct) {
		return func(b *rights.CreateProduct) {
			copied(change)
			lineage(b, func(l *rights.Lineage) {
				l.Copies = []rights.LineageCopy{{CopyID: bought.copy, Substantive: substantive}}
			})
		}
	}
	public := func(change func(*rights.CreateProduct, *rights.Lineage)) func(*rights.CreateProduct) {
		return func(b *rights.CreateProduct) {
			grant = s.grant(s.seller, "Industry", 500_00)
			b.SubjectClass, b.ScenarioIDs, b.PublicData = "SubjectPublic", []string{"SC-1"}, &rights.PublicData{GrantID: grant, UseClass: "Industry"}
			lineage(b, func(l *rights.Lineage) {
				l.GrantIDs, l.PublicID = []string{grant}, []string{"DR-x"}
				if change != nil {
					change(b, l)
				}
			})
		}
	}
	person := func(op, pi string) func(*rights.CreateProduct) {
		return func(b *rights.CreateProduct) {
			edit(rights.KindResource, s.resource, func(r *rights.Resource) { r.PI = "SensitivePI" })(s.market)
			b.PI = pi
			lineage(b, func(l *rights.Lineage) { l.Op = op })
		}
	}
	for _, c := range []struct {
		name   string
		change func(*rights.CreateProduct)
		code   rights.Code // "" when it is right
		field  string
	}{
		{"as it should be", func(*rights.CreateProduct) {}, "", ""},
		{"no name", func(b *rights.CreateProduct) { b.Name = "" }, rights.CodeFormat, "name"},
		{"no type", func(b *rights.CreateProduct) { b.ProductType = "Gold" }, rights.CodeFormat, "productType"},
		{"core data (R-1)", func(b *rights.CreateProduct) { b.Level = "LevelCore" }, rights.CodeGrade, "level"},
		{"ungraded", func(b *rights.CreateProduct) { b.GradeReport = nil }, rights.CodeFormat, "gradeReport.docType"},
		{"nothing in it", func(b *rights.CreateProduct) { b.Inputs = nil }, rights.CodeBasis, "inputs"},
		{"an input twice", func(b *rights.CreateProduct) { b.Inputs = append(b.Inputs, b.Inputs[0]) }, rights.CodeFormat, "inputs[1]"},
		{"input not here", func(b *rights.CreateProduct) { b.Inputs[0].ObjectID = "DR-0" }, rights.CodeNotFound, "inputs[0].objectId"},
		{"input's version to come", func(b *rights.CreateProduct) { b.Inputs[0].Version = 2 }, rights.CodeNotFound, "inputs[0].version"},
		{"input retired", func(b *rights.CreateProduct) {
			edit(rights.KindResource, s.resource, func(r *rights.Resource) { r.State = rights.StateRetired })(s.market)
		}, rights.CodeState, "inputs[0].objectId"},
		{"input without ActProvide (DP-1)", func(b *rights.CreateProduct) { b.Inputs[0].PermissionRef = s.use }, rights.CodeBasis, "inputs[0].permissionRef"},
		{"licensed input without ActDerive (A-9)", func(b *rights.CreateProduct) {
			edit(rights.KindRight, s.right, func(r *rights.Right) {
				r.Scope = &rights.Scope{ObjectIDs: []string{s.resource}, Actions: []rights.Action{rights.ActProvide}}
			})(s.market)
		}, rights.CodeBasis, "inputs[0].permissionRef"},
		{"somebody else's right", func(b *rights.CreateProduct) {
			b.Inputs[0].ObjectID, b.Inputs[0].PermissionRef = otherResource, otherRight
		}, rights.CodeBasis, "inputs[0].permissionRef"},
		{"a right over something else", func(b *rights.CreateProduct) { b.Inputs[0].ObjectID = otherResource }, rights.CodeBasis, "inputs[0].permissionRef"},
		{"a right not effective", func(b *rights.CreateProduct) {
			edit(rights.KindRight, s.right, func(r *rights.Right) { r.State = rights.StateSuspended })(s.market)
		}, rights.CodeBasis, "inputs[0].permissionRef"},
		{"no lineage", func(b *rights.CreateProduct) { b.LineageID = "" }, rights.CodeFormat, "lineageId"},
		{"lineage of something else", func(b *rights.CreateProduct) {
			b.LineageID = s.lineage(hash("else"))
		}, rights.CodeLineage, "lineageId"},
		{"lineage refuted", func(b *rights.CreateProduct) {
			lineage(b, func(l *rights.Lineage) { l.State = rights.StateRefuted })
		}, rights.CodeLineage, "lineageId"},
		{"lineage of a stranger's work (LN-5)", func(b *rights.CreateProduct) {
			lineage(b, func(l *rights.Lineage) { l.OperatorID = weatherID })
		}, rights.CodeLineage, "lineageId"},
		{"lineage of a processor its permit entrusts", func(b *rights.CreateProduct) {
			s.put(rights.KindPermit, "UP-x", &rights.Permit{Head: s.sceneHead(rights.KindPermit, "UP-x", rights.StateActive), PermitteeID: s.seller, EntrustedIDs: []string{weatherID}})
			lineage(b, func(l *rights.Lineage) { l.OperatorID, l.PermitID = weatherID, "UP-x" })
		}, "", ""},
		{"lineage that knows of another input", func(b *rights.CreateProduct) {
			lineage(b, func(l *rights.Lineage) {
				l.Inputs = append(l.Inputs, rights.LineageInput{Type: "Resource", ID: otherResource, Version: 1})
			})
		}, rights.CodeLineage, "inputs"},
		{"graded below its lineage (R-3)", func(b *rights.CreateProduct) { b.Grade = 1 }, rights.CodeGrade, "grade"},
		{"graded below its inputs, on one's own word (R-2)", func(b *rights.CreateProduct) {
			b.Grade = 1
			lineage(b, func(l *rights.Lineage) { l.Outputs[0].Grade = 1 })
		}, rights.CodeGrade, "gradeReport"},
		{"below its inputs, on a stranger's who is no third party", func(b *rights.CreateProduct) {
			b.Grade, b.GradeReport.IssuerID = 1, weatherID
			lineage(b, func(l *rights.Lineage) { l.Outputs[0].Grade = 1 })
		}, rights.CodeRole, "gradeReport.issuerId"},
		{"below its inputs, on a kinsman's word (SD-3)", func(b *rights.CreateProduct) {
			b.Grade, b.GradeReport.IssuerID = 1, kin
			lineage(b, func(l *rights.Lineage) { l.Outputs[0].Grade = 1 })
		}, rights.CodeSelf, "gradeReport.issuerId"},
		{"below its inputs, on a third party's word", func(b *rights.CreateProduct) {
			b.Grade, b.GradeReport.IssuerID = 1, third
			lineage(b, func(l *rights.Lineage) { l.Outputs[0].Grade = 1 })
		}, "", ""},
		{"below what lies deep in its lineage", func(b *rights.CreateProduct) {
			lineage(b, func(l *rights.Lineage) { l.MaxGrade = 4 })
		}, rights.CodeGrade, "gradeReport"},
		{"persons in it, cleaned away", person("OpClean", "None"), rights.CodeGrade, "pi"},
		{"persons in it, aggregated", person("OpAggregate", "None"), "", ""},
		{"persons in it, and said so", person("OpClean", "SensitivePI"), "", ""},
		{"no tag (LS-8)", func(b *rights.CreateProduct) { b.MatchTag, b.TagEpoch, b.TagAttestation = "", 0, nil }, rights.CodeFormat, "matchTag"},
		{"tag of another's", func(b *rights.CreateProduct) {
			b.TagAttestation = s.tagged(weatherID, b.ContentRoot, b.MatchTag)
		}, rights.CodeSignature, "tagAttestation.signature"},
		{"tag on a specification", func(b *rights.CreateProduct) { b.ProductType = "API" }, rights.CodeFormat, "matchTag"},
		{"attestation without tag", func(b *rights.CreateProduct) { b.ProductType, b.MatchTag = "API", "" }, rights.CodeFormat, "matchTag"},
		{"a model without tag", func(b *rights.CreateProduct) {
			b.ProductType, b.MatchTag, b.TagEpoch, b.TagAttestation = "Model", "", 0, nil
		}, "", ""},
		{"what was bought, unchanged (A-17)", func(b *rights.CreateProduct) {
			b.MatchTag = bought.tag
			b.TagAttestation = s.tagged(s.seller, b.ContentRoot, b.MatchTag)
		}, rights.CodeResale, "matchTag"},
		{"a bought copy in its lineage, barely changed (DP-5)", closure(plain, false), rights.CodeResale, "lineageId"},
		{"a bought copy in its lineage, without ActDerive", closure(plain, true), rights.CodeResale, "lineageId"},
		{"a bought copy in its lineage, barely changed under ActDerive", closure(derivable, false), rights.CodeResale, "lineageId"},
		{"a bought copy in its lineage, derived (A-19)", closure(derivable, true), "", ""},
		{"a bought copy past its term whose derivatives survive", closure(surviving, true), "", ""},
		{"a tainted copy in its lineage", closure(tainted, true), rights.CodeResale, "lineageId"},
		{"public data without grant (DP-3)", func(b *rights.CreateProduct) {
			lineage(b, func(l *rights.Lineage) { l.PublicID = []string{"DR-x"} })
		}, rights.CodeBasis, "publicData"},
		{"public data under its grant", public(nil), "", ""},
		{"raw public data (DP-4)", public(func(_ *rights.CreateProduct, l *rights.Lineage) { l.Substantive = false }), rights.CodeLineage, "lineageId"},
		{"a grant its lineage knows nothing of", public(func(_ *rights.CreateProduct, l *rights.Lineage) { l.GrantIDs = []string{} }), rights.CodeLineage, "publicData.grantId"},
		{"a scenario outside the grant", public(func(b *rights.CreateProduct, _ *rights.Lineage) { b.ScenarioIDs = []string{"SC-2"} }), rights.CodeScope, "scenarioIds[0]"},
		{"no scenario", public(func(b *rights.CreateProduct, _ *rights.Lineage) { b.ScenarioIDs = nil }), rights.CodeScope, "scenarioIds"},
		{"a grant not effective", public(func(*rights.CreateProduct, *rights.Lineage) {
			edit(rights.KindGrant, grant, func(g *rights.Grant) { g.State = rights.StateRevoked })(s.market)
		}), rights.CodeBasis, "publicData.grantId"},
		{"somebody else's grant", public(func(*rights.CreateProduct, *rights.Lineage) {
			edit(rights.KindGrant, grant, func(g *rights.Grant) { g.GranteeID = weatherID })(s.market)
		}), rights.CodeBasis, "publicData.grantId"},
		{"industry under a grant for public benefit", public(func(*rights.CreateProduct, *rights.Lineage) {
			edit(rights.KindGrant, grant, func(g *rights.Grant) { g.FeeRule.UseClass = "PublicBenefit" })(s.market)
		}), rights.CodeScope, "publicData.useClass"},
	} {
		kept := s.ledger
		s.ledger = kept.Clone()
		b := s.product("p")
		c.change(&b)
		if a := s.tried(s.seller+"#1", "product.create", b); c.code == "" {
			s.accepted(a, c.name)
		} else if a.refusal == nil || a.refusal.Code != c.code || a.refusal.Field != c.field {
			t.Errorf("%s: %v; want %s %s", c.name, a.refusal, c.code, c.field)
		}
		s.ledger = kept
	}
	for _, office := range []string{officer, exchangeID + "#1", regulatorID + "#1"} { // SD-1, SD-2, SD-4
		s.refuses(s.do(office, "product.create", service("x")), rights.CodeSelf)
	}
}

// A resold product needs no substantive lineage, but the permission to resell.
func TestResellerProduct(t *testing.T) {
	s := aShop(t)
	buyer := *s
	buyer.seller = s.firm(120, "转售有限公司", nil)
	d := s.deal(buyer.seller, "original").delivered()
	bought, copyID := d.product, d.copy
	root := hash("product root " + buyer.seller + "original") // reformatted: another root, the same tag
	buyer.must(buyer.sell("lineage.record", rights.RecordLineage{Outputs: []rights.LineageOutput{{Type: "Product", ContentRoot: root, Grade: 2}},
		Inputs: []rights.InputUsed{{Type: "Copy", ID: copyID, ContentRoot: hash("sent " + d.delivery), PermissionRef: copyID}}, Op: "OpFormat", Env: rights.EnvClientFile,
		StartedAt: s.now, FinishedAt: s.now}))
	b := buyer.product("original")
	b.Inputs = []rights.ProductInput{{ObjectType: "Product", ObjectID: bought, Version: 1, PermissionRef: copyID}}
	edit(rights.KindProduct, bought, func(d *rights.Product) { d.State = rights.StateSuspended })(s.market)
	s.refuses(buyer.sell("product.create", b), rights.CodeState)
	edit(rights.KindProduct, bought, func(d *rights.Product) { d.State = rights.StateApproved })(s.market)
	work := service("of no data")
	work.LineageID = b.LineageID
	s.refuses(buyer.sell("product.create", work), rights.CodeFormat)
	allowed := read[rights.Copy](s.market, rights.KindCopy, copyID).Permission.Actions
	edit(rights.KindCopy, copyID, func(c *rights.Copy) { c.Permission.Actions = []rights.Action{rights.ActHold, rights.ActProcess} })(s.market)
	if e := s.refuses(buyer.sell("product.create", b), rights.CodeResale); e.Record != copyID {
		t.Errorf("%+v", e)
	}
	edit(rights.KindCopy, copyID, func(c *rights.Copy) { c.Permission.Actions = allowed })(s.market)
	s.must(buyer.sell("product.create", b))
}

func TestProductReview(t *testing.T) {
	s := aShop(t)
	id := s.must(s.sell("product.create", s.product("p"))).id(rights.KindProduct)
	review := func(change func(*rights.Evidence)) rights.SubmitReview {
		e := s.opinion(s.reviewer)
		change(&e)
		return rights.SubmitReview{ProductID: id, ComplianceOpinion: e}
	}
	kin := s.firm(110, "同集团合规有限公司", func(a *rights.Application) {
		a.Roles, a.ServiceTypes, a.GroupID = []rights.Role{rights.RoleThirdParty}, []string{"SvcCompliance"}, hash("group")
	})
	lapsed := s.firm(111, "资质过期合规有限公司", func(a *rights.Application) {
		a.Roles, a.ServiceTypes = []rights.Role{rights.RoleThirdParty}, []string{"SvcCompliance"}
		a.Qualifications = []rights.Qualification{{Type: "SvcCompliance", No: "1", From: "2020-01-01", To: rights.CivilDate(s.now - 86400), EvidenceHash: hash("q")}}
	})
	edit(rights.KindParticipant, s.seller, func(p *rights.Participant) { p.GroupID = hash("group") })(s.market)
	for _, c := range []struct {
		name   string
		change func(*rights.Evidence)
		code   rights.Code
	}{
		{"another paper", func(e *rights.Evidence) { e.DocType = rights.DocOther }, rights.CodeFormat},
		{"no end", func(e *rights.Evidence) { e.ExpiresOn = "" }, rights.CodeFormat},
		{"ended yesterday", func(e *rights.Evidence) { e.ExpiresOn = rights.CivilDate(s.now - 86400) }, rights.CodeTerm},
		{"issued tomorrow", func(e *rights.Evidence) { e.IssuedOn = rights.CivilDate(s.now + 86400) }, rights.CodeTerm},
		{"by nobody", func(e *rights.Evidence) { e.IssuerID = "" }, rights.CodeFormat},
		{"by no third party", func(e *rights.Evidence) { e.IssuerID = weatherID }, rights.CodeRole},
		{"by a kinsman (SD-3)", func(e *rights.Evidence) { e.IssuerID = kin }, rights.CodeSelf},
		{"by one whose licence expired (P-4)", func(e *rights.Evidence) { e.IssuerID = lapsed }, rights.CodeBasis},
	} {
		if a := s.tried(s.seller+"#1", "product.submitReview", review(c.change)); a.refusal == nil || a.refusal.Code != c.code {
			t.Errorf("%s: %v; want %s", c.name, a.refusal, c.code)
		}
	}
	s.must(s.sell("product.submitReview", review(func(e *rights.Evidence) { e.ExpiresOn = rights.CivilDate(s.now) }))) // its last day counts
	approve := func() answer { return s.tried(exchangeID+"#1", "product.approve", rights.OfProduct{ProductID: id}) }
	s.accepted(approve(), "approve")
	edit(rights.KindRight, s.right, func(r *rights.Right) { r.State = rights.StateSuspended })(s.market) // DP-1, again
	s.refuses(approve(), rights.CodeBasis)
	edit(rights.KindRight, s.right, func(r *rights.Right) { r.State = rights.StateActive })(s.market)
	s.now += 86400
	s.refuses(approve(), rights.CodeTerm) // the opinion
}

// SM-2, SM-3: a product is free when every office that held it has let go.
func TestProductSuspension(t *testing.T) {
	s := aShop(t)
	id := s.approved(s.product("p"))
	of := func(ref string) rights.ProductMeasure {
		return rights.ProductMeasure{ProductID: id, Ref: ref, Reason: "x"}
	}
	s.must(s.do(exchangeID+"#1", "product.suspend", of("1")))
	s.refuses(s.do(exchangeID+"#1", "product.suspend", of("1")), rights.CodeExists)
	s.refuses(s.do(exchangeID+"#1", "product.suspend", of("SM-320902-20260706-000000000000-00")), rights.CodeFormat)
	s.must(s.do(regulatorID+"#1", "product.suspend", of("2")))
	s.refuses(s.do(exchangeID+"#1", "product.resume", of("2")), rights.CodeRole)
	s.refuses(s.do(exchangeID+"#1", "product.resume", of("3")), rights.CodeNotFound)
	s.must(s.do(exchangeID+"#1", "product.resume", of("1")))
	if d := read[rights.Product](s.market, rights.KindProduct, id); d.State != rights.StateSuspended {
		t.Errorf("%+v", d)
	}
	s.must(s.do(regulatorID+"#1", "product.resume", of("2")))
	if d := read[rights.Product](s.market, rights.KindProduct, id); d.State != rights.StateApproved || d.SuspendedFrom != "" {
		t.Errorf("%+v", d)
	}
}

func TestProductVersionsAndEnd(t *testing.T) {
	s := aShop(t)
	b := s.offered("p")
	id := b.ProductID
	next := s.next(id, "q")
	again := s.product("p")
	s.refuses(s.sell("product.newVersion", rights.NewProductVersion{ProductID: id, ContentRoot: again.ContentRoot, MatchTag: again.MatchTag, TagEpoch: 1, TagAttestation: again.TagAttestation, LineageID: again.LineageID}), rights.CodeDup)
	s.refuses(s.sell("product.create", s.product("p")), rights.CodeExists) // LS-9 is by product
	lower := next
	lower.Grade = 1
	s.refuses(s.sell("product.newVersion", lower), rights.CodeGrade)
	s.must(s.sell("product.newVersion", next))
	l := s.listed(b)
	if v := read[rights.Listing](s.market, rights.KindListing, l).ProductVersion; v != 2 {
		t.Errorf("version %d is listed", v)
	}
	if e := s.refuses(s.sell("product.retire", rights.OfProduct{ProductID: id}), rights.CodeState); e.Record != l {
		t.Errorf("%+v", e)
	}
	s.must(s.sell("listing.delist", rights.ListingReason{ListingID: l, Reason: "x"}))
	s.must(s.sell("product.retire", rights.OfProduct{ProductID: id}))
}

func TestHighQuality(t *testing.T) {
	s := aShop(t)
	id := s.approved(s.product("p"))
	ev := s.qualityOf("Product", id)
	mark := func() answer {
		return s.tried(regulatorID+"#1", "product.markHighQuality", rights.MarkProduct{ProductID: id, EvaluationID: ev})
	}
	s.accepted(mark(), "mark")
	for _, x := range []struct {
		harm func(*rights.Evaluation)
		code rights.Code
	}{
		{func(e *rights.Evaluation) { e.Kind = "Value" }, rights.CodeBasis},
		{func(e *rights.Evaluation) { e.ObjectID = s.resource }, rights.CodeBasis},
		{func(e *rights.Evaluation) { e.ValidTo = s.now }, rights.CodeTerm},
		{func(e *rights.Evaluation) { e.State = rights.StateChallenged }, rights.CodeState},
	} {
		kept := s.ledger
		s.ledger = kept.Clone()
		edit(rights.KindEvaluation, ev, x.harm)(s.market)
		s.refuses(mark(), x.code)
		s.ledger = kept
	}
}
