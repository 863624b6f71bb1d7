// Command baseline is the chaincode that the project's speed is measured
// against, on the same consortium: nothing at all, one write, and a create and
// read as in Fabric's asset-transfer sample.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "baseline:", err)
		os.Exit(1)
	}
}

// serve is configured as every chaincode server of a consortium is.
func serve() error {
	files := map[string][]byte{}
	for _, name := range []string{"CHAINCODE_TLS_KEY", "CHAINCODE_TLS_CERT", "CHAINCODE_TLS_CLIENT_CA"} {
		text, err := os.ReadFile(os.Getenv(name))
		if err != nil {
			return fmt.Errorf("couldn't read %s: %w", name, err)
		}
		files[name] = text
	}
	server := &shim.ChaincodeServer{
		CCID:    os.Getenv("CHAINCODE_ID"),
		Address: os.Getenv("CHAINCODE_SERVER_ADDRESS"),
		CC:      baseline{},
		TLSProps: shim.TLSProperties{
			Key: files["CHAINCODE_TLS_KEY"], Cert: files["CHAINCODE_TLS_CERT"], ClientCACerts: files["CHAINCODE_TLS_CLIENT_CA"],
		},
	}
	return server.Start()
}

type baseline struct{}

func (baseline) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (baseline) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	function, args := stub.GetFunctionAndParameters()
	operations := map[string]struct {
		args int
		run  func(shim.ChaincodeStubInterface, []string) ([]byte, error)
	}{"noop": {0, noop}, "write": {2, write}, "create": {1, create}, "read": {1, read}, "Found": {1, found}, "Founded": {0, founded}}
	operation, ok := operations[function]
	if !ok {
		return shim.Error(fmt.Sprintf("no function %q: there are noop, write, create, read, Found and Founded", function))
	}
	if len(args) != operation.args {
		return shim.Error(fmt.Sprintf("%s got %d arguments; expected %d", function, len(args), operation.args))
	}
	result, err := operation.run(stub, args)
	if err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(result)
}

func noop(shim.ChaincodeStubInterface, []string) ([]byte, error) { return nil, nil }

func write(stub shim.ChaincodeStubInterface, args []string) ([]byte, error) {
	return nil, stub.PutState(args[0], []byte(args[1]))
}

// asset makes a value of about 300 bytes.
type asset struct {
	ID             string `json:"ID"`
	Color          string `json:"Color"`
	Size           int    `json:"Size"`
	Owner          string `json:"Owner"`
	AppraisedValue int    `json:"AppraisedValue"`
	Description    string `json:"Description"`
}

const description = "An asset as in the asset-transfer sample, with a description long enough that " +
	"the value has the size of a small record of a registry, that is about three hundred bytes."

// create does what CreateAsset of the samples does: read, refuse if there, write.
func create(stub shim.ChaincodeStubInterface, args []string) ([]byte, error) {
	existing, err := stub.GetState(args[0])
	if err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w", args[0], err)
	}
	if existing != nil {
		return nil, fmt.Errorf("the asset %s already exists", args[0])
	}
	value, err := json.Marshal(asset{ID: args[0], Color: "blue", Size: 5, Owner: "Tomoko", AppraisedValue: 300, Description: description})
	if err != nil {
		return nil, err
	}
	return nil, stub.PutState(args[0], value)
}

func read(stub shim.ChaincodeStubInterface, args []string) ([]byte, error) {
	value, err := stub.GetState(args[0])
	if err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w", args[0], err)
	}
	if value == nil {
		return nil, fmt.Errorf("the asset %s does not exist", args[0])
	}
	return value, nil
}

// genesisKey holds what the consortium founded the chaincode on, so that the
// baseline can stand where the project's own chaincode does.
const genesisKey = "\x01genesis"

func found(stub shim.ChaincodeStubInterface, args []string) ([]byte, error) {
	existing, err := stub.GetState(genesisKey)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the genesis document: %w", err)
	}
	if existing != nil {
		return nil, errors.New("the ledger is already founded")
	}
	return nil, stub.PutState(genesisKey, []byte(args[0]))
}

func founded(stub shim.ChaincodeStubInterface, _ []string) ([]byte, error) {
	existing, err := stub.GetState(genesisKey)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the genesis document: %w", err)
	}
	return strconv.AppendBool(nil, existing != nil), nil
}
