package rights

// Ledger is the world state as the rules see it.
//
// Load decodes the record into v and reports whether it exists; within one Act
// it sees what Store wrote. Store takes effect only if the whole Act succeeds.
// An error of either is the engine's, never a refusal, and ends the Act.
type Ledger interface {
	Load(kind Kind, id string, v any) (bool, error)
	Store(kind Kind, id string, v any) error
}

// PointersOf names the pointers a command over that object and participant
// will look at, for those that read ahead.
func PointersOf(objectID, participantID string) []RecordRef {
	return []RecordRef{
		{Kind: PointerHeld, ID: pair(objectID, participantID)},
		{Kind: PointerOpen, ID: pair(objectID, participantID, "RegFirst")},
	}
}
