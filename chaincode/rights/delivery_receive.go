package rights

// ReceiveDelivery is the body of delivery.receive: the recipient signs for the
// cipher it got with its own key (DL-3).
type ReceiveDelivery struct {
	DeliveryID string `json:"deliveryId"`
	CipherHash string `json:"cipherHash,omitempty"` // as sent
}

func receiveDelivery(a *Act, b *ReceiveDelivery) error {
	return stepDelivery(a, b.DeliveryID, "receive", func(d *Delivery, p *Profile) error {
		if b.CipherHash != d.CipherHash {
			return refuse(CodeFormat, "所收密文 %[1]q 不是所发的 %[2]q", "the cipher received, %[1]q, is not the one sent, %[2]q", b.CipherHash, d.CipherHash).at("cipherHash").on(d.ID).by("DL-3")
		}
		if err := a.mayDeliver(p, d); err != nil {
			return err
		}
		var err error
		if d.AcceptDueAt, err = p.Due(a.Now, p.Int(ParamAcceptDelivery)); err != nil {
			return err
		}
		d.ReceivedAt, d.ReceivedBy = a.Now, a.Kid
		if d.ProductID == "" || d.Permission == nil { // a service leaves no copy
			return nil
		}
		return a.makeCopy(p, d)
	})
}

// makeCopy writes the recipient's copy of what a delivery handed over, or gave
// access to (CP-4).
func (a *Act) makeCopy(p *Profile, d *Delivery) error {
	if _, err := a.step(&copyMachine, "", "", "receive", "", Relations{ByRecipient: {d.ToID}}); err != nil {
		return err
	}
	destroyDays, err := a.destroyDays(d)
	if err != nil {
		return err
	}
	product, err := a.deliveredVersion(d)
	if err != nil {
		return err
	}
	c := &Copy{HolderID: d.ToID, ParentCopyID: d.ParentCopyID, DeliveryID: d.ID, TradeID: d.TradeID, ProductID: d.ProductID, Version: d.ProductVersion,
		AccessOnly: !handsOver(d.Mode), ContentRoot: d.ContentRoot, MatchTag: d.MatchTag, FingerprintCommit: d.FingerprintCommit, Permission: d.Permission,
		HoldUntil: d.Permission.To, DestroyDays: destroyDays, DestroyDueAt: d.Permission.To + p.days(destroyDays)}
	id := a.newID(KindCopy, a.regionFor(d.ID))
	if err := a.noteReceived(d.ToID, id, d.MatchTag, product.Versions[d.ProductVersion-1].MatchTag); err != nil {
		return err
	}
	if !c.AccessOnly {
		if err := a.rely(id, c.HolderID); err != nil {
			return err
		}
	}
	d.CopyID = id
	return a.create(KindCopy, id, StateHeld, d.RuleProfileVer, c)
}

// destroyDays is how long after its term a copy may still be there: as the
// trade agreed, or as long as the copy it was made of.
func (a *Act) destroyDays(d *Delivery) (int64, error) {
	if d.ParentCopyID != "" {
		var parent Copy
		err := need(a, KindCopy, "deliveryId", d.ParentCopyID, &parent)
		return parent.DestroyDays, err
	}
	if d.TradeID == "" {
		return 0, nil
	}
	var t Trade
	err := need(a, KindTrade, "deliveryId", d.TradeID, &t)
	return t.DestroyDays, err
}

// AcceptDelivery is the body of delivery.accept: the root of what was opened.
type AcceptDelivery struct {
	DeliveryID  string `json:"deliveryId"`
	ContentRoot string `json:"contentRoot,omitempty"`
}

func acceptDelivery(a *Act, b *AcceptDelivery) error {
	return stepDelivery(a, b.DeliveryID, "accept", func(d *Delivery, _ *Profile) error {
		if b.ContentRoot != d.ContentRoot {
			return refuse(CodeFormat, "解密所得内容根 %[1]q 与所发 %[2]q 不符；请拒收", "the root opened, %[1]q, is not the one sent, %[2]q; reject it", b.ContentRoot, d.ContentRoot).at("contentRoot").on(d.ID).by("DL-2")
		}
		return a.partAccepted(d)
	})
}

// RejectDelivery is the body of delivery.reject.
type RejectDelivery struct {
	DeliveryID string `json:"deliveryId"`
	Reason     string `json:"reason"`
}

func rejectDelivery(a *Act, b *RejectDelivery) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return stepDelivery(a, b.DeliveryID, "reject", func(d *Delivery, p *Profile) error {
		if a.Now >= d.AcceptDueAt {
			return refuse(CodeDeadline, "验收期限已于 %s 届满", "acceptance was due at %s", stamp(d.AcceptDueAt)).on(d.ID).by("3.9")
		}
		if d.TradeID != "" {
			var t Trade
			if err := need(a, KindTrade, "deliveryId", d.TradeID, &t); err != nil {
				return err
			}
			if err := t.free(); err != nil {
				return err
			}
		}
		d.RejectReason = b.Reason
		if d.CopyID == "" {
			return nil
		}
		return a.endTerm(p, d.CopyID)
	})
}

func deemAcceptDelivery(a *Act, b *OfDelivery) error {
	return stepDelivery(a, b.DeliveryID, "deemAccept", func(d *Delivery, _ *Profile) error {
		if a.Now < d.AcceptDueAt {
			return refuse(CodeDeadline, "验收期限至 %s", "acceptance is due at %s", stamp(d.AcceptDueAt)).on(d.ID).by("3.9")
		}
		d.AcceptDeemed = true
		return a.partAccepted(d)
	})
}
