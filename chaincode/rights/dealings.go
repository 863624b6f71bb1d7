package rights

// What comes of an offer: trades, deliveries, copies, settlements, disputes
// (3.8 to 3.11).

var dealingMachines = []*Machine{}

func dealingCommands() []*Command {
	return []*Command{}
}
