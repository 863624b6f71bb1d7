package statetest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// Endorsed tells why the transaction's endorsers do not do for the keys it
// writes, nil when they do: a key's own policy decides, of the committed state,
// also about a change of that policy.
func (l *Ledger) Endorsed(s *Stub) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.endorsed(s)
}

func (l *Ledger) endorsed(s *Stub) error {
	if s.tx.Endorsers == nil {
		return nil
	}
	written := maps.Clone(s.Writes)
	maps.Copy(written, s.Guards)
	for _, key := range slices.Sorted(maps.Keys(written)) {
		policy, own := l.guards[key]
		if !own {
			policy = l.Usual
		}
		if policy == nil {
			continue
		}
		if ok, err := satisfied(policy, s.tx.Endorsers); err != nil {
			return err
		} else if !ok {
			return fmt.Errorf("the key %q does not move with the endorsements of %v", key, s.tx.Endorsers)
		}
	}
	if l.Usual != nil && len(s.Private) > 0 {
		if ok, err := satisfied(l.Usual, s.tx.Endorsers); err != nil {
			return err
		} else if !ok {
			return fmt.Errorf("private data is not written with the endorsements of %v", s.tx.Endorsers)
		}
	}
	return nil
}

// satisfied evaluates a signature policy as a peer does: every endorsement
// counts once.
func satisfied(policy []byte, endorsers []string) (bool, error) {
	var e common.SignaturePolicyEnvelope
	if err := proto.Unmarshal(policy, &e); err != nil {
		return false, err
	}
	names := make([]string, len(e.GetIdentities()))
	for i, p := range e.GetIdentities() {
		var role msp.MSPRole
		if err := proto.Unmarshal(p.GetPrincipal(), &role); err != nil {
			return false, err
		}
		if p.GetPrincipalClassification() != msp.MSPPrincipal_ROLE || role.GetRole() != msp.MSPRole_PEER {
			return false, fmt.Errorf("principal %d is not a peer", i)
		}
		names[i] = role.GetMspIdentifier()
	}
	used := make([]bool, len(endorsers))
	var holds func(p *common.SignaturePolicy, used []bool) bool
	holds = func(p *common.SignaturePolicy, used []bool) bool {
		if n := p.GetNOutOf(); n != nil {
			count := int32(0)
			for _, rule := range n.GetRules() {
				attempt := slices.Clone(used)
				if holds(rule, attempt) {
					count++
					copy(used, attempt)
				}
			}
			return count >= n.GetN()
		}
		for i, endorser := range endorsers {
			if !used[i] && endorser == names[p.GetSignedBy()] {
				used[i] = true
				return true
			}
		}
		return false
	}
	return holds(e.GetRule(), used), nil
}

// mayTouch refuses a submitter that is no member of the collection, and a read
// on the peer of an endorser that is none: it does not have the data.
func (s *Stub) mayTouch(collection string, read bool) error {
	if s.ledger.Members == nil {
		return nil
	}
	members := s.ledger.Members(collection)
	if len(members) == 0 {
		return fmt.Errorf("collection %s could not be found", collection)
	}
	var submitter msp.SerializedIdentity
	if err := proto.Unmarshal(s.tx.Creator, &submitter); err != nil {
		return err
	}
	if !slices.Contains(members, submitter.GetMspid()) {
		return fmt.Errorf("the submitter's organisation %s is no member of the collection %s", submitter.GetMspid(), collection)
	}
	for _, endorser := range s.tx.Endorsers {
		if read && !slices.Contains(members, endorser) {
			return fmt.Errorf("the peer of %s does not have the collection %s", endorser, collection)
		}
	}
	return nil
}
