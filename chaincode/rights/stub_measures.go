package rights

// To be dropped with stub_measures_test.go once these machines have their rows:
// what a measure needs of the machines of listings, products, permits and
// grants, and no more.
func init() {
	stub := func(m *Machine, open, end State) *Machine {
		m.States = []StateInfo{
			{open, Text{"有效", "Open"}, false},
			{StateSuspended, Text{"暂停", "Suspended"}, false},
			{end, Text{"已结束", "Ended"}, true},
		}
		m.Transitions = []Transition{
			{nil, "stub", "", who(ByRegulator), Text{}, open},
			{in(open), "suspendByMeasure", "", who(ByRegulator), Text{"引用监管措施", "refers to a measure in force"}, StateSuspended},
			{in(StateSuspended), "liftMeasure", "", who(ByRegulator), Text{"引用监管措施", "refers to a measure in force"}, StatePrevious},
			{in(open), "stubEnd", "", who(ByRegulator), Text{}, end},
		}
		return m
	}
	offerMachines = append(offerMachines, stub(&listingMachine, StateListed, StateDelisted), stub(&productMachine, StateApproved, StateWithdrawn))
	useMachines = append(useMachines, stub(&permitMachine, StateActive, StateRevoked), stub(&grantMachine, StateEffective, StateRevoked))
}
