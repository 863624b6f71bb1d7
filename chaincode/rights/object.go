package rights

// object is what is registered, be it a resource or a product: what a case, a
// right and a certificate say of it.
type object struct {
	Type           string // Resource, Product
	ID             string
	Name           string
	Overview       string
	HolderID       string // of a resource; the owner of a product
	SubjectClass   string
	SourceType     string
	PublicKind     string
	IndustryCode   string
	RegionCode     string
	RegionRange    string
	TimeFrom       string
	TimeTo         string
	UpdateFreq     string
	RecordCount    int64
	DataForm       string
	Level          string
	Grade          int64
	PI             string
	CustodianID    string
	Authorised     bool // made of public data under a grant
	PublicRegCode  string
	PublicRegUntil UnixSec // 0: a code issued elsewhere, whose end is not known here
	Limits         *Limits
	Versions       []objectVersion
	Inputs         []ProductInput

	state    State
	ready    bool // in the state in which it may be registered
	machine  *Machine
	resource *Resource
	product  *Product
}

type objectVersion struct{ ContentRoot, MatchTag, LineageID string }

// The types of what is registered.
const (
	ObjectResource = "Resource"
	ObjectProduct  = "Product"
)

func ofResource(r *Resource) *object {
	o := &object{
		Type: ObjectResource, ID: r.ID, Name: r.Name, Overview: r.Overview, HolderID: r.HolderID, SubjectClass: r.SubjectClass, SourceType: r.SourceType,
		PublicKind: r.PublicKind, IndustryCode: r.IndustryCode, RegionCode: r.RegionCode, RegionRange: r.RegionRange, TimeFrom: r.TimeFrom, TimeTo: r.TimeTo,
		UpdateFreq: r.UpdateFreq, RecordCount: r.RecordCount, DataForm: r.DataForm, Level: r.Level, Grade: r.Grade, PI: r.PI, CustodianID: r.CustodianID,
		PublicRegCode: r.PublicRegCode, PublicRegUntil: r.PublicRegValidTo, Limits: r.Limits,
		state: r.State, ready: r.State == StateCatalogued, machine: &resourceMachine, resource: r,
	}
	for _, v := range r.Versions {
		o.Versions = append(o.Versions, objectVersion{v.ContentRoot, v.MatchTag, ""})
	}
	return o
}

func ofProduct(p *Product) *object {
	o := &object{
		Type: ObjectProduct, ID: p.ID, Name: p.Name, Overview: p.Overview, HolderID: p.OwnerID, SubjectClass: p.SubjectClass, SourceType: "SrcDerived",
		IndustryCode: p.IndustryCode, RegionCode: p.RegionCode, RegionRange: p.RegionRange, Level: p.Level, Grade: p.Grade, PI: p.PI, Limits: p.Limits,
		DataForm: p.ProductType, Inputs: p.Inputs,
		state: p.State, ready: p.State == StateApproved, machine: &productMachine, product: p,
	}
	if p.PublicData != nil {
		o.Authorised, o.PublicRegCode, o.PublicRegUntil = true, p.PublicData.PublicRegCode, p.PublicData.PublicRegValidTo
	}
	for _, v := range p.Versions {
		o.Versions = append(o.Versions, objectVersion{v.ContentRoot, v.MatchTag, v.LineageID})
	}
	return o
}

// object loads what is, or is to be, registered.
func (a *Act) object(field, objectType, id string) (*object, error) {
	if objectType == ObjectProduct {
		p := new(Product)
		if err := need(a, KindProduct, field, id, p); err != nil {
			return nil, err
		}
		return ofProduct(p), nil
	}
	r := new(Resource)
	if err := need(a, KindResource, field, id, r); err != nil {
		return nil, err
	}
	return ofResource(r), nil
}

// registrable refuses an object that is not in the state to be registered.
func (o *object) registrable(field string) error {
	if o.ready {
		return nil
	}
	return refuse(CodeState, "登记对象状态为“%[1]s”，须为已编目的资源或已获准的产品", "the object is %[2]s; it must be a Catalogued resource or an Approved product",
		o.machine.Titled(o.state).Zh, string(o.state)).at(field).on(o.ID)
}

// version is one version of the object, counted from 1.
func (o *object) version(no int64) (objectVersion, bool) {
	if no < 1 || no > int64(len(o.Versions)) {
		return objectVersion{}, false
	}
	return o.Versions[no-1], true
}

// publicCode reports whether the object has a code of the public-data registry
// in force (RG-7, RG-8).
func (o *object) publicCode(at UnixSec) bool {
	return codeInForce(o.PublicRegCode, o.PublicRegUntil, at)
}

// codeInForce reports whether a code of the public-data registry counts at t;
// one without an end was issued outside this ledger.
func codeInForce(code string, until, t UnixSec) bool { return code != "" && (until == 0 || t < until) }

// store writes the object back.
func (a *Act) storeObject(o *object) error {
	if o.product != nil {
		return a.update(KindProduct, o.product)
	}
	return a.update(KindResource, o.resource)
}
