package network

import (
	"errors"
	"strings"
	"testing"
)

func TestExampleIsValid(t *testing.T) {
	c, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	for i, port := range []int{8081, 8082, 8083, 8084} {
		if got := c.Organisations[i].Ports.Gateway; got != port {
			t.Errorf("%s's gateway is on %d, expected %d", c.Organisations[i].Name, got, port)
		}
	}
	policy, err := c.Policy(c.Chaincode.Endorsement)
	if want := "OutOf(2,'GroupMSP.peer','ExchangeMSP.peer','RegulatorMSP.peer')"; err != nil || policy != want {
		t.Errorf("policy %s, %v; expected %s", policy, err, want)
	}
	// A resolved description says the same as the one it came from.
	d := &Deployment{Consortium: c, Dir: t.TempDir()}
	if err := d.saveDescription(); err != nil {
		t.Fatal(err)
	}
	saved, err := Open(d.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if string(mustGenesis(t, saved.Consortium)) != string(mustGenesis(t, c)) || saved.Organisations[2].Ports != c.Organisations[2].Ports ||
		saved.Batch != c.Batch || saved.BFT != c.BFT {
		t.Errorf("%+v became %+v", c, saved.Consortium)
	}
}

func mustGenesis(t *testing.T, c *Consortium) []byte {
	t.Helper()
	text, err := c.Genesis()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestGenesisDocument(t *testing.T) {
	c, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	want := `{"schemaVersion":1,"consortium":"city-data-market","organisations":[` +
		`{"mspId":"GroupMSP","name":"Group","nameZh":"市大数据集团","function":"registration"},` +
		`{"mspId":"ExchangeMSP","name":"Exchange","nameZh":"数据交易中心","function":"trading"},` +
		`{"mspId":"RegulatorMSP","name":"Regulator","nameZh":"市数据局","function":"supervision"},` +
		`{"mspId":"BankMSP","name":"Bank","nameZh":"合作银行","function":"finance"}],` +
		`"endorsement":{"outOf":2,"of":["GroupMSP","ExchangeMSP","RegulatorMSP"]}}`
	if got := string(mustGenesis(t, c)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestFaultsNameTheirPlace changes one thing of the example at a time.
func TestFaultsNameTheirPlace(t *testing.T) {
	example := string(exampleConsortium)
	for _, test := range []struct {
		name, old, now string
		field          string
		says           string
	}{
		{"name twice", "name: Bank\n", "name: group\n", "organisations[3].name", "already that of organisations[0]"},
		{"mspId twice", "mspId: BankMSP", "mspId: GroupMSP", "organisations[3].mspId", "already"},
		{"domain twice", "domain: bank.datarights", "domain: group.datarights", "organisations[3].domain", "already"},
		{"gateway port twice", "{gateway: 8084}", "{gateway: 8081}", "organisations[3].ports.gateway", "already Group's gateway"},
		{"derived port hit", "{gateway: 8084}", "{gateway: 7050}", "organisations[3].ports.gateway", "already Group's orderer"},
		{"privileged port", "{gateway: 8084}", "{gateway: 80}", "organisations[3].ports.gateway", "1024 to 65535"},
		{"three orderers", "  - name: Bank\n", "  - name: Bank\n    orderer: false\n", "organisations", "3 organisations run an orderer"},
		{"unknown endorser", "[Group, Exchange, Regulator]", "[Group, Exchange, Regulators]", "chaincode.endorsement.of[2]", `unknown organisation "Regulators"`},
		{"endorser twice", "[Group, Exchange, Regulator]", "[Group, Exchange, Group]", "chaincode.endorsement.of[2]", "named twice"},
		{"too many endorsements", "outOf: 2", "outOf: 4", "chaincode.endorsement.outOf", "4 of 3"},
		{"function", "function: finance", "function: banking", "organisations[3].function", "one of registration, trading, supervision, finance"},
		{"folder name", "name: Bank\n", "name: logs\n", "organisations[3].name", "folder of the run directory"},
		{"path as name", "name: Bank\n", "name: ../Bank\n", "organisations[3].name", "not valid"},
		{"quote in mspId", "mspId: BankMSP", `mspId: "B'MSP"`, "organisations[3].mspId", "not valid"},
		{"channel", "channel: datarights", "channel: Data_Rights", "channel", "not valid"},
		{"batch timeout", "timeout: 200ms", "timeout: 2h", "batch.timeout", "out of range"},
		{"bft order", "requestComplainTimeout: 8s", "requestComplainTimeout: 1s", "bft.requestComplainTimeout", "shorter"},
		{"unwritable collection", "of: [Group, Exchange, Regulator]", "of: [Group, Exchange, Bank]", "chaincode.endorsement.of", "1 of the 2 endorsements can come from members of the collection tradeTerms"},
		{"stride", "stride: 20", "stride: 5", "ports.stride", "at least 14"},
		{"unknown field", "nameZh: 合作银行", "nameCn: 合作银行", "", `there is no setting "nameCn"`},
		{"wrong type", "outOf: 2", "outOf: two", "", "cannot unmarshal"},
		{"no name", "consortium: city-data-market", "consortium: ''", "consortium", "missing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if strings.Count(example, test.old) != 1 {
				t.Fatalf("%q stands %d times in the example", test.old, strings.Count(example, test.old))
			}
			text := strings.Replace(example, test.old, test.now, 1)
			_, err := Parse("c.yaml", []byte(text))
			var fault *ConfigError
			if !errors.As(err, &fault) {
				t.Fatalf("got %v", err)
			}
			if fault.Code() != CodeConsortiumInvalid || fault.Field != test.field || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v; expected field %q and %q", err, test.field, test.says)
			}
			changed := strings.TrimSpace(strings.Split(test.now, "\n")[0])
			if test.name == "three orderers" {
				changed = "organisations:"
			}
			if fault.Line < 1 || !strings.Contains(strings.Split(text, "\n")[fault.Line-1], changed) {
				t.Errorf("line %d is not that of %q: %v", fault.Line, changed, err)
			}
		})
	}
}

func TestEveryFaultIsReported(t *testing.T) {
	text := strings.NewReplacer("outOf: 2", "outOf: 9", "function: finance", "function: none").Replace(string(exampleConsortium))
	_, err := Parse("c.yaml", []byte(text))
	if err == nil || !strings.Contains(err.Error(), "outOf") || !strings.Contains(err.Error(), "function") {
		t.Errorf("got %v", err)
	}
}

func TestOddDocuments(t *testing.T) {
	for _, text := range []string{"", "---\n", "- a\n- b\n", "consortium: [", "consortium: a\n---\nconsortium: b\n", "\x00", "organisations: {}", "ports: 7"} {
		if _, err := Parse("c.yaml", []byte(text)); err == nil {
			t.Errorf("took %q", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(exampleConsortium)
	f.Add([]byte("organisations: [{}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("c.yaml", text)
		if err != nil {
			return
		}
		if _, err := c.Policy(c.Chaincode.Endorsement); err != nil {
			t.Errorf("valid, but has no policy: %v", err)
		}
	})
}

func TestRebaseLeavesTheOriginal(t *testing.T) {
	c, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	moved, err := c.Rebase(20000)
	if err != nil {
		t.Fatal(err)
	}
	if c.Organisations[0].Ports.Gateway != 8081 || moved.Organisations[0].Ports.Gateway != 20006 || moved.Organisations[3].Ports.Orderer != 20060 {
		t.Errorf("%+v, %+v", c.Organisations[0].Ports, moved.Organisations)
	}
	if _, err := c.Rebase(65500); err == nil {
		t.Error("moved beyond the last port")
	}
}

func TestFoundationNamesTheDifference(t *testing.T) {
	c, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	d := &Deployment{Consortium: c, Dir: t.TempDir()}
	if exists, err := d.checkFoundation(); exists || err != nil {
		t.Fatalf("%v, %v", exists, err)
	}
	if err := d.saveFoundation(); err != nil {
		t.Fatal(err)
	}
	if exists, err := d.checkFoundation(); !exists || err != nil {
		t.Fatalf("%v, %v", exists, err)
	}
	text := strings.NewReplacer("8084", "9084", `version: "1.0"`, `version: "1.1"`).Replace(string(exampleConsortium))
	if d.Consortium, err = Parse("c.yaml", []byte(text)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.checkFoundation(); err != nil {
		t.Errorf("a gateway's port and the chaincode's version may change: %v", err)
	}
	text = strings.Replace(string(exampleConsortium), "合作银行", "另一银行", 1)
	if d.Consortium, err = Parse("c.yaml", []byte(text)); err != nil {
		t.Fatal(err)
	}
	_, err = d.checkFoundation()
	var changed *ChangedError
	if !errors.As(err, &changed) || !strings.Contains(err.Error(), "合作银行") || !strings.Contains(err.Error(), "另一银行") {
		t.Errorf("got %v", err)
	}
}
