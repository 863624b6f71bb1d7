package rights

// The market: products, listings, demands, recognition, trades, deliveries,
// copies, settlements, disputes (3.6 to 3.11, 3.21, 3.22).

var marketMachines = []*Machine{}

func marketCommands() []*Command {
	return []*Command{}
}

var productMachine = Machine{
	Entity: "product",
	Kind:   KindProduct,
	Title:  Text{"数据产品", "Data product"},
}

var listingMachine = Machine{
	Entity: "listing",
	Kind:   KindListing,
	Title:  Text{"挂牌", "Listing"},
}

var demandMachine = Machine{
	Entity: "demand",
	Kind:   KindDemand,
	Title:  Text{"需求", "Demand"},
}

var recognitionMachine = Machine{
	Entity: "recognition",
	Kind:   KindRecognition,
	Title:  Text{"互认", "Recognition"},
}

var tradeMachine = Machine{
	Entity: "trade",
	Kind:   KindTrade,
	Title:  Text{"交易", "Trade"},
}

var deliveryMachine = Machine{
	Entity: "delivery",
	Kind:   KindDelivery,
	Title:  Text{"交付", "Delivery"},
}

var copyMachine = Machine{
	Entity: "copy",
	Kind:   KindCopy,
	Title:  Text{"副本", "Copy"},
}

var settlementMachine = Machine{
	Entity: "settlement",
	Kind:   KindSettlement,
	Title:  Text{"结算", "Settlement"},
}

var disputeMachine = Machine{
	Entity: "dispute",
	Kind:   KindDispute,
	Title:  Text{"争议", "Dispute"},
}
