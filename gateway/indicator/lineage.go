package indicator

import (
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
)

// maxWalk bounds a walk through what things are made of; lineage nests less
// deep (LN-7).
const maxWalk = 64

// highQuality is IN-08: marked resources and dataset products, one per lineage
// family. The evaluation was in force when the mark was made; what is retired
// or destroyed is no dataset any more.
func highQuality(src Source, ask Ask) (Value, error) {
	family := newKin()
	enter := func(r rights.Record, mark *rights.HighQuality, region string, tags ...string) error {
		h := rights.HeadOf(r)
		if mark == nil || mark.Since > ask.AsOf || h.State == rights.StateRetired || h.State == rights.StateDestroyed || !ask.in(region) {
			return nil
		}
		e, err := find[rights.Evaluation](src, rights.KindEvaluation, mark.EvaluationID)
		if err != nil || e == nil || mark.Since < e.IssuedAt || mark.Since >= e.ValidTo {
			return err
		}
		origin, err := originOf(src, h.ID)
		if err != nil {
			return err
		}
		family.add(inputOf(r, 1), append([]string{h.ID, origin}, tags...)...)
		return nil
	}
	if err := each(src, rights.KindResource, func(r *rights.Resource) error {
		var tags []string
		for _, v := range r.Versions {
			if v.MatchTag != "" {
				tags = append(tags, v.MatchTag)
			}
		}
		return enter(r, r.HighQuality, r.RegionCode, tags...)
	}); err != nil {
		return Value{}, err
	}
	if err := each(src, rights.KindProduct, func(p *rights.Product) error {
		if p.ProductType != "Dataset" {
			return nil
		}
		var tags []string
		for _, v := range p.Versions {
			if v.MatchTag != "" {
				tags = append(tags, v.MatchTag)
			}
		}
		return enter(p, p.HighQuality, p.RegionCode, tags...)
	}); err != nil {
		return Value{}, err
	}
	return (&tally{inputs: family.inputs()}).sum()
}

// originOf is what a dataset is a version of: the beginning of the line of
// single inputs above it. What was made of several things is itself a
// beginning.
func originOf(src rights.Finder, id string) (string, error) {
	for range maxWalk {
		from, err := inputsOf(src, id)
		if err != nil || len(from) != 1 || from[0] == id {
			return id, err
		}
		id = from[0]
	}
	return id, nil
}

// inputsOf are the distinct objects that a product, or a resource that was made
// by processing, was made of.
func inputsOf(src rights.Finder, id string) (from []string, err error) {
	note := func(object string) {
		if object != "" && !slices.Contains(from, object) {
			from = append(from, object)
		}
	}
	lineage := ""
	switch {
	case isOf(id, rights.KindProduct):
		p, err := find[rights.Product](src, rights.KindProduct, id)
		if err != nil || p == nil {
			return nil, err
		}
		for _, in := range p.Inputs {
			note(in.ObjectID)
		}
	case isOf(id, rights.KindResource):
		r, err := find[rights.Resource](src, rights.KindResource, id)
		if err != nil || r == nil || len(r.Versions) == 0 {
			return nil, err
		}
		lineage = r.Versions[0].LineageID
	}
	l, err := find[rights.Lineage](src, rights.KindLineage, lineage)
	if err != nil || l == nil {
		return from, err
	}
	for _, in := range l.Inputs {
		object := in.ID
		if in.Type == "Copy" {
			c, err := find[rights.Copy](src, rights.KindCopy, in.ID)
			if err != nil {
				return nil, err
			}
			if c != nil {
				object = c.ProductID
			}
		}
		note(object)
	}
	return from, nil
}

// closure tells whether what things are made of ends only at sources that the
// ledger knows. It looks at everything once.
type closure struct {
	src   rights.Finder
	known map[string]bool // false as well while it is looked at: a circle has no end
}

func (c *closure) memo(key string, depth int, of func() (bool, error)) (bool, error) {
	if complete, seen := c.known[key]; seen || depth > maxWalk {
		return complete, nil
	}
	c.known[key] = false
	complete, err := of()
	c.known[key] = complete
	return complete, err
}

func (c *closure) product(id string, version int64, depth int) (bool, error) {
	return c.memo(id+"@"+number(version), depth, func() (bool, error) {
		p, err := find[rights.Product](c.src, rights.KindProduct, id)
		if err != nil || p == nil {
			return false, err
		}
		if p.RecognitionID != "" { // its sources are catalogued where it is registered (MR-2)
			r, err := find[rights.Recognition](c.src, rights.KindRecognition, p.RecognitionID)
			return r != nil && r.State == rights.StateRecognised, err
		}
		if len(p.Inputs) == 0 {
			return false, nil
		}
		for _, in := range p.Inputs {
			if complete, err := c.object(in.ObjectID, in.Version, depth+1); err != nil || !complete {
				return false, err
			}
		}
		for _, v := range p.Versions {
			if v.No == version && v.LineageID != "" {
				return c.lineage(v.LineageID, depth+1)
			}
		}
		return true, nil
	})
}

// object: a resource is in the catalogue, a product is made of such, a copy was
// delivered of one.
func (c *closure) object(id string, version int64, depth int) (bool, error) {
	switch {
	case isOf(id, rights.KindResource):
		r, err := find[rights.Resource](c.src, rights.KindResource, id)
		return r != nil, err
	case isOf(id, rights.KindProduct):
		return c.product(id, version, depth)
	case isOf(id, rights.KindCopy):
		held, err := find[rights.Copy](c.src, rights.KindCopy, id)
		if err != nil || held == nil {
			return false, err
		}
		return c.product(held.ProductID, held.Version, depth)
	}
	return false, nil
}

func (c *closure) lineage(id string, depth int) (bool, error) {
	return c.memo(id, depth, func() (bool, error) {
		l, err := find[rights.Lineage](c.src, rights.KindLineage, id)
		if err != nil || l == nil || l.State == rights.StateRefuted {
			return false, err
		}
		for _, in := range l.Inputs {
			var complete bool
			var err error
			if in.LineageID != "" {
				complete, err = c.lineage(in.LineageID, depth+1)
			} else {
				complete, err = c.object(in.ID, in.Version, depth+1)
			}
			if err != nil || !complete {
				return false, err
			}
		}
		return len(l.Inputs) > 0, nil
	})
}

// lineageComplete is SI-02, over the product versions that are listed. Work
// alone, made of no data (LS-10), has no lineage.
func lineageComplete(src Source, ask Ask) (Value, error) {
	c := &closure{src: src, known: map[string]bool{}}
	var t tally
	seen := map[string]bool{}
	err := each(src, rights.KindListing, func(l *rights.Listing) error {
		key := l.ProductID + "@" + number(l.ProductVersion)
		if !listed(l, true, ask) || seen[key] {
			return nil
		}
		seen[key] = true
		p, err := find[rights.Product](src, rights.KindProduct, l.ProductID)
		if err != nil || p == nil {
			return err
		}
		if (p.ProductType == "DataService" || p.ProductType == "DataTool") && len(p.Inputs) == 0 && p.RecognitionID == "" {
			return nil
		}
		complete, err := c.product(p.ID, l.ProductVersion, 0)
		t.share(p, complete)
		return err
	})
	if err != nil {
		return Value{}, err
	}
	return t.ratio()
}

// unpermittedEdges is SI-03: inputs whose permission was not effective when the
// work began, by the records as they stood when the ledger took the lineage.
// Intermediate results stand under the permissions of what they were made of.
func unpermittedEdges(src Source, _ Ask) (Value, error) {
	var t tally
	err := each(src, rights.KindLineage, func(l *rights.Lineage) error {
		if l.State == rights.StateSuperseded || l.State == rights.StateRefuted {
			return nil
		}
		then, err := src.When(rights.KindLineage, l.ID)
		if err != nil {
			return err
		}
		var bad int64
		for _, in := range l.Inputs {
			switch {
			case in.PermissionRef != "":
				ok, err := effective(then, in.PermissionRef, l.StartedAt, l.RuleProfileVer)
				if err != nil {
					return err
				}
				bad += one(!ok)
			case in.LineageID == "":
				bad++
			}
		}
		if bad > 0 {
			t.add(l, bad)
		}
		return nil
	})
	if err != nil {
		return Value{}, err
	}
	return t.sum()
}
