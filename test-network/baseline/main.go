// Command baseline is the chaincode that the project's speed is measured
// against, on the same consortium: nothing at all, one write, many writes at
// once, and a create and read as in Fabric's asset-transfer sample.
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
	}{"noop": {0, noop}, "write": {2, write}, "fill": {3, fill}, "create": {1, create}, "read": {1, read}, "Found": {1, found}, "Founded": {0, founded}}
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

// fill writes count values of size bytes each under keys that begin with
// prefix, as fast as the engine takes them: in one batch, checking nothing.
func fill(stub shim.ChaincodeStubInterface, args []string) ([]byte, error) {
	prefix := args[0]
	count, err := strconv.Atoi(args[1])
	if err != nil || count < 1 || count > maxFill {
		return nil, fmt.Errorf("count is %q; expected 1 to %d", args[1], maxFill)
	}
	size, err := strconv.Atoi(args[2])
	if err != nil || size < 1 || size > maxFill {
		return nil, fmt.Errorf("size is %q; expected 1 to %d", args[2], maxFill)
	}
	stub.StartWriteBatch()
	for i := range count {
		if err := stub.PutState(prefix+strconv.Itoa(i), text(uint64(i), size)); err != nil {
			return nil, err
		}
	}
	return nil, stub.FinishWriteBatch()
}

// maxFill bounds what one call writes.
const maxFill = 10_000

// text is printable, the same on every peer, and half of it repeats, as in records.
func text(seed uint64, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		seed = seed*6364136223846793005 + 1442695040888963407
		b[i] = "0123456789abcdef"[seed>>60]
		if i%2 == 1 {
			b[i] = '"'
		}
	}
	return b
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
