package rights

// Registration after the first: transfer, change, correction, renewal,
// cancellation, licence, revocation, and objections to what is registered (2.6, 2.11).

func registrationCommands() []*Command {
	return []*Command{}
}
