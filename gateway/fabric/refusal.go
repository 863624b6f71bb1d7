package fabric

import "github.com/datarights/datarights/chaincode/rights"

// Refusal returns what the chaincode refused with, nil if err is something
// else: for programs that reach a peer without a Client.
func Refusal(err error) *rights.Error { return refusal(err) }
