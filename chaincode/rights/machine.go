package rights

import "slices"

// State is a record's place in its state machine.
type State string

// Text is a phrase in both languages of the project.
type Text struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// Capacity is the standing in which a participant may send an event.
type Capacity string

// The relations to a record.
const (
	BySelf      Capacity = "self"
	ByApplicant Capacity = "applicant"
	ByHolder    Capacity = "holder"
	ByObjector  Capacity = "objector"

	ByTransferee Capacity = "transferee" // the other side of a transfer or licence
	ByOwner      Capacity = "owner"      // of a product
	BySeller     Capacity = "seller"
	ByBuyer      Capacity = "buyer"
	BySender     Capacity = "sender"    // of a delivery
	ByRecipient  Capacity = "recipient" // of a delivery, a copy
	ByPayee      Capacity = "payee"
	ByClaimant   Capacity = "claimant"
	ByRespondent Capacity = "respondent"
	ByMediator   Capacity = "mediator"
	ByOrdered    Capacity = "ordered" // whom an order binds

	ByOperator   Capacity = "operator" // of a processing job
	ByPlatform   Capacity = "platform" // that runs the job, hosts the data, embeds the mark
	ByPermittee  Capacity = "permittee"
	ByGrantor    Capacity = "grantor"
	ByAuthoriser Capacity = "authoriser"
	ByGrantee    Capacity = "grantee"
	ByCustodian  Capacity = "custodian"

	ByClient    Capacity = "client" // who commissions an evaluation
	ByEvaluator Capacity = "evaluator"
	ByPledgor   Capacity = "pledgor"
	ByPledgee   Capacity = "pledgee"
	ByGuarantor Capacity = "guarantor"

	BySubject   Capacity = "subject" // of a measure
	ByAssignee  Capacity = "assignee"
	BySubmitter Capacity = "submitter"
	ByKeeper    Capacity = "keeper" // who holds an item of evidence
)

// The offices act with the role of that name, on a key that carries it, through
// their own organisation's gateway.
const (
	ByRegistrar Capacity = "registrar"
	ByExchange  Capacity = "exchange"
	ByRegulator Capacity = "regulator"
	ByBank      Capacity = "bank"
	// ByAdmitter is the exchange for market roles, the regulator for the rest.
	ByAdmitter Capacity = "admitter"
)

// Everybody else.
const (
	// ByAnyone is every active participant.
	ByAnyone Capacity = "anyone"
	// ByOutsider is somebody not yet on the ledger, signing with the key applied for.
	ByOutsider Capacity = "outsider"
	// ByAdministrator is an organisation's Fabric admin identity.
	ByAdministrator Capacity = "administrator"
)

// StatePrevious as a target means the state the record was held in.
const StatePrevious State = "(previous)"

// Transition is one row of a state machine. The rows are the rule: the code
// steps through them, the documentation is printed from them and the
// exhaustive test enumerates them.
type Transition struct {
	From    []State // empty: the record does not exist yet
	Event   string
	Outcome string // tells rows of one event apart, where the body decides
	By      []Capacity
	Guard   Text // what else must hold
	To      State
}

// StateInfo describes one state.
type StateInfo struct {
	Name  State
	Title Text
	End   bool // nothing leads out of it
}

// Machine is the state machine of one kind of record.
type Machine struct {
	Entity      string // first half of its command names
	Kind        Kind   // of the records it moves
	Title       Text
	States      []StateInfo
	Transitions []Transition
}

// Rows returns the transitions of an event.
func (m *Machine) Rows(event string) []Transition {
	var rows []Transition
	for _, t := range m.Transitions {
		if t.Event == event {
			rows = append(rows, t)
		}
	}
	return rows
}

// Leaves reports whether the row starts from that state; "" is "no record yet".
func (t Transition) Leaves(from State) bool {
	if from == "" {
		return len(t.From) == 0
	}
	return slices.Contains(t.From, from)
}

// Titled returns the display name of a state.
func (m *Machine) Titled(s State) Text {
	for _, i := range m.States {
		if i.Name == s {
			return i.Title
		}
	}
	return Text{string(s), string(s)}
}

// Ended reports whether s is an end state.
func (m *Machine) Ended(s State) bool {
	for _, i := range m.States {
		if i.Name == s {
			return i.End
		}
	}
	return false
}
