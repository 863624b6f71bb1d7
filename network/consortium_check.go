package network

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// checker collects every fault of a description, each with its line.
type checker struct {
	file   string
	root   *yaml.Node
	faults []error
}

func (k *checker) fault(path, problem, want string) {
	line, column := placeOf(k.root, path)
	k.faults = append(k.faults, &ConfigError{File: k.file, Line: line, Column: column, Field: path, Problem: problem, Want: want})
}

var (
	organisationName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,31}$`)
	channelName      = regexp.MustCompile(`^[a-z][a-z0-9.-]{0,248}$`)
	mspName          = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$`)
	domainName       = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$`)
	chaincodeName    = regexp.MustCompile(`^[a-zA-Z0-9]+([-_][a-zA-Z0-9]+)*$`)
	chaincodeVersion = regexp.MustCompile(`^[A-Za-z0-9_.+-]+$`)
	logLevel         = regexp.MustCompile(`^[A-Za-z0-9_.,:=-]+$`)
	// reservedNames are folders of the run directory itself.
	reservedNames = map[string]bool{"logs": true, "trust": true, "builders": true, "supervisor": true, "chaincodes": true, "keys": true, "channel": true}
)

func (k *checker) consortium(c *Consortium) {
	if strings.TrimSpace(c.Name) == "" {
		k.fault("consortium", "missing", "the consortium's name")
	}
	for i, n := range c.Webhooks.AllowedNetworks {
		if _, err := netip.ParsePrefix(n); err != nil {
			k.fault(fmt.Sprintf("webhooks.allowedNetworks[%d]", i), strconv.Quote(n)+" is no network", "a network such as 10.20.0.0/16")
		}
	}
	k.match("channel", c.Channel, channelName, "lower-case letters, digits, dots and dashes, beginning with a letter")
	k.match("logLevel", c.LogLevel, logLevel, "a Fabric logging specification such as warning or info:gossip=warning")
	k.duration("batch.timeout", c.Batch.Timeout, 10*time.Millisecond, time.Minute)
	k.duration("bft.requestForwardTimeout", c.BFT.RequestForwardTimeout, 100*time.Millisecond, time.Hour)
	k.duration("bft.requestComplainTimeout", c.BFT.RequestComplainTimeout, 100*time.Millisecond, time.Hour)
	k.duration("bft.leaderHeartbeatTimeout", c.BFT.LeaderHeartbeatTimeout, time.Second, time.Hour)
	k.duration("bft.viewChangeTimeout", c.BFT.ViewChangeTimeout, time.Second, time.Hour)
	k.duration("proposalTimeWindow", c.ProposalTimeWindow, time.Second, time.Hour)
	if c.BFT.RequestComplainTimeout < c.BFT.RequestForwardTimeout {
		k.fault("bft.requestComplainTimeout", "shorter than requestForwardTimeout", "a request to be forwarded to the leader before the leader is complained about")
	}
	if c.Batch.MaxBytes < 1<<20 || c.Batch.MaxBytes > 90<<20 {
		k.fault("batch.maxBytes", fmt.Sprintf("%d", c.Batch.MaxBytes), "1048576 to 94371840 (the nodes' message limit is 100 MiB)")
	}
	k.chaincode(c)
	k.organisations(c)
	k.ports(c)
}

func (k *checker) match(path, value string, pattern *regexp.Regexp, want string) {
	if !pattern.MatchString(value) {
		k.fault(path, strconv.Quote(value)+" is not valid", want)
	}
}

func (k *checker) duration(path string, d, least, most time.Duration) {
	if d < least || d > most {
		k.fault(path, d.String()+" is out of range", fmt.Sprintf("%s to %s", least, most))
	}
}

func (k *checker) chaincode(c *Consortium) {
	k.match("chaincode.name", c.Chaincode.Name, chaincodeName, "letters, digits, and single dashes or underscores between them")
	k.match("chaincode.version", c.Chaincode.Version, chaincodeVersion, `letters, digits and any of _ . + -, quoted, such as "1.0"`)
	e := c.Chaincode.Endorsement
	seen := map[string]bool{}
	for i, name := range e.Of {
		path := fmt.Sprintf("chaincode.endorsement.of[%d]", i)
		org, err := c.Organisation(name)
		switch {
		case err != nil:
			k.fault(path, fmt.Sprintf("unknown organisation %q", name), "one of "+strings.Join(c.names(), ", "))
		case seen[org.Name]:
			k.fault(path, fmt.Sprintf("organisation %q is named twice", name), "each organisation once")
		default:
			seen[org.Name] = true
		}
	}
	if e.OutOf < 1 || e.OutOf > len(e.Of) {
		k.fault("chaincode.endorsement.outOf", fmt.Sprintf("%d of %d organisations", e.OutOf, len(e.Of)), "at least 1 and at most the number of organisations in `of`")
		return
	}
	k.writableCollections(c)
}

func (k *checker) organisations(c *Consortium) {
	type claim struct{ what, value string }
	owner := map[claim]string{}
	unique := func(path, what, value string) {
		key := claim{what, strings.ToLower(value)}
		if first, taken := owner[key]; taken {
			k.fault(path, fmt.Sprintf("%s %q is already that of %s", what, value, first), "a "+what+" of its own")
			return
		}
		owner[key] = strings.TrimSuffix(path, path[strings.LastIndex(path, "."):])
	}
	for i := range c.Organisations {
		org := &c.Organisations[i]
		at := fmt.Sprintf("organisations[%d]", i)
		k.match(at+".name", org.Name, organisationName, "a letter, then up to 31 letters, digits or dashes")
		if reservedNames[org.Dir()] {
			k.fault(at+".name", fmt.Sprintf("%q is a folder of the run directory", org.Dir()), "another name")
		}
		k.match(at+".mspId", org.MSPID, mspName, "letters, digits, dots and dashes")
		k.match(at+".domain", org.Domain, domainName, "a lower-case domain name such as group.example.org")
		known := false
		for _, f := range functions {
			known = known || f == org.Function
		}
		if !known {
			k.fault(at+".function", strconv.Quote(org.Function)+" is not a function", "one of "+strings.Join(functions, ", "))
		}
		unique(at+".name", "name", org.Name)
		unique(at+".mspId", "mspId", org.MSPID)
		unique(at+".domain", "domain", org.Domain)
	}
	if n := len(c.orderers()); n < MinOrderers {
		k.fault("organisations", fmt.Sprintf("%d organisations run an orderer", n),
			fmt.Sprintf("at least %d: a BFT ordering service of fewer cannot survive a faulty member", MinOrderers))
	}
}

func (k *checker) ports(c *Consortium) {
	if c.Ports.Stride < extraChaincodeOffset+ExtraChaincodes {
		k.fault("ports.stride", strconv.Itoa(c.Ports.Stride), fmt.Sprintf("at least %d", extraChaincodeOffset+ExtraChaincodes))
	}
	owner := map[int]string{}
	for i := range c.Organisations {
		org := &c.Organisations[i]
		claims := org.Ports.byRole()
		for slot := range ExtraChaincodes {
			port := c.extraChaincodePort(org, slot)
			claims = append(claims, portField{fmt.Sprintf("chaincode%d", slot+2), &port})
		}
		for _, claim := range claims {
			path := fmt.Sprintf("organisations[%d].ports.%s", i, claim.role)
			if *claim.port < 1024 || *claim.port > 65535 {
				k.fault(path, fmt.Sprintf("port %d", *claim.port), "1024 to 65535")
				continue
			}
			if first, taken := owner[*claim.port]; taken {
				k.fault(path, fmt.Sprintf("port %d is already %s", *claim.port, first), "a port of its own")
				continue
			}
			owner[*claim.port] = org.Name + "'s " + claim.role
		}
	}
}

var pathStep = regexp.MustCompile(`[^.\[\]]+|\[\d+\]`)

// placeOf finds line and column of a dotted path, or of its nearest written parent.
func placeOf(root *yaml.Node, path string) (line, column int) {
	node := root
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	for _, step := range pathStep.FindAllString(path, -1) {
		next, at := child(node, step)
		if next == nil {
			break
		}
		node, line, column = next, at.Line, at.Column
	}
	return line, column
}

func child(node *yaml.Node, step string) (value, at *yaml.Node) {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1], node.Content[i]
			}
		}
	case yaml.SequenceNode:
		i, err := strconv.Atoi(strings.Trim(step, "[]"))
		if err == nil && i < len(node.Content) {
			return node.Content[i], node.Content[i]
		}
	}
	return nil, nil
}
