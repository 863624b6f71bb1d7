package network

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// PortError says that a port the consortium needs is taken.
type PortError struct {
	Port         int
	Organisation string
	Role         string
	Holder       string // process that has it, when that can be seen
}

// CodePortInUse is the stable code of PortError.
const CodePortInUse = "PORT_IN_USE"

// Code is the error's stable code.
func (e *PortError) Code() string { return CodePortInUse }

func (e *PortError) Error() string {
	holder := e.Holder
	if holder == "" {
		holder = "another process"
	}
	return fmt.Sprintf("port %d, wanted for %s's %s, is used by %s; end it, or give other ports in consortium.yaml or with --base-port", e.Port, e.Organisation, e.Role, holder)
}

// preflight reports every port that is taken, leaving out those of processes
// that already run under our supervisor.
func (d *Deployment) preflight(gateways bool, running map[string]bool) error {
	endpoints, err := d.endpoints(gateways)
	if err != nil {
		return err
	}
	var faults []error
	for _, e := range endpoints {
		if running[e.process] {
			continue
		}
		listener, err := net.Listen("tcp", local(e.port))
		switch {
		case err == nil:
			listener.Close()
		case errors.Is(err, syscall.EADDRINUSE):
			faults = append(faults, &PortError{Port: e.port, Organisation: e.organisation, Role: e.role, Holder: strings.Join(holders(e.port), ", ")})
		default:
			faults = append(faults, fmt.Errorf("couldn't try port %d for %s's %s: %w", e.port, e.organisation, e.role, err))
		}
	}
	return errors.Join(faults...)
}
