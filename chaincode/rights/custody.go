package rights

// Custody of data: hosting it confers no right (RT-6); the custodian acts only
// under permits.
var custodyMachine = Machine{
	Entity: "custody",
	Kind:   KindCustody,
	Title:  Text{"数据托管", "Custody"},
	States: []StateInfo{
		{StateProposed, Text{"待签署", "Proposed"}, false},
		{StateActive, Text{"托管中", "In custody"}, false},
		{StateEnded, Text{"已终止", "Ended"}, false},
		{StateDestroyed, Text{"已销毁", "Destroyed"}, true},
	},
	Transitions: []Transition{
		{nil, "propose", "", who(ByOwner), Text{"资源持有人提出并签署协议", "by the resource's holder, who signs the agreement with it"}, StateProposed},
		{in(StateProposed), "sign", "", who(ByCustodian), Text{"托管人就同一协议签署（G-5）；资源没有其他托管人", "the custodian signs the same agreement (G-5); the resource has no other custodian"}, StateActive},
		{in(StateProposed, StateActive), "end", "", who(ByOwner, ByCustodian), Text{"附理由", "with a reason"}, StateEnded},
		{in(StateEnded), "certifyDestroyed", "", who(ByCustodian), Text{"附销毁或移交证明", "with evidence that it was wiped or handed back"}, StateDestroyed},
	},
}

// ProposeCustody is the body of custody.propose.
type ProposeCustody struct {
	CustodianID   string  `json:"custodianId"`
	ResourceID    string  `json:"resourceId"`
	AgreementHash string  `json:"agreementHash"`
	DomainID      string  `json:"domainId"`
	ValidFrom     UnixSec `json:"validFrom"`
	ValidTo       UnixSec `json:"validTo"`
}

func proposeCustody(a *Act, b *ProposeCustody) error {
	var r Resource
	if err := need(a, KindResource, "resourceId", b.ResourceID, &r); err != nil {
		return err
	}
	to, err := a.step(&custodyMachine, r.ID, "", "propose", "", Relations{ByOwner: {r.HolderID}})
	if err != nil {
		return err
	}
	if err := first(checkHash("agreementHash", b.AgreementHash), checkText("domainId", b.DomainID, 40)); err != nil {
		return err
	}
	if b.ValidFrom <= 0 || b.ValidTo <= b.ValidFrom || b.ValidTo <= a.Now {
		return refuse(CodeTerm, "期限须非空且未过", "the term must not be empty or over").at("validTo")
	}
	if b.CustodianID == r.HolderID {
		return refuse(CodeSelf, "持有人不托管给自己", "nobody hosts for itself").at("custodianId").on(r.ID)
	}
	if _, err := a.activeWith("custodianId", b.CustodianID, RolePlatform, RoleThirdParty, RoleVendor); err != nil {
		return err
	}
	return a.create(KindCustody, a.newID(KindCustody, a.regionFor(r.ID)), to, "", &Custody{CustodianID: b.CustodianID, OwnerID: r.HolderID, ResourceID: r.ID,
		AgreementHash: b.AgreementHash, DomainID: b.DomainID, ValidFrom: b.ValidFrom, ValidTo: b.ValidTo, Signatures: []Signature{{a.Actor.USCC, a.Kid, b.AgreementHash, a.Now}}})
}

// moveCustody loads a custody and steps it; change edits it first.
func moveCustody(a *Act, id, event string, change func(*Custody) error) error {
	var c Custody
	if err := need(a, KindCustody, "custodyId", id, &c); err != nil {
		return err
	}
	to, err := a.step(&custodyMachine, id, c.State, event, "", Relations{ByOwner: {c.OwnerID}, ByCustodian: {c.CustodianID}})
	if err != nil {
		return err
	}
	if err := change(&c); err != nil {
		return err
	}
	c.State = to
	return a.update(KindCustody, &c)
}

// hosted notes on a resource who hosts it, so that whoever does never
// registers it as his own (RT-6).
func (a *Act) hosted(resourceID, custodian, agreement string) error {
	var r Resource
	if err := need(a, KindResource, "custodyId", resourceID, &r); err != nil {
		return err
	}
	if r.CustodianID == custodian && r.CustodyAgreement == agreement {
		return nil
	}
	r.CustodianID, r.CustodyAgreement = custodian, agreement
	return a.update(KindResource, &r)
}

// SignCustody is the body of custody.sign.
type SignCustody struct {
	CustodyID     string `json:"custodyId"`
	AgreementHash string `json:"agreementHash"`
}

func signCustody(a *Act, b *SignCustody) error {
	return moveCustody(a, b.CustodyID, "sign", func(c *Custody) error {
		if b.AgreementHash != c.AgreementHash {
			return refuse(CodeConsent, "须就同一协议签署：%s", "both sign the same agreement: %s", c.AgreementHash).at("agreementHash").on(c.ID).by("G-5")
		}
		if a.Now >= c.ValidTo {
			return refuse(CodeTerm, "期限已过", "the term is over").on(c.ID)
		}
		var r Resource
		if err := need(a, KindResource, "custodyId", c.ResourceID, &r); err != nil {
			return err
		}
		if r.State != StateCatalogued {
			return refuse(CodeState, "资源不在编目状态", "the resource is not in the catalogue").on(r.ID)
		}
		if r.CustodianID != "" && r.CustodianID != c.CustodianID {
			return refuse(CodeExists, "资源已由 %s 托管", "%s hosts the resource already", r.CustodianID).on(r.ID)
		}
		c.Signatures = append(c.Signatures, Signature{a.Actor.USCC, a.Kid, b.AgreementHash, a.Now})
		if err := a.hosted(r.ID, c.CustodianID, c.AgreementHash); err != nil {
			return err
		}
		return a.rely(c.ID, c.OwnerID, c.CustodianID, c.ResourceID)
	})
}

// EndCustody is the body of custody.end.
type EndCustody struct {
	CustodyID string `json:"custodyId"`
	Reason    string `json:"reason"`
}

func endCustody(a *Act, b *EndCustody) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return moveCustody(a, b.CustodyID, "end", func(c *Custody) error {
		c.Reason = b.Reason
		return nil
	})
}

// CustodyDestroyed is the body of custody.certifyDestroyed.
type CustodyDestroyed struct {
	CustodyID   string    `json:"custodyId"`
	Destruction *Evidence `json:"destruction"`
}

func custodyDestroyed(a *Act, b *CustodyDestroyed) error {
	if err := needPaper("destruction", b.Destruction); err != nil {
		return err
	}
	return moveCustody(a, b.CustodyID, "certifyDestroyed", func(c *Custody) error {
		c.Destruction = b.Destruction
		if len(c.Signatures) < 2 { // it never began
			return nil
		}
		if err := a.hosted(c.ResourceID, "", ""); err != nil {
			return err
		}
		return a.unrely(c.ID, c.OwnerID, c.CustodianID, c.ResourceID)
	})
}
