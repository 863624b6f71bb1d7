package rights

var listingMachine = Machine{
	Entity: "listing",
	Kind:   KindListing,
	Title:  Text{"挂牌", "Listing"},
}
