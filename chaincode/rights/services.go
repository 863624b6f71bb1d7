package rights

import "slices"

// The types a market party may be admitted under.
var (
	vendorTypes  = []string{"VendorTechnical", "VendorService", "VendorApplication"}
	serviceTypes = []string{"SvcBroker", "SvcCompliance", "SvcAudit", "SvcNotary", "SvcInsurance", "SvcCustody", "SvcTraining", "SvcAppraisal"}
)

// effectiveServices lists the third-party services a participant may render at
// t. A type for which it showed a licence lasts as long as one of those
// licences (P-4); the days count in Asia/Shanghai, the last one whole.
func effectiveServices(p *Participant, t UnixSec) []string {
	if p.State != StateActive || !slices.Contains(p.Roles, RoleThirdParty) {
		return nil
	}
	today := CivilDate(t)
	var list []string
	for _, s := range p.ServiceTypes {
		if shown, inDate := p.licensed(s, today); !shown || inDate {
			list = append(list, s)
		}
	}
	return list
}

// licensed reports whether a participant showed a licence for a service, and one
// that is in date on a civil day. Dates of one form compare as text.
func (p *Participant) licensed(service, date string) (shown, inDate bool) {
	for _, q := range p.Qualifications {
		if q.Type == service {
			shown = true
			inDate = inDate || q.From <= date && date <= q.To
		}
	}
	return shown, inDate
}

// qualified reports whether a participant offers a service under a licence in
// date on a civil day. It asks more than effectiveServices: whoever values or
// audits what banks rely on shows a licence, or is none (EV-2).
func qualified(p *Participant, service, date string) bool {
	_, inDate := p.licensed(service, date)
	return inDate && slices.Contains(p.ServiceTypes, service)
}

// opinionStands refuses a compliance opinion that is missing, out of date, not
// by a compliance service in force (P-4), or by one too near to the client
// (SD-3).
func (a *Act) opinionStands(field string, e *Evidence, client *Participant, rule string) error {
	if e == nil {
		return refuse(CodeBasis, "须有合规意见", "needs a compliance opinion").at(field).on(client.USCC).by(rule)
	}
	if e.DocType != DocCompliance {
		return refuse(CodeFormat, "须为 DocCompliance（合规意见）", "must be DocCompliance, a compliance opinion").at(field + ".docType").by(rule)
	}
	if e.IssuedOn == "" || e.ExpiresOn == "" {
		return refuse(CodeFormat, "合规意见须写明出具日和有效期", "a compliance opinion says when it was issued and when it ends").at(field + ".expiresOn").by(rule)
	}
	if today := CivilDate(a.Now); today < e.IssuedOn || today > e.ExpiresOn {
		return refuse(CodeTerm, "合规意见自 %s 至 %s 有效", "the compliance opinion is good from %s to %s", e.IssuedOn, e.ExpiresOn).at(field + ".expiresOn").by(rule)
	}
	issuer, err := a.activeWith(field+".issuerId", e.IssuerID, RoleThirdParty)
	if err != nil {
		return err
	}
	if related(issuer, client) {
		return refuse(CodeSelf, "合规意见的出具机构与委托人属于同一集团", "the issuer of the compliance opinion shares a group with its client").at(field + ".issuerId").on(issuer.USCC).by("SD-3")
	}
	if !slices.Contains(effectiveServices(issuer, a.Now), "SvcCompliance") {
		return refuse(CodeBasis, "%s 没有有效的合规服务（SvcCompliance）资质", "%s has no compliance service (SvcCompliance) in force", issuer.USCC).at(field + ".issuerId").on(issuer.USCC).by("P-4")
	}
	return nil
}

// rendersService refuses a seller who does not have the type under which a
// service or tool is offered (LS-10).
func (a *Act) rendersService(field, service string, seller *Participant) error {
	if slices.Contains(vendorTypes, service) {
		if slices.Contains(seller.Roles, RoleVendor) && slices.Contains(seller.VendorTypes, service) {
			return nil
		}
	} else if slices.Contains(effectiveServices(seller, a.Now), service) {
		return nil
	}
	return refuse(CodeRole, "%[1]s 不是有效的 %[2]s：服务与工具由相应类型的数据商或第三方专业服务机构提供", "%[1]s is no %[2]s in force: services and tools are offered by vendors or third parties of the matching type", seller.USCC, service).at(field).on(seller.USCC).by("LS-10")
}
