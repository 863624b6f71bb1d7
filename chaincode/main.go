// Command chaincode serves the contract to one organisation's peer, over
// mutual TLS. It is configured by the environment alone:
//
//	CHAINCODE_ID              package id, as installed on the peer
//	CHAINCODE_SERVER_ADDRESS  address to listen on
//	CHAINCODE_TLS_KEY         this server's key, certificate and the CA of the
//	CHAINCODE_TLS_CERT        peer that may connect, as PEM files
//	CHAINCODE_TLS_CLIENT_CA
//	DATARIGHTS_GENESIS        this organisation's copy of the founding document
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/datarights/datarights/chaincode/contract"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "chaincode:", err)
		os.Exit(1)
	}
}

func serve() error {
	id, address := os.Getenv("CHAINCODE_ID"), os.Getenv("CHAINCODE_SERVER_ADDRESS")
	if id == "" || address == "" {
		return errors.New("CHAINCODE_ID and CHAINCODE_SERVER_ADDRESS must be set")
	}
	files := map[string][]byte{}
	for _, name := range []string{"CHAINCODE_TLS_KEY", "CHAINCODE_TLS_CERT", "CHAINCODE_TLS_CLIENT_CA", "DATARIGHTS_GENESIS"} {
		content, err := os.ReadFile(os.Getenv(name))
		if err != nil {
			return fmt.Errorf("couldn't read the file of %s: %w", name, err)
		}
		files[name] = content
	}
	server := &shim.ChaincodeServer{
		CCID:    id,
		Address: address,
		CC:      &contract.Contract{Genesis: files["DATARIGHTS_GENESIS"]},
		TLSProps: shim.TLSProperties{
			Key:           files["CHAINCODE_TLS_KEY"],
			Cert:          files["CHAINCODE_TLS_CERT"],
			ClientCACerts: files["CHAINCODE_TLS_CLIENT_CA"],
		},
	}
	return server.Start()
}
