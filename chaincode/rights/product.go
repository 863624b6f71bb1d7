package rights

var productMachine = Machine{
	Entity: "product",
	Kind:   KindProduct,
	Title:  Text{"数据产品", "Data product"},
}
