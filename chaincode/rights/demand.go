package rights

var demandMachine = Machine{
	Entity: "demand",
	Kind:   KindDemand,
	Title:  Text{"需求", "Demand"},
}
