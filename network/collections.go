package network

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// The private data collections follow from what the organisations are for, so
// that nobody keeps a list: the chaincode asks for them by the same names.
const (
	// CollectionTrade is shared by trading and supervision organisations.
	CollectionTrade = "tradeTerms"
	// collectionPledge, with a bank's MSP ID, is shared by those and that bank.
	collectionPledge = "pledgeTerms_"
)

// Collection is a private data collection: what is in it reaches the peers of
// its members alone, every other peer has its hash.
type Collection struct {
	Name    string   `json:"name"`
	Members []string `json:"members"` // MSP IDs
	// Push is to how many other members' peers an endorsing peer sends the data
	// before it answers.
	Push int `json:"push,omitempty"`
}

// Collections are the main chaincode's, in the order of the organisations.
func (c *Consortium) Collections() []Collection {
	if c.Chaincode.Collections != nil && !*c.Chaincode.Collections {
		return nil
	}
	var market []string
	for i := range c.Organisations {
		if f := c.Organisations[i].Function; f == FunctionTrading || f == FunctionSupervision {
			market = append(market, c.Organisations[i].MSPID)
		}
	}
	if len(market) == 0 {
		return nil
	}
	collection := func(name string, members []string) Collection {
		one := Collection{Name: name, Members: members}
		if c.Chaincode.Endorsement.OutOf == 1 {
			one.Push = len(members) - 1 // one copy alone might be lost
		}
		return one
	}
	all := []Collection{collection(CollectionTrade, market)}
	for i := range c.Organisations {
		if org := &c.Organisations[i]; org.Function == FunctionFinance {
			all = append(all, collection(collectionPledge+org.MSPID, append(market[:len(market):len(market)], org.MSPID)))
		}
	}
	return all
}

// CollectionsOf names the collections that org is a member of.
func (c *Consortium) CollectionsOf(org *Organisation) []string {
	var names []string
	for _, one := range c.Collections() {
		for _, member := range one.Members {
			if member == org.MSPID {
				names = append(names, one.Name)
			}
		}
	}
	return names
}

// writableCollections faults a collection that nobody could write: only its
// members' peers execute what touches it, so they must satisfy the endorsement
// among themselves.
func (k *checker) writableCollections(c *Consortium) {
	for _, one := range c.Collections() {
		endorsing := 0
		for _, name := range c.Chaincode.Endorsement.Of {
			org, err := c.Organisation(name)
			if err != nil {
				return // told already
			}
			for _, member := range one.Members {
				if member == org.MSPID {
					endorsing++
				}
			}
		}
		if endorsing < c.Chaincode.Endorsement.OutOf {
			k.fault("chaincode.endorsement.of", fmt.Sprintf("%d of the %d endorsements can come from members of the collection %s", endorsing, c.Chaincode.Endorsement.OutOf, one.Name),
				"enough trading and supervision organisations among `of`, or `chaincode.collections: false`")
		}
	}
}

// config is the collection as a peer takes it.
//
// A transaction that touches a collection is endorsed by its members alone, by
// as many as the chaincode's policy wants, and each of them has the data before
// the transaction exists. So where two endorse none needs to pass it on, and none
// does: a push waits up to 3 s for the acknowledgement of a peer that is down,
// whatever requiredPeerCount says. A member that did not endorse fetches the data
// from those that did, as it commits the block or when it is back. Nothing
// expires by itself: the rules purge what its retention is over for.
func (one Collection) config() *peer.StaticCollectionConfig {
	return &peer.StaticCollectionConfig{
		Name: one.Name,
		MemberOrgsPolicy: &peer.CollectionPolicyConfig{Payload: &peer.CollectionPolicyConfig_SignaturePolicy{
			SignaturePolicy: outOf(1, msp.MSPRole_MEMBER, one.Members),
		}},
		RequiredPeerCount: 0, MaximumPeerCount: int32(one.Push), BlockToLive: 0,
		MemberOnlyRead: true, MemberOnlyWrite: true,
	}
}

// collectionsFile is what --collections-config takes.
func collectionsFile(all []Collection) ([]byte, error) {
	type entry struct {
		Name              string `json:"name"`
		Policy            string `json:"policy"`
		RequiredPeerCount int32  `json:"requiredPeerCount"`
		MaxPeerCount      int32  `json:"maxPeerCount"`
		BlockToLive       uint64 `json:"blockToLive"`
		MemberOnlyRead    bool   `json:"memberOnlyRead"`
		MemberOnlyWrite   bool   `json:"memberOnlyWrite"`
	}
	entries := []entry{}
	for _, one := range all {
		c := one.config()
		entries = append(entries, entry{
			Name: c.GetName(), Policy: fmt.Sprintf("OutOf(1,'%s.member')", strings.Join(one.Members, ".member','")),
			RequiredPeerCount: c.GetRequiredPeerCount(), MaxPeerCount: c.GetMaximumPeerCount(), BlockToLive: c.GetBlockToLive(),
			MemberOnlyRead: c.GetMemberOnlyRead(), MemberOnlyWrite: c.GetMemberOnlyWrite(),
		})
	}
	return json.MarshalIndent(entries, "", "  ")
}

// outOf is n of the organisations' members in a role, as Fabric
// encodes OutOf(n, …).
func outOf(n int, role msp.MSPRole_MSPRoleType, msps []string) *common.SignaturePolicyEnvelope {
	rules := make([]*common.SignaturePolicy, len(msps))
	identities := make([]*msp.MSPPrincipal, len(msps))
	for i, name := range msps {
		principal, err := proto.Marshal(&msp.MSPRole{MspIdentifier: name, Role: role})
		if err != nil { // only for a name that is not UTF-8, which the description cannot have
			panic(err)
		}
		rules[i] = &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{SignedBy: int32(i)}}
		identities[i] = &msp.MSPPrincipal{PrincipalClassification: msp.MSPPrincipal_ROLE, Principal: principal}
	}
	return &common.SignaturePolicyEnvelope{
		Rule:       &common.SignaturePolicy{Type: &common.SignaturePolicy_NOutOf_{NOutOf: &common.SignaturePolicy_NOutOf{N: int32(n), Rules: rules}}},
		Identities: identities,
	}
}
