package rights

// SubmitReview is the body of product.submitReview. PublicRegCode is the code a
// public-data product was given on the public-data registry meanwhile.
type SubmitReview struct {
	ProductID         string   `json:"productId"`
	ComplianceOpinion Evidence `json:"complianceOpinion"`
	PublicRegCode     string   `json:"publicRegCode,omitempty"`
}

func submitReview(a *Act, b *SubmitReview) error {
	if err := first(checkPaper("complianceOpinion", b.ComplianceOpinion), optionalText("publicRegCode", b.PublicRegCode, 40)); err != nil {
		return err
	}
	return moveProduct(a, b.ProductID, "submitReview", "", func(d *Product, _ *Profile) error {
		if b.PublicRegCode != "" {
			if d.PublicData == nil {
				return refuse(CodeFormat, "仅公共数据产品填写", "is for products of public data only").at("publicRegCode").on(d.ID)
			}
			d.PublicData.PublicRegCode = b.PublicRegCode
		}
		d.ComplianceOpinion, d.ReturnReason = &b.ComplianceOpinion, ""
		return a.opinionStands("complianceOpinion", d.ComplianceOpinion, a.Actor, "3.6")
	})
}

// OfProduct is the body of product.approve and product.retire.
type OfProduct struct {
	ProductID string `json:"productId"`
}

func approveProduct(a *Act, b *OfProduct) error {
	return moveProduct(a, b.ProductID, "approve", "", func(d *Product, p *Profile) error {
		owner, err := a.activeWith("productId", d.OwnerID)
		if err != nil {
			return err
		}
		if err := a.opinionStands("complianceOpinion", d.ComplianceOpinion, owner, "3.6"); err != nil {
			return err
		}
		return a.producible(p, d, &d.Versions[len(d.Versions)-1])
	})
}

// ProductReason is the body of product.return.
type ProductReason struct {
	ProductID string `json:"productId"`
	Reason    string `json:"reason"`
}

func returnProduct(a *Act, b *ProductReason) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return moveProduct(a, b.ProductID, "return", "", func(d *Product, _ *Profile) error { d.ReturnReason = b.Reason; return nil })
}

// ProductMeasure is the body of product.suspend and product.resume: an office's
// own act, under a reference of its own. Measures suspend by themselves.
type ProductMeasure struct {
	ProductID string `json:"productId"`
	Ref       string `json:"ref"`
	Reason    string `json:"reason,omitempty"`
}

func (b *ProductMeasure) check() error {
	if isOf(b.Ref, KindMeasure) {
		return refuse(CodeFormat, "监管措施自行生效、自行解除；此处填本机构文号", "a measure acts and is lifted by itself; this is the office's own reference").at("ref").by("SM-1")
	}
	return first(checkText("ref", b.Ref, 80), optionalText("reason", b.Reason, 400))
}

func suspendProduct(a *Act, b *ProductMeasure) error {
	if err := first(b.check(), checkText("reason", b.Reason, 400)); err != nil {
		return err
	}
	return moveProduct(a, b.ProductID, "suspend", "", func(d *Product, _ *Profile) error {
		d.Reason = b.Reason
		_, err := a.interrupt(&d.Suspension, d.ID, d.State, b.Ref)
		return err
	})
}

func resumeProduct(a *Act, b *ProductMeasure) error {
	if err := b.check(); err != nil {
		return err
	}
	var d Product
	if err := need(a, KindProduct, "productId", b.ProductID, &d); err != nil {
		return err
	}
	return moveProduct(a, b.ProductID, "resume", d.left(), func(d *Product, _ *Profile) error {
		d.Reason = b.Reason
		_, err := a.restore(&d.Suspension, d.ID, b.Ref)
		return err
	})
}

func retireProduct(a *Act, b *OfProduct) error {
	return moveProduct(a, b.ProductID, "retire", "", func(d *Product, _ *Profile) error {
		if err := a.nothingRelies(d.ID, KindTrade, KindListing); err != nil {
			if e := asRefusal(err); e != nil {
				return e.by("3.6")
			}
			return err
		}
		return nil
	})
}

// MarkProduct is the body of product.markHighQuality.
type MarkProduct struct {
	ProductID    string `json:"productId"`
	EvaluationID string `json:"evaluationId"`
}

// MarkResource is the body of resource.markHighQuality.
type MarkResource struct {
	ResourceID   string `json:"resourceId"`
	EvaluationID string `json:"evaluationId"`
}

// quality refuses what is not an effective quality evaluation of the object.
func (a *Act) quality(p *Profile, objectID, evaluationID string) (*HighQuality, error) {
	var e Evaluation
	if err := need(a, KindEvaluation, "evaluationId", evaluationID, &e); err != nil {
		return nil, err
	}
	if e.Kind != "Quality" || e.ObjectID != objectID {
		return nil, refuse(CodeBasis, "%[1]s 不是对 %[2]s 的质量评估", "%[1]s is no quality evaluation of %[2]s", e.ID, objectID).at("evaluationId").on(e.ID).by("3.2")
	}
	return &HighQuality{EvaluationID: e.ID, Since: a.Now}, a.effective(p, "evaluationId", e.ID)
}

func markProduct(a *Act, b *MarkProduct) error {
	return moveProduct(a, b.ProductID, "markHighQuality", "", func(d *Product, p *Profile) (err error) {
		d.HighQuality, err = a.quality(p, d.ID, b.EvaluationID)
		return err
	})
}

func markResource(a *Act, b *MarkResource) error {
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	return moveResource(a, b.ResourceID, "markHighQuality", func(r *Resource) (err error) {
		r.HighQuality, err = a.quality(p, r.ID, b.EvaluationID)
		return err
	})
}
