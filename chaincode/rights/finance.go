package rights

// Finance: evaluations, accounting, pledges, guarantees (3.15, 3.16).

var financeMachines = []*Machine{}

func financeCommands() []*Command {
	return []*Command{}
}

var evaluationMachine = Machine{
	Entity: "evaluation",
	Kind:   KindEvaluation,
	Title:  Text{"评估", "Evaluation"},
}

var accountingMachine = Machine{
	Entity: "accounting",
	Kind:   KindAccounting,
	Title:  Text{"入表", "Accounting record"},
}

var pledgeMachine = Machine{
	Entity: "pledge",
	Kind:   KindPledge,
	Title:  Text{"质押", "Pledge"},
}

var guaranteeMachine = Machine{
	Entity: "guarantee",
	Kind:   KindGuarantee,
	Title:  Text{"担保", "Guarantee"},
}
