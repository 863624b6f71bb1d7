package rights

var settlementMachine = Machine{
	Entity: "settlement",
	Kind:   KindSettlement,
	Title:  Text{"结算", "Settlement"},
}
