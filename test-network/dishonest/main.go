// Command dishonest is the project's chaincode as a dishonest organisation would
// run it: every command of the contract, and functions that write what they are
// told and ask no rule. Tests deploy it to show what the ledger itself holds
// against members that collude.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/datarights/datarights/chaincode/contract"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "dishonest:", err)
		os.Exit(1)
	}
}

// serve is configured as every chaincode server of a consortium is.
func serve() error {
	files := map[string][]byte{}
	for _, name := range []string{"CHAINCODE_TLS_KEY", "CHAINCODE_TLS_CERT", "CHAINCODE_TLS_CLIENT_CA", "DATARIGHTS_GENESIS"} {
		text, err := os.ReadFile(os.Getenv(name))
		if err != nil {
			return fmt.Errorf("couldn't read %s: %w", name, err)
		}
		files[name] = text
	}
	var genesis rights.Genesis
	if err := json.Unmarshal(files["DATARIGHTS_GENESIS"], &genesis); err != nil || genesis.Endorsement == nil {
		return fmt.Errorf("the genesis document does not say who endorses: %w", err)
	}
	server := &shim.ChaincodeServer{
		CCID:    os.Getenv("CHAINCODE_ID"),
		Address: os.Getenv("CHAINCODE_SERVER_ADDRESS"),
		CC:      &dishonest{&contract.Contract{Genesis: files["DATARIGHTS_GENESIS"]}, *genesis.Endorsement},
		TLSProps: shim.TLSProperties{
			Key: files["CHAINCODE_TLS_KEY"], Cert: files["CHAINCODE_TLS_CERT"], ClientCACerts: files["CHAINCODE_TLS_CLIENT_CA"],
		},
	}
	return server.Start()
}

type dishonest struct {
	*contract.Contract
	usual rights.EndorsementRule
}

// call is a function of the dishonest kind at work on one transaction.
type call struct {
	stub  shim.ChaincodeStubInterface
	world *state.World
	args  []string
}

var functions = map[string]struct {
	args int // at least
	run  func(call) error
}{
	"Put":     {3, put},     // kind, id, value
	"Drop":    {2, drop},    // kind, id
	"Guard":   {2, guard},   // kind, id, guardians; none lifts the guard
	"Hide":    {3, hide},    // collection, kind, id; the value is transient
	"HidePut": {6, hidePut}, // those, and the three of Put
	"Use":     {6, use},     // the same: writes because of what it reads in private
	"Purge":   {3, purge},   // collection, kind, id
}

// Invoke answers with the transaction's id.
func (d *dishonest) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	name, args := stub.GetFunctionAndParameters()
	f, ok := functions[name]
	if !ok {
		return d.Contract.Invoke(stub)
	}
	if len(args) < f.args {
		return shim.Error(fmt.Sprintf("%s takes %d arguments", name, f.args))
	}
	c := call{stub, state.NewWorld(stub, d.usual), args}
	if err := f.run(c); err != nil {
		return shim.Error(err.Error())
	}
	if err := c.world.Flush(); err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success([]byte(stub.GetTxID()))
}

func put(c call) error {
	return c.world.Store(rights.Kind(c.args[0]), c.args[1], json.RawMessage(c.args[2]))
}

func drop(c call) error {
	key, err := state.Key(rights.Kind(c.args[0]), c.args[1])
	if err != nil {
		return err
	}
	return c.stub.DelState(key)
}

func guard(c call) error {
	return c.world.Guard(rights.Kind(c.args[0]), c.args[1], c.args[2:])
}

func hide(c call) error {
	transient, err := c.stub.GetTransient()
	if err != nil {
		return err
	}
	secret := transient[contract.TransientSecret]
	if len(secret) == 0 {
		return errors.New("no secret came with it")
	}
	return c.world.StoreSecret(rights.Collection(c.args[0]), rights.Kind(c.args[1]), c.args[2], secret)
}

func hidePut(c call) error {
	if err := hide(c); err != nil {
		return err
	}
	c.args = c.args[3:]
	return put(c)
}

func use(c call) error {
	raw, err := c.world.LoadSecret(rights.Collection(c.args[0]), rights.Kind(c.args[1]), c.args[2])
	if err != nil {
		return err
	}
	if len(raw) == 0 {
		return errors.New("nothing is kept there")
	}
	c.args = c.args[3:]
	return put(c)
}

func purge(c call) error {
	return c.world.PurgeSecret(rights.Collection(c.args[0]), rights.Kind(c.args[1]), c.args[2])
}
