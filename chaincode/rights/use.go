package rights

// Use and authorised operation: lineage, permits and meters, grants, admissions,
// disclosure, custody, catalogues (3.12 to 3.14, 3.21).

var useMachines = []*Machine{}

func useCommands() []*Command {
	return []*Command{}
}

var lineageMachine = Machine{
	Entity: "lineage",
	Kind:   KindLineage,
	Title:  Text{"数据血缘", "Lineage"},
}

var permitMachine = Machine{
	Entity: "permit",
	Kind:   KindPermit,
	Title:  Text{"授权使用", "Usage permit"},
}

var meterMachine = Machine{
	Entity: "meter",
	Kind:   KindMeter,
	Title:  Text{"计量", "Meter record"},
}

var grantMachine = Machine{
	Entity: "grant",
	Kind:   KindGrant,
	Title:  Text{"授权运营", "Grant"},
}

var admissionMachine = Machine{
	Entity: "admission",
	Kind:   KindAdmission,
	Title:  Text{"开发主体准入", "Admission"},
}

var disclosureMachine = Machine{
	Entity: "disclosure",
	Kind:   KindDisclosure,
	Title:  Text{"信息披露", "Disclosure"},
}

var custodyMachine = Machine{
	Entity: "custody",
	Kind:   KindCustody,
	Title:  Text{"数据托管", "Custody"},
}

var catalogueMachine = Machine{
	Entity: "catalogue",
	Kind:   KindCatalogue,
	Title:  Text{"目录条目", "Catalogue entry"},
}
