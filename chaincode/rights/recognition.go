package rights

var recognitionMachine = Machine{
	Entity: "recognition",
	Kind:   KindRecognition,
	Title:  Text{"互认", "Recognition"},
}
