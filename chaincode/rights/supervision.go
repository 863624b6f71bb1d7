package rights

// Supervision: measures, alerts, evidence, indicators, scenarios, policy and
// support (3.17 to 3.21).

var supervisionMachines = []*Machine{}

func supervisionCommands() []*Command {
	return []*Command{}
}

var measureMachine = Machine{
	Entity: "measure",
	Kind:   KindMeasure,
	Title:  Text{"监管措施", "Measure"},
}

var alertMachine = Machine{
	Entity: "alert",
	Kind:   KindAlert,
	Title:  Text{"风险预警", "Alert"},
}

var evidenceMachine = Machine{
	Entity: "evidence",
	Kind:   KindEvidence,
	Title:  Text{"证据", "Evidence item"},
}

var indicatorMachine = Machine{
	Entity: "indicator",
	Kind:   KindIndicator,
	Title:  Text{"监管指标", "Indicator"},
}

var snapshotMachine = Machine{
	Entity: "snapshot",
	Kind:   KindSnapshot,
	Title:  Text{"指标快照", "Indicator snapshot"},
}

var scenarioMachine = Machine{
	Entity: "scenario",
	Kind:   KindScenario,
	Title:  Text{"应用场景", "Scenario"},
}

var policyMachine = Machine{
	Entity: "policy",
	Kind:   KindPolicy,
	Title:  Text{"政策文件", "Policy document"},
}

var supportMachine = Machine{
	Entity: "support",
	Kind:   KindSupport,
	Title:  Text{"政策支持", "Support"},
}

var maturityMachine = Machine{
	Entity: "maturity",
	Kind:   KindMaturity,
	Title:  Text{"成熟度", "Maturity"},
}

var eventMachine = Machine{
	Entity: "event",
	Kind:   KindMarketEvent,
	Title:  Text{"活动", "Event"},
}
