package rights

// Ledger is the world state as the rules see it.
//
// Load decodes the record into v and reports whether it exists; within one Act
// it sees what Store wrote. Store takes effect only if the whole Act succeeds.
// An error of either is the engine's, never a refusal, and ends the Act.
type Ledger interface {
	Load(kind Kind, id string, v any) (bool, error)
	Store(kind Kind, id string, v any) error

	// Ahead tells what is about to be loaded, so that one question to the peer
	// does for all of it. It promises nothing: what it could not read Load asks
	// for again, and reports.
	Ahead(refs ...RecordRef)

	// LoadSecret returns what a private collection keeps of a record, nothing
	// when it keeps none or none any more. The rules ask only on peers of the
	// collection's members.
	LoadSecret(c Collection, kind Kind, id string) ([]byte, error)
	StoreSecret(c Collection, kind Kind, id string, raw []byte) error
	// PurgeSecret takes it from every peer and from their history.
	PurgeSecret(c Collection, kind Kind, id string) error

	// Guard lets a record's key move only with the endorsement of the peers of
	// all those organisations, beside what the chaincode's policy wants anyway.
	// None lifts the guard.
	Guard(kind Kind, id string, msps []string) error
}

// PointersOf names the pointers a command over that object and participant
// will look at, for those that read ahead.
func PointersOf(objectID, participantID string) []RecordRef {
	return []RecordRef{
		{Kind: PointerHeld, ID: pair(objectID, participantID)},
		{Kind: PointerOpen, ID: pair(objectID, participantID, RegFirst)},
	}
}

// PointersOfTag names the pointers that a command of that participant over
// content with that tag will look at, for those that read ahead.
func PointersOfTag(tag, participantID string) []RecordRef {
	if tag == "" {
		return nil
	}
	return []RecordRef{{Kind: PointerTag, ID: tag}, {Kind: PointerReceived, ID: pair(tag, participantID)}}
}

// ReceivedName is where, among what was received, a tag and a recipient lead to
// the copies he has.
func ReceivedName(tag, participantID string) string { return pair(tag, participantID) }

// PointerOfHolding names the pointer to the certificates that a transaction gives
// a holder, for those that read ahead.
func PointerOfHolding(holderID, txID string) RecordRef {
	return RecordRef{Kind: PointerHoldings, ID: holdingShard(holderID, markOf(txID))}
}
