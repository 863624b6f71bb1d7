package explorer

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// everyInput visits each input of each command, rows and secrets included.
func everyInput(lang string, f func(c *rights.Command, in *Input)) {
	for _, c := range rights.Commands() {
		inputs := inputsOf(lang, c)
		if s, ok := secrets[c.Name]; ok {
			inputs = append(inputs, words{lang, c.Name}.fields("secret.", s.Type, 1)...)
		}
		var visit func(list []*Input)
		visit = func(list []*Input) {
			for _, in := range list {
				if in.Name == "secret.salt" {
					continue
				}
				f(c, in)
				if in.Manner == someRows {
					in.addRow()
				}
				visit(in.Parts)
				for _, r := range in.Rows {
					visit(r.Parts)
				}
			}
		}
		visit(inputs)
	}
}

func TestEveryFieldHasWords(t *testing.T) {
	used := map[string]bool{}
	n := 0
	everyInput(zh, func(c *rights.Command, in *Input) {
		n++
		path := unindexed(in.Name)
		names := strings.Split(path, ".")
		name := names[len(names)-1]
		keys := []string{c.Name + " " + path, name}
		if len(names) > 1 {
			keys = slices.Insert(keys, 1, names[len(names)-2]+"."+name)
		}
		maps := []map[string]word{commandWords, fieldWords}
		if len(names) > 1 {
			maps = slices.Insert(maps, 1, nestedWords)
		}
		var w *word
		for i, key := range keys {
			if found, ok := maps[i][key]; ok {
				w = &found
				used[key] = true
				break
			}
		}
		if w == nil {
			t.Errorf("%s: %s has no words", c.Name, path)
			return
		}
		if !han(w.Label.Zh) || w.Label.En == "" || han(w.Label.En) {
			t.Errorf("%s: %s is called %q / %q", c.Name, path, w.Label.Zh, w.Label.En)
		}
		if (w.Hint.Zh == "") != (w.Hint.En == "") || han(w.Hint.En) {
			t.Errorf("%s: the hint of %s is %q / %q", c.Name, path, w.Hint.Zh, w.Hint.En)
		}
		integer := in.kind == reflect.Int64 || in.kind == reflect.Int
		if w.Moment && !integer {
			t.Errorf("%s: %s is no number and so no moment", c.Name, path)
		}
		if integer && strings.HasSuffix(name, "At") && !w.Moment {
			t.Errorf("%s: %s is a moment", c.Name, path)
		}
		if w.Digest && in.kind != reflect.String && in.kind != reflect.Slice {
			t.Errorf("%s: %s is no text and so no digest", c.Name, path)
		}
		if w.Of != "" && len(terms[w.Of]) == 0 {
			t.Errorf("%s: %s is of %s, which has no codes", c.Name, path, w.Of)
		}
		for _, code := range w.Only {
			if _, ok := terms[w.Of][code]; !ok {
				t.Errorf("%s: %s offers %s, which is not in the dictionary", c.Name, path, code)
			}
		}
	})
	if n < 1000 {
		t.Errorf("only %d fields seen", n)
	}
	for _, m := range []map[string]word{commandWords, nestedWords, fieldWords} {
		for key := range m {
			if !used[key] {
				t.Errorf("%q is a word for nothing", key)
			}
		}
	}
}

// vocabularies are the lists of codes in the domain's source: of each variable by its
// name, and of each check of a field by "file field".
func vocabularies(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("../chaincode/rights/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source: %v", err)
	}
	trees := map[string]*ast.File{}
	constant, lists := map[string]string{}, map[string][]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		trees[filepath.Base(file)] = tree
	}
	specs := func(do func(v *ast.ValueSpec)) {
		for _, tree := range trees {
			for _, d := range tree.Decls {
				if g, ok := d.(*ast.GenDecl); ok {
					for _, s := range g.Specs {
						if v, ok := s.(*ast.ValueSpec); ok {
							do(v)
						}
					}
				}
			}
		}
	}
	specs(func(v *ast.ValueSpec) {
		for i, x := range v.Values {
			if lit, ok := x.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				constant[v.Names[i].Name], _ = strconv.Unquote(lit.Value)
			}
		}
	})
	var code func(x ast.Expr) (string, bool)
	code = func(x ast.Expr) (string, bool) {
		switch x := x.(type) {
		case *ast.BasicLit:
			s, err := strconv.Unquote(x.Value)
			return s, err == nil && x.Kind == token.STRING
		case *ast.Ident:
			s, ok := constant[x.Name]
			return s, ok
		case *ast.CallExpr: // a conversion
			if len(x.Args) == 1 {
				return code(x.Args[0])
			}
		case *ast.CompositeLit: // a row of a table, by its first column
			if len(x.Elts) > 0 {
				return code(x.Elts[0])
			}
		}
		return "", false
	}
	specs(func(v *ast.ValueSpec) {
		for i, x := range v.Values {
			if list, ok := x.(*ast.CompositeLit); ok {
				for _, e := range list.Elts {
					if c, ok := code(e); ok {
						lists[v.Names[i].Name] = append(lists[v.Names[i].Name], c)
					}
				}
			}
		}
	})
	for file, tree := range trees {
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 3 {
				return true
			}
			if f, ok := call.Fun.(*ast.Ident); !ok || f.Name != "oneOf" && f.Name != "vocabulary" {
				return true
			}
			ast.Inspect(call.Args[0], func(n ast.Node) bool { // "field", field+".field", "field["+…
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				field, _ := strconv.Unquote(lit.Value)
				field = strings.Trim(field, "[].")
				if field == "" {
					return true
				}
				for _, a := range call.Args[2:] {
					if c, ok := code(a); ok {
						lists[file+" "+field] = append(lists[file+" "+field], c)
					}
				}
				return true
			})
			return true
		})
	}
	return lists
}

// The codes that forms offer are those that the domain takes, and all of them.
func TestChoicesAreTheDomains(t *testing.T) {
	lists := vocabularies(t)
	for s, source := range map[subject]string{
		aDemandField: "demandFields", aBudgetBand: "budgetBands", aProductType: "productTypes", aDeliveryMode: "deliveryModes", aPriceModel: "priceModels", aSaleSubject: "subjectTypes", aMarketZone: "zones",
		anEnv: "envs", aUnit: "units", anAction: "actions", anOp: "ops", aDisputeType: "disputeTypes", anOrderType: "orderTypes", aMatter: "refTypes", aLineRole: "lineRoles", aMeasure: "measureTypes",
		anIR: "irCodes", anEvidence: "evidenceKinds", aNationalStep: "nationalActions", aPolicyKind: "policyKinds", aSupportKind: "supportKinds", aSelection: "selections", anAlgorithm: "algorithms",
		aWindow: "indicator.go window", aDirection: "indicator.go direction", aScenarioKind: "scenario.go kind", aScenarioFrom: "scenario.go source", aModel: "policy.go model", aTier: "grant.go tier",
		aGrantMode: "grant.go mode", aUseClass: "grant.go useClass", anOutputRule: "permit.go outputRule", aPurpose: "evaluation.go purpose", aMethod: "evaluation.go method",
		anAssetClass: "accounting.go class", anAcquisition: "accounting.go acquisition", anEntryKind: "catalogue_entry.go kind", aTable: "code_table.go name",
		aVendorType: "participant.go vendorTypes", aService: "participant.go serviceTypes", anOrigin: "participant.go origin", aZone: "participant.go funcZone",
		aProfile: "profile.go code", aSubjectClass: "subjectClasses", aSource: "sourceTypes", aPublicKind: "publicKinds", aRange: "regionRanges", aFrequency: "updateFreqs", aForm: "dataForms",
		aLevel: "levels", aPI: "piClasses", aBasis: "basisTypes", anOrgType: "orgTypes", aDuplicate: "dupGrounds", aGround: "RejectGrounds", aDomain: "regulatorDomains",
	} {
		want := slices.DeleteFunc(slices.Clone(lists[source]), func(c string) bool { return c == "" })
		if len(want) == 0 {
			t.Errorf("no vocabulary %s: has it been renamed?", source)
		}
		for _, c := range want {
			if _, ok := terms[s][c]; !ok {
				t.Errorf("%s takes %q, which %s has no word for", source, c, s)
			}
		}
		for c := range terms[s] {
			if !slices.Contains(want, c) {
				t.Errorf("%s has a word for %q, which %s does not take", s, c, source)
			}
		}
	}
	for key, source := range map[string]string{
		"registration.decideObjection outcome": "objection.go outcome", "measure.decideAppeal outcome": "measure.go outcome", "grant.decideObjection outcome": "grant_sign.go outcome",
		"evaluation.resolveChallenge outcome": "evaluation.go outcome", "evaluation.commission kind": "evaluation.go kind",
	} {
		w := commandWords[key]
		offered := w.Only
		if offered == nil {
			for c := range terms[w.Of] {
				offered = append(offered, c)
			}
		}
		for _, c := range lists[source] {
			if !slices.Contains(offered, c) {
				t.Errorf("%s does not offer %q", key, c)
			}
		}
		for _, c := range offered {
			if !slices.Contains(lists[source], c) {
				t.Errorf("%s offers %q, which is not taken", key, c)
			}
		}
	}
	for _, c := range lists["applicableRoles"] {
		if !slices.Contains(applicable, c) {
			t.Errorf("no form offers the role %s", c)
		}
	}
	for _, c := range applicable {
		if !slices.Contains(lists["applicableRoles"], c) {
			t.Errorf("forms offer the role %s, which nobody can apply for", c)
		}
	}
}

// A name that ends in Commitment is of a secret, or is known not to be.
func TestEverySecretIsKnown(t *testing.T) {
	for _, c := range rights.Commands() {
		for _, in := range inputsOf(zh, c) {
			if !strings.HasSuffix(in.Name, "Commitment") || c.Name == "pledge.confirm" { // which repeats what pledge.apply committed to
				continue
			}
			if secrets[c.Name].Field != in.Name {
				t.Errorf("%s carries a secret behind %s, which its form does not know", c.Name, in.Name)
			}
		}
	}
	for name, s := range secrets {
		c, batch := rights.CommandNamed(name)
		if c == nil || batch || !slices.ContainsFunc(inputsOf(zh, c), func(in *Input) bool { return in.Name == s.Field }) {
			t.Errorf("%s has no %s", name, s.Field)
		}
		if f, ok := s.Type.FieldByName("Salt"); !ok || f.Index[0] != 0 {
			t.Errorf("what goes beside %s has no salt in front", name)
		}
	}
}

// Every member of every record that a workplace shows has words.
func TestEveryRecordHasWords(t *testing.T) {
	for kind, record := range map[rights.Kind]any{
		rights.KindResource: rights.Resource{}, rights.KindCase: rights.Case{}, rights.KindObjection: rights.Objection{}, rights.KindRight: rights.Right{}, rights.KindCertificate: rights.Certificate{},
		rights.KindProduct: rights.Product{}, rights.KindListing: rights.Listing{}, rights.KindTrade: rights.Trade{}, rights.KindDelivery: rights.Delivery{}, rights.KindCopy: rights.Copy{}, rights.KindSettlement: rights.Settlement{},
		rights.KindDispute: rights.Dispute{}, rights.KindDemand: rights.Demand{}, rights.KindPermit: rights.Permit{}, rights.KindMeter: rights.Meter{}, rights.KindGrant: rights.Grant{}, rights.KindAdmission: rights.Admission{},
		rights.KindDisclosure: rights.Disclosure{}, rights.KindCustody: rights.Custody{}, rights.KindEvaluation: rights.Evaluation{}, rights.KindAccounting: rights.Accounting{}, rights.KindPledge: rights.Pledge{},
		rights.KindGuarantee: rights.Guarantee{}, rights.KindMeasure: rights.Measure{}, rights.KindAlert: rights.Alert{}, rights.KindLineage: rights.Lineage{}, rights.KindRecognition: rights.Recognition{}, rights.KindScenario: rights.Scenario{},
	} {
		if collectionFor[kind] == "" {
			t.Errorf("no collection for %s", kind)
		}
		var visit func(prefix string, typ reflect.Type, depth int)
		visit = func(prefix string, typ reflect.Type, depth int) {
			for i := range typ.NumField() {
				f := typ.Field(i)
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				ft := f.Type
				for ft.Kind() == reflect.Pointer || ft.Kind() == reflect.Slice {
					ft = ft.Elem()
				}
				if f.Anonymous && name == "" {
					visit(prefix, ft, depth)
					continue
				}
				if prefix == "" && slices.Contains(headMembers, name) || !f.IsExported() {
					continue
				}
				w := recordWord(kind, prefix+name)
				if !han(w.Label.Zh) || w.Label.En == "" || han(w.Label.En) {
					t.Errorf("%s %s is called %q / %q", kind, prefix+name, w.Label.Zh, w.Label.En)
				}
				if w.Moment && ft.Kind() != reflect.Int64 {
					w.Moment = false // dates of the same name are shown as they are
				}
				if ft.Kind() == reflect.Struct && depth < maxDepth {
					visit(prefix+name+".", ft, depth+1)
				}
			}
		}
		visit("", reflect.TypeOf(record), 0)
	}
}
