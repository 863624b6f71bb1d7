package rights

// What is offered and asked for: products, listings, demands, recognition of
// other exchanges' certificates (3.6, 3.7, 3.21, 3.22).

var offerMachines = []*Machine{}

func offerCommands() []*Command {
	return []*Command{}
}
