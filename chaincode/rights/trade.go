package rights

var tradeMachine = Machine{
	Entity: "trade",
	Kind:   KindTrade,
	Title:  Text{"交易", "Trade"},
}
