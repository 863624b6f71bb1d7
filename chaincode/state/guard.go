package state

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"

	"github.com/datarights/datarights/chaincode/rights"
)

// A key-level policy replaces the chaincode's for its key, so a guarded key's
// policy states both: the usual one, and every guardian's peer.

// guardPolicy is the policy of a key that moves only with all of msps beside the
// usual endorsement; nil for none, which gives the key back to the chaincode's
// own policy.
func guardPolicy(usual rights.EndorsementRule, msps []string) ([]byte, error) {
	if len(msps) == 0 {
		return nil, nil
	}
	if usual.OutOf < 1 || usual.OutOf > len(usual.Of) {
		return nil, errors.New("couldn't guard a key: the founding document does not say who endorses")
	}
	msps = slices.Compact(slices.Sorted(slices.Values(msps)))
	// A policy counts each endorsement once: a guardian that is one of the usual
	// endorsers counts as that too.
	others := slices.DeleteFunc(slices.Clone(usual.Of), func(m string) bool { return slices.Contains(msps, m) })
	need := max(0, usual.OutOf-(len(usual.Of)-len(others)))
	names := slices.Concat(others, msps)
	identities := make([]*msp.MSPPrincipal, len(names))
	by := func(name string) *common.SignaturePolicy {
		return &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{SignedBy: int32(slices.Index(names, name))}}
	}
	for i, name := range names {
		role, err := proto.MarshalOptions{Deterministic: true}.Marshal(&msp.MSPRole{MspIdentifier: name, Role: msp.MSPRole_PEER})
		if err != nil {
			return nil, fmt.Errorf("couldn't encode a principal: %w", err)
		}
		identities[i] = &msp.MSPPrincipal{PrincipalClassification: msp.MSPPrincipal_ROLE, Principal: role}
	}
	outOf := func(n int32, rules ...*common.SignaturePolicy) *common.SignaturePolicy {
		return &common.SignaturePolicy{Type: &common.SignaturePolicy_NOutOf_{NOutOf: &common.SignaturePolicy_NOutOf{N: n, Rules: rules}}}
	}
	var all []*common.SignaturePolicy
	if need > 0 {
		var some []*common.SignaturePolicy
		for _, name := range others {
			some = append(some, by(name))
		}
		all = append(all, outOf(int32(need), some...))
	}
	for _, m := range msps {
		all = append(all, by(m))
	}
	policy, err := proto.MarshalOptions{Deterministic: true}.Marshal(&common.SignaturePolicyEnvelope{Rule: outOf(int32(len(all)), all...), Identities: identities})
	if err != nil {
		return nil, fmt.Errorf("couldn't encode a policy: %w", err)
	}
	return policy, nil
}
