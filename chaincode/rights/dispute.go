package rights

var disputeMachine = Machine{
	Entity: "dispute",
	Kind:   KindDispute,
	Title:  Text{"争议", "Dispute"},
}
