package rights

var copyMachine = Machine{
	Entity: "copy",
	Kind:   KindCopy,
	Title:  Text{"副本", "Copy"},
}
