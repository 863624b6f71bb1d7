package e2e

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/fabric"
	"github.com/datarights/datarights/network"
)

// invoke sends a transaction to an organisation's peer, past its gateway.
func invoke(t *testing.T, organisation string, id func(*network.Organisation) network.Identity, function string, argument []byte) error {
	t.Helper()
	org, err := w.Organisation(organisation)
	if err != nil {
		t.Fatal(err)
	}
	connection, err := w.Connect(org, id(org))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, err = connection.Submit(ctx, w.Chaincode.Name, function, argument)
	return err
}

// refusedWith requires a refusal of the chaincode itself.
func refusedWith(t *testing.T, err error, code rights.Code, field string) {
	t.Helper()
	if err == nil {
		t.Error("it was applied")
		return
	}
	text := errorText(err)
	if !strings.Contains(text, `"code":"`+string(code)+`"`) || field != "" && !strings.Contains(text, `"field":"`+field) {
		t.Errorf("want %s %s, got %s", code, field, text)
	}
}

// TestAdministration: founding and enrolling are an organisation's Fabric
// administrator's alone, once, and within its organisation's function.
func TestAdministration(t *testing.T) {
	org, err := w.Organisation("Group")
	if err != nil {
		t.Fatal(err)
	}
	genesis, err := os.ReadFile(w.GenesisDocument(org))
	if err != nil {
		t.Fatal(err)
	}
	officer := newNewcomer(t, "Bank")
	enrolment := func(role rights.Role) []byte {
		raw, err := json.Marshal(rights.Enrolment{USCC: officer.uscc, Name: "冒名机构", OrgType: "OrgFinancial", Roles: []rights.Role{role},
			RegionCode: "320900", PublicKey: officer.key.Info().PublicKey, Post: "岗"})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	before := levelled(t)
	for _, organisation := range w.organisations() {
		refusedWith(t, invoke(t, organisation, w.GatewayUser, "Enrol", enrolment(rights.RoleBank)), rights.CodeRole, "")
		refusedWith(t, invoke(t, organisation, w.GatewayUser, "Found", genesis), rights.CodeRole, "")
	}
	refusedWith(t, invoke(t, "Group", w.Admin, "Found", genesis), rights.CodeExists, "")
	refusedWith(t, invoke(t, "Bank", w.Admin, "Found", []byte(strings.Replace(string(genesis), "GroupMSP", "ThiefMSP", 1))), rights.CodeRole, "genesis")
	for organisation, role := range map[string]rights.Role{"Bank": rights.RoleRegistrar, "Exchange": rights.RoleRegulator, "Regulator": rights.RoleBank, "Group": rights.RoleExchange} {
		refusedWith(t, invoke(t, organisation, w.Admin, "Enrol", enrolment(role)), rights.CodeFormat, "roles[0]")
	}
	// An institution of one organisation gets no officers from another.
	stolen, err := json.Marshal(rights.Enrolment{USCC: exchangeOfficer(t).uscc, Name: "华东江苏大数据交易中心", OrgType: "OrgEnterprise", Roles: []rights.Role{rights.RoleBank},
		RegionCode: "320900", PublicKey: officer.key.Info().PublicKey, Post: "岗"})
	if err != nil {
		t.Fatal(err)
	}
	refusedWith(t, invoke(t, "Bank", w.Admin, "Enrol", stolen), rights.CodeExists, "uscc")
	if after := levelled(t); after != before {
		t.Errorf("refused transactions made the ledger grow from %d to %d blocks", before, after)
	}
	// The same enrolment by the right administrator is taken.
	if err := invoke(t, "Bank", w.Admin, "Enrol", enrolment(rights.RoleBank)); err != nil {
		t.Errorf("the bank's administrator: %v", err)
	}
}

// TestChaincodeServerAsksForCertificates: nobody but the organisation's own peer
// speaks to its chaincode server.
func TestChaincodeServerAsksForCertificates(t *testing.T) {
	for _, organisation := range w.organisations() {
		org, err := w.Organisation(organisation)
		if err != nil {
			t.Fatal(err)
		}
		address := net.JoinHostPort(network.Host, fmt.Sprint(org.Ports.Chaincode))
		pair := func(cert, key string) []tls.Certificate {
			c, err := tls.LoadX509KeyPair(cert, key)
			if err != nil {
				t.Fatal(err)
			}
			return []tls.Certificate{c}
		}
		folder := filepath.Join(w.Dir, org.Dir())
		own := pair(filepath.Join(folder, "chaincode", "peer.crt"), filepath.Join(folder, "chaincode", "peer.key"))
		foreign := pair(w.GatewayUser(org).Cert, w.GatewayUser(org).Key)
		for name, certificates := range map[string][]tls.Certificate{"nobody": nil, "a client of the organisation": foreign} {
			if err := greet(t, address, certificates); err == nil {
				t.Errorf("%s's chaincode server took %s", organisation, name)
			}
		}
		if err := greet(t, address, own); err != nil {
			t.Errorf("%s's chaincode server refuses its own peer: %v", organisation, err)
		}
	}
}

// greet opens a TLS connection and waits whether the server keeps it. The
// server is not looked at: it is the client who is tested.
func greet(t *testing.T, address string, certificates []tls.Certificate) error {
	t.Helper()
	dialer := &tls.Dialer{NetDialer: &net.Dialer{Timeout: 5 * time.Second}, Config: &tls.Config{
		Certificates: certificates, NextProtos: []string{"h2"}, InsecureSkipVerify: true,
	}}
	connection, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		return err
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	// HTTP/2's preface and empty settings; a server that goes on answers with its own.
	if _, err := io.WriteString(connection, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		return err
	}
	_, err = io.ReadFull(connection, make([]byte, 9))
	return err
}

// TestKeysAreClosed: every private key on the disk is its owner's alone, and
// none is in a log.
func TestKeysAreClosed(t *testing.T) {
	keys := 0
	err := filepath.WalkDir(w.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err != nil || info.Size() > 4<<20 && filepath.Base(filepath.Dir(path)) != "logs" {
			return err
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a file of a running database
		}
		if err != nil {
			return err
		}
		secret := strings.Contains(string(text), "PRIVATE KEY") || filepath.Base(path) == "matchtag.key"
		if secret && filepath.Base(filepath.Dir(path)) == "logs" {
			t.Errorf("%s shows a private key", path)
		}
		if !secret {
			return nil
		}
		if keys++; info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %s", path, info.Mode())
		}
		return nil
	})
	if err != nil || keys < 40 {
		t.Errorf("%d keys, %v", keys, err)
	}
}

// errorText is an error with the details a Fabric peer put beside it.
func errorText(err error) string {
	if r := fabric.Refusal(err); r != nil {
		text, _ := json.Marshal(r)
		return string(text)
	}
	return err.Error()
}
