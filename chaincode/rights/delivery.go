package rights

var deliveryMachine = Machine{
	Entity: "delivery",
	Kind:   KindDelivery,
	Title:  Text{"交付", "Delivery"},
}
