package network

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer/lifecycle"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// definition is what the channel has committed for a chaincode, or should have.
// Its sequence is not described anywhere: it counts the definitions.
type definition struct {
	sequence    int64
	version     string
	policy      *common.SignaturePolicyEnvelope // nil: another kind of policy
	collections []*peer.StaticCollectionConfig
}

// wanted is the definition that cc should have.
func (d *Deployment) wanted(cc Chaincode) (*definition, error) {
	policy, err := d.SignaturePolicy(cc.Endorsement)
	if err != nil {
		return nil, err
	}
	w := &definition{version: cc.Version, policy: policy}
	for _, one := range cc.Collections {
		w.collections = append(w.collections, one.config())
	}
	return w, nil
}

// SignaturePolicy is the endorsement as Fabric encodes what Policy writes.
func (c *Consortium) SignaturePolicy(e Endorsement) (*common.SignaturePolicyEnvelope, error) {
	msps, err := c.mspIDs(e.Of)
	if err != nil {
		return nil, err
	}
	return outOf(e.OutOf, msp.MSPRole_PEER, msps), nil
}

// says tells whether d and other define the same, whatever their sequence, and
// if not, what differs.
func (d *definition) says(other *definition) (same bool, difference string) {
	switch {
	case d.version != other.version:
		return false, fmt.Sprintf("version %s → %s", d.version, other.version)
	case !proto.Equal(d.policy, other.policy):
		return false, "endorsement"
	case len(d.collections) != len(other.collections):
		return false, fmt.Sprintf("%d collections → %d", len(d.collections), len(other.collections))
	}
	for i, c := range d.collections {
		if !proto.Equal(c, other.collections[i]) {
			return false, "collection " + c.GetName()
		}
	}
	return true, ""
}

// next is the sequence under which wanted is to be committed: the committed one
// when it says the same, or the one after it.
func next(committed, wanted *definition) (sequence int64, change string) {
	if committed == nil {
		return 1, "first definition"
	}
	if same, difference := committed.says(wanted); !same {
		return committed.sequence + 1, difference
	}
	return committed.sequence, ""
}

// committed is the definition in force as org's peer has it, nil when there is none.
func (d *Deployment) committed(ctx context.Context, org *Organisation, name string) (*definition, error) {
	var answer lifecycle.QueryChaincodeDefinitionResult
	found, err := d.askLifecycle(ctx, org, "QueryChaincodeDefinition", &lifecycle.QueryChaincodeDefinitionArgs{Name: name}, &answer)
	if err != nil || !found {
		return nil, err
	}
	return definitionOf(&answer)
}

// approved tells whether org has approved wanted under that sequence for a package.
func (d *Deployment) approved(ctx context.Context, org *Organisation, name string, sequence int64, wanted *definition, packageID string) (bool, error) {
	var answer lifecycle.QueryApprovedChaincodeDefinitionResult
	found, err := d.askLifecycle(ctx, org, "QueryApprovedChaincodeDefinition", &lifecycle.QueryApprovedChaincodeDefinitionArgs{Name: name, Sequence: sequence}, &answer)
	if err != nil || !found {
		return false, err
	}
	there, err := definitionOf(&answer)
	if err != nil {
		return false, err
	}
	same, _ := there.says(wanted)
	return same && answer.GetSource().GetLocalPackage().GetPackageId() == packageID, nil
}

// askLifecycle asks org's peer as its administrator; false when the peer says
// that there is no such definition.
func (d *Deployment) askLifecycle(ctx context.Context, org *Organisation, function string, question, answer proto.Message) (bool, error) {
	fail := func(err error) (bool, error) {
		return false, fmt.Errorf("couldn't ask %s's peer for a definition (%s): %w", org.Name, function, err)
	}
	args, err := proto.Marshal(question)
	if err != nil {
		return fail(err)
	}
	connection, err := d.Connect(org, d.Admin(org))
	if err != nil {
		return false, err
	}
	defer connection.Close()
	raw, err := connection.EvaluateOn(ctx, org.MSPID, "_lifecycle", function, args)
	if err != nil {
		if strings.Contains(err.Error(), "private data matching public hash version is not available") {
			return false, fmt.Errorf("%w (%s)", errApprovalLost, org.Name)
		}
		if undefined(err) {
			return false, nil
		}
		return fail(err)
	}
	if err := proto.Unmarshal(raw, answer); err != nil {
		return fail(err)
	}
	return true, nil
}

// errApprovalLost: an organisation's approval is private data that only its own
// peers ever have, and Fabric takes no second one under the same sequence.
var errApprovalLost = errors.New("the peer lost the organisation's own approval of the chaincode with its ledger, and no other peer has it: " +
	"restore a backup that has the ledger in it, or have all members approve the definition once more under another version")

// definitionOf reads what the lifecycle answers.
func definitionOf(answer interface {
	GetSequence() int64
	GetVersion() string
	GetValidationParameter() []byte
	GetCollections() *peer.CollectionConfigPackage
}) (*definition, error) {
	var policy peer.ApplicationPolicy
	if err := proto.Unmarshal(answer.GetValidationParameter(), &policy); err != nil {
		return nil, fmt.Errorf("couldn't read a definition's endorsement: %w", err)
	}
	found := &definition{sequence: answer.GetSequence(), version: answer.GetVersion(), policy: policy.GetSignaturePolicy()}
	for _, one := range answer.GetCollections().GetConfig() {
		found.collections = append(found.collections, one.GetStaticCollectionConfig())
	}
	return found, nil
}

// undefined tells whether the lifecycle answered that nothing is defined.
func undefined(err error) bool {
	says := func(text string) bool {
		return strings.Contains(text, "is not defined") || strings.Contains(text, "could not fetch approved chaincode definition")
	}
	for _, detail := range status.Convert(err).Details() {
		if d, ok := detail.(*gateway.ErrorDetail); ok && says(d.GetMessage()) {
			return true
		}
	}
	return says(err.Error())
}

func (c *Consortium) mspIDs(names []string) ([]string, error) {
	msps := make([]string, len(names))
	for i, name := range names {
		org, err := c.Organisation(name)
		if err != nil {
			return nil, err
		}
		msps[i] = org.MSPID
	}
	return msps, nil
}
