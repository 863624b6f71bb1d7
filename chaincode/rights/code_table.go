package rights

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Published vocabularies (3.21): which algorithms papers may be signed with, and
// code lists such as GB/T 2260. Each is in force from its publication, in place
// of the version before.

// PublishCryptoProfile is the body of cryptoProfile.publish.
type PublishCryptoProfile struct {
	Ver        int64    `json:"ver"`
	Algorithms []string `json:"algorithms"`
	DocRef     string   `json:"docRef,omitempty"`
}

var algorithms = []string{"SM2", "SM3", "SM4", "SM9", "ECDSA-P256", "SHA-256", "AES-256"}

func publishCryptoProfile(a *Act, b *PublishCryptoProfile) error {
	if err := a.publisher(); err != nil {
		return err
	}
	if err := first(vocabulary("algorithms", b.Algorithms, algorithms...), optionalText("docRef", b.DocRef, 80)); err != nil {
		return err
	}
	if !slices.Contains(b.Algorithms, "SM2") || !slices.Contains(b.Algorithms, "SM3") {
		return refuse(CodeFormat, "须含 SM2 与 SM3：账本命令以其签名", "must hold SM2 and SM3: the ledger's commands are signed with them").at("algorithms")
	}
	if err := a.nextVersion("crypto", b.Ver); err != nil {
		return err
	}
	return a.create(KindCryptoProfile, fmt.Sprintf("CRYPTO@%d", b.Ver), StateInForce, "", &CryptoProfile{Ver: b.Ver, Algorithms: b.Algorithms, From: a.Now, DocRef: b.DocRef})
}

// signedWithin refuses a command that carries a paper signed with an algorithm
// outside the crypto profile in force. It looks at every Evidence of every
// command's body, so that no command can forget to.
func (a *Act) signedWithin(body any) error {
	if _, algorithm := signedPaper("", reflect.ValueOf(body), func(string) bool { return true }); algorithm == "" {
		return nil // nothing signed: the profile is not even read
	}
	var v version
	if ok, err := a.Ledger.Load(PointerVersion, "crypto", &v); err != nil || !ok {
		return err
	}
	var cp CryptoProfile
	id := fmt.Sprintf("CRYPTO@%d", v.Ver)
	if err := need(a, KindCryptoProfile, "", id, &cp); err != nil {
		return err
	}
	field, algorithm := signedPaper("", reflect.ValueOf(body), func(alg string) bool { return !slices.Contains(cp.Algorithms, alg) })
	if algorithm == "" {
		return nil
	}
	return refuse(CodeFormat, "签名算法 %[1]s 不在密码应用要求 %[2]s 之内：%[3]s", "the signature algorithm %[1]s is outside the crypto profile %[2]s: %[3]s",
		algorithm, id, strings.Join(cp.Algorithms, ", ")).at(field + "signAlg").on(id).by("SI-15")
}

var evidenceType = reflect.TypeFor[Evidence]()

// signedPaper finds the first paper in a body whose algorithm matches.
func signedPaper(field string, v reflect.Value, match func(string) bool) (at, algorithm string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return signedPaper(field, v.Elem(), match)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if at, algorithm = signedPaper(fmt.Sprintf("%s[%d].", strings.TrimSuffix(field, "."), i), v.Index(i), match); algorithm != "" {
				return at, algorithm
			}
		}
	case reflect.Struct:
		if v.Type() == evidenceType {
			if alg := v.FieldByName("SignAlg").String(); alg != "" && match(alg) {
				return field, alg
			}
			return "", ""
		}
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if name != "" {
				name += "."
			}
			if at, algorithm = signedPaper(field+name, v.Field(i), match); algorithm != "" {
				return at, algorithm
			}
		}
	}
	return "", ""
}

// PublishCodeTable is the body of codeTable.publish.
type PublishCodeTable struct {
	Name  string     `json:"name"`
	Ver   int64      `json:"ver"`
	Items []CodeItem `json:"items"`
}

// The code tables.
const (
	TableRegions    = "GB2260"
	TableIndustries = "GB4754"
)

// TablePointer is the id under PointerVersion of the way to a table's newest version.
func TablePointer(name string) string { return pair("table", name) }

// maxCodes bounds a table.
const maxCodes = 5000

func publishCodeTable(a *Act, b *PublishCodeTable) error {
	if err := a.publisher(); err != nil {
		return err
	}
	if err := oneOf("name", b.Name, TableRegions, TableIndustries); err != nil {
		return err
	}
	if len(b.Items) == 0 || len(b.Items) > maxCodes {
		return refuse(CodeFormat, "须有 1 至 %d 项", "must have 1 to %d items", maxCodes).at("items")
	}
	slices.SortFunc(b.Items, func(x, y CodeItem) int { return strings.Compare(x.Code, y.Code) })
	for i, it := range b.Items {
		field := index("items", i)
		check := checkRegion
		if b.Name == TableIndustries {
			check = checkIndustry
		}
		if err := first(check(field+".code", it.Code), checkText(field+".name", it.Name, 80)); err != nil {
			return err
		}
		if i > 0 && b.Items[i-1].Code == it.Code {
			return refuse(CodeFormat, "%s 重复", "%s is given twice", it.Code).at(field + ".code")
		}
	}
	if err := a.nextVersion(TablePointer(b.Name), b.Ver); err != nil {
		return err
	}
	return a.create(KindCodeTable, fmt.Sprintf("%s@%d", b.Name, b.Ver), StateInForce, "", &CodeTable{Name: b.Name, Ver: b.Ver, Items: b.Items})
}

// codeTable returns the table of that name in force, read once an act; nil when
// none is published.
func (a *Act) codeTable(name string) (*CodeTable, error) {
	if t, read := a.tables[name]; read {
		return t, nil
	}
	var t *CodeTable
	var v version
	published, err := a.Ledger.Load(PointerVersion, TablePointer(name), &v)
	if err != nil {
		return nil, err
	}
	if published {
		t = new(CodeTable)
		if err := need(a, KindCodeTable, "", fmt.Sprintf("%s@%d", name, v.Ver), t); err != nil {
			return nil, err
		}
	}
	if a.tables == nil {
		a.tables = map[string]*CodeTable{}
	}
	a.tables[name] = t
	return t, nil
}

// knownRegion refuses a malformed region code, and one that the published table
// does not have.
func (a *Act) knownRegion(field, code string) error {
	if err := checkRegion(field, code); err != nil {
		return err
	}
	t, err := a.codeTable(TableRegions)
	if err != nil || t == nil {
		return err
	}
	if _, found := slices.BinarySearchFunc(t.Items, code, func(it CodeItem, c string) int { return strings.Compare(it.Code, c) }); !found {
		return refuse(CodeFormat, "%[1]s 不在行政区划代码表 %[2]s 中", "%[1]s is not in the table of regions %[2]s", code, t.ID).at(field).on(t.ID).by("GB/T 2260")
	}
	return nil
}
