package rights

import "slices"

// The published catalogues: of data, of products, and of what is granted for
// operation (3.21).
var catalogueMachine = Machine{
	Entity: "catalogue",
	Kind:   KindCatalogue,
	Title:  Text{"目录条目", "Catalogue entry"},
	States: []StateInfo{
		{StatePublished, Text{"已发布", "Published"}, false},
		{StateWithdrawn, Text{"已撤下", "Withdrawn"}, true},
	},
	Transitions: []Transition{
		{nil, "publish", "", who(BySubmitter), Text{"数据目录由数源单位或持有人、产品目录由产品方、授权运营目录由运营主体发布；授权运营须有公共数据登记码；同一对象同时至多一条", "data by the source unit or holder, products by their owner, grants by the operating body; a granted resource has its public registration; one in being an object"}, StatePublished},
		{in(StatePublished), "withdraw", "", who(BySubmitter, ByRegulator), Text{"附理由", "with a reason"}, StateWithdrawn},
	},
}

// PublishEntry is the body of catalogue.publish.
type PublishEntry struct {
	Kind     string `json:"kind"`     // Data, Product, Grant
	ObjectID string `json:"objectId"` // resource or product
	GrantID  string `json:"grantId,omitempty"`
	Ver      int64  `json:"ver"`
}

func publishEntry(a *Act, b *PublishEntry) error {
	if err := oneOf("kind", b.Kind, "Data", "Product", "Grant"); err != nil {
		return err
	}
	if (b.Kind == "Grant") != (b.GrantID != "") {
		return refuse(CodeFormat, "授权运营目录写明授权，其余不写", "an entry of a granted resource names its grant; others do not").at("grantId")
	}
	e := &CatalogueEntry{Kind: b.Kind, ObjectID: b.ObjectID, PublisherID: a.Actor.USCC, GrantID: b.GrantID, Ver: b.Ver}
	may, err := a.describe(e)
	if err != nil {
		return err
	}
	to, err := a.step(&catalogueMachine, b.ObjectID, "", "publish", "", Relations{BySubmitter: may})
	if err != nil {
		return err
	}
	id := a.newID(KindCatalogue, e.RegionCode)
	name := pair("catalogue", b.Kind, b.ObjectID, b.GrantID)
	if err := a.claimOnce(name, id, "objectId", func(other string) (bool, error) {
		var o CatalogueEntry
		err := need(a, KindCatalogue, "objectId", other, &o)
		return o.State == StatePublished, err
	}); err != nil {
		return err
	}
	if err := a.nextVersion(name, b.Ver); err != nil {
		return err
	}
	return a.create(KindCatalogue, id, to, "", e)
}

// describe fills in an entry from its object and returns who publishes it.
func (a *Act) describe(e *CatalogueEntry) (publishers []string, err error) {
	if e.Kind == "Product" {
		var d Product
		if err := need(a, KindProduct, "objectId", e.ObjectID, &d); err != nil {
			return nil, err
		}
		if d.State == StateDraft || productMachine.Ended(d.State) {
			return nil, refuse(CodeState, "产品不在可发布的状态", "the product is not in a state to be published").at("objectId").on(d.ID)
		}
		e.ObjectName, e.ResponsibleID, e.Grade, e.RegionCode, e.IndustryCode = d.Name, d.OwnerID, d.Grade, d.RegionCode, d.IndustryCode
		return []string{d.OwnerID}, nil
	}
	var r Resource
	if err := need(a, KindResource, "objectId", e.ObjectID, &r); err != nil {
		return nil, err
	}
	if r.State != StateCatalogued {
		return nil, refuse(CodeState, "资源不在编目状态", "the resource is not in the catalogue").at("objectId").on(r.ID)
	}
	e.ObjectName, e.ResponsibleID, e.Grade, e.RegionCode, e.IndustryCode, e.PublicRegCode = r.Name, r.HolderID, r.Grade, r.RegionCode, r.IndustryCode, r.PublicRegCode
	if r.SourceUnitID != "" {
		e.ResponsibleID = r.SourceUnitID
	}
	if e.Kind == "Data" {
		return append(named(r.SourceUnitID), r.HolderID), nil
	}
	var g Grant
	if err := need(a, KindGrant, "grantId", e.GrantID, &g); err != nil {
		return nil, err
	}
	p, err := a.marketRules()
	if err != nil {
		return nil, err
	}
	if err := a.effective(p, "grantId", g.ID); err != nil {
		return nil, basisFell(err, "grantId", g.ID)
	}
	if !slices.Contains(g.Scope.ObjectIDs, r.ID) {
		return nil, refuse(CodeScope, "资源不在授权内", "the resource is not in the grant").at("objectId").on(g.ID)
	}
	if !a.publiclyRegistered(&r) {
		return nil, refuse(CodeBasis, "资源 %s 没有有效的公共数据登记码", "resource %s has no public registration in force", r.ID).at("objectId").on(r.ID).by("RG-8")
	}
	return []string{g.GranteeID}, nil
}

// WithdrawEntry is the body of catalogue.withdraw.
type WithdrawEntry struct {
	EntryID string `json:"entryId"`
	Reason  string `json:"reason"`
}

func withdrawEntry(a *Act, b *WithdrawEntry) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	var e CatalogueEntry
	if err := need(a, KindCatalogue, "entryId", b.EntryID, &e); err != nil {
		return err
	}
	to, err := a.step(&catalogueMachine, e.ID, e.State, "withdraw", "", Relations{BySubmitter: {e.PublisherID}})
	if err != nil {
		return err
	}
	e.State, e.Reason = to, b.Reason
	return a.update(KindCatalogue, &e)
}
