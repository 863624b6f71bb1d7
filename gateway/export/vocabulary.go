package export

import "github.com/datarights/datarights/chaincode/rights"

// Vocabulary describes the terms of this project's profile: actions, operands and
// environments that ODRL lacks, and the members that DCAT has none for.
func Vocabulary() map[string]any {
	var terms []any
	term := func(id, kind string, word rights.Text, more object) {
		t := object{"@id": id, "@type": kind, "skos:prefLabel": both(word), "skos:inScheme": ref(Namespace)}
		for k, v := range more {
			t[k] = v
		}
		terms = append(terms, t)
	}
	for _, a := range actionOrder {
		m := odrlActions[a]
		if m.in != "" {
			term(m.odrl, "odrl:Action", m.word, object{"odrl:includedIn": ref(m.in), "skos:notation": string(a)})
		}
	}
	for _, u := range unitOrder {
		if m := quantities[u]; m.odrl[:3] == "dr:" {
			term(m.odrl, "odrl:LeftOperand", m.word, object{"skos:notation": u})
		}
	}
	for _, m := range operands {
		term(m.odrl, "odrl:LeftOperand", m.word, nil)
	}
	term(Namespace+"any-object", "odrl:AssetCollection", rights.Text{Zh: "授权方的任一对象", En: "any object of the assigner's"}, nil)
	for _, e := range environments {
		term(concept("environment", string(e.env)), "skos:Concept", e.word, object{"skos:notation": string(e.env)})
	}
	for _, p := range properties {
		term(p.id, "rdf:Property", p.word, nil)
	}
	context := object{"rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#"}
	for k, v := range dcatContext {
		context[k] = v
	}
	return object{
		"@context": context, "@id": Namespace, "@type": []any{"skos:ConceptScheme", "odrl:Profile"},
		"dcterms:title": both(rights.Text{Zh: "数据权利账本导出用语", En: "Terms of the exports of the data rights ledger"}),
		"@included":     terms,
	}
}

// properties are the profile's members of datasets, distributions and policies.
var properties = []struct {
	id   string
	word rights.Text
}{
	{"dr:ledgerHeight", rights.Text{Zh: "所依据的区块数", En: "number of blocks a document is drawn from"}},
	{"dr:state", rights.Text{Zh: "账本状态", En: "state of the record on the ledger"}},
	{"dr:grade", rights.Text{Zh: "数据分级（GB/T 43697）", En: "grade of the data (GB/T 43697)"}},
	{"dr:dataForm", rights.Text{Zh: "数据形态", En: "form of the data"}},
	{"dr:recordCount", rights.Text{Zh: "记录数", En: "number of records"}},
	{"dr:grant", rights.Text{Zh: "所依据的公共数据授权", En: "grant of public data it is operated under"}},
	{"dr:subjectType", rights.Text{Zh: "交易标的", En: "what is sold"}},
	{"dr:priceModel", rights.Text{Zh: "计价方式", En: "how it is priced"}},
	{"dr:productVersion", rights.Text{Zh: "产品版本", En: "version of the product"}},
	{"dr:deliveryMode", rights.Text{Zh: "交付方式", En: "how it may be delivered"}},
	{"dr:buyerLimits", rights.Text{Zh: "买方限制", En: "limits on buyers, in the words of the form"}},
	{"dr:resaleAllowed", rights.Text{Zh: "可否转售", En: "whether it may be resold"}},
	{"dr:exportAllowed", rights.Text{Zh: "可否出境", En: "whether it may leave the country"}},
	{"dr:buyerType", rights.Text{Zh: "买方类型", En: "what a buyer must be"}},
	{"dr:buyerQualification", rights.Text{Zh: "买方资质", En: "how a buyer must be qualified"}},
	{"dr:territory", rights.Text{Zh: "使用地域", En: "where it may be used"}},
	{"dr:useClass", rights.Text{Zh: "公益或产业使用", En: "public benefit (free) or industry"}},
	{"dr:ceiling", rights.Text{Zh: "最高收费，元", En: "ceiling of what may be asked, in yuan"}},
	{"dr:unit", rights.Text{Zh: "计价单位", En: "what the ceiling is for"}},
	{"dr:feeRule", rights.Text{Zh: "收费规则", En: "what may be asked for products under a grant"}},
	{"dr:purposeHash", rights.Text{Zh: "用途说明的哈希", En: "hash of the statement of purpose"}},
	{"dr:record", rights.Text{Zh: "政策所出自的记录", En: "the record a policy is drawn from"}},
	{"dr:recordVersion", rights.Text{Zh: "记录版本", En: "version of the record"}},
}
