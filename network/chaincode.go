package network

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/datarights/datarights/network/builder"
	"github.com/datarights/datarights/network/supervisor"
)

// Chaincode is one to deploy on a running consortium.
type Chaincode struct {
	Name        string      `json:"name"`
	Version     string      `json:"version"`
	Program     string      `json:"program"` // absolute path of the server
	Endorsement Endorsement `json:"endorsement"`
	// Collections are its private data collections.
	Collections []Collection `json:"collections,omitempty"`
	// Programs are the servers of organisations that run a build of their own,
	// by organisation.
	Programs map[string]string `json:"programs,omitempty"`
	// Organisations that run a server; none named means all.
	Organisations []string `json:"organisations,omitempty"`
	// Slot decides the ports: 0 for the consortium's own chaincode, 1 to
	// ExtraChaincodes for others beside it.
	Slot int `json:"slot"`

	// Sequence says, in the record, how often the chaincode was defined, as
	// found on the channel. Committed that the lifecycle went to its end.
	Sequence  int64 `json:"sequence"`
	Committed bool  `json:"committed"`
}

// programOf is the server that org runs.
func (cc *Chaincode) programOf(org *Organisation) string {
	return cmp.Or(cc.Programs[org.Name], cc.Program)
}

// runsAt tells whether org runs a server of the chaincode.
func (cc *Chaincode) runsAt(org *Organisation) bool {
	return len(cc.Organisations) == 0 || slices.Contains(cc.Organisations, org.Name)
}

// mainChaincode is the one consortium.yaml describes.
func (d *Deployment) mainChaincode(datarights string) (Chaincode, error) {
	resolve := func(program string) (string, error) {
		if !strings.Contains(program, string(filepath.Separator)) {
			program = filepath.Join(filepath.Dir(datarights), program)
		}
		program, err := filepath.Abs(program)
		if err != nil {
			return "", fmt.Errorf("couldn't resolve the chaincode's program: %w", err)
		}
		return program, nil
	}
	program, err := resolve(d.Chaincode.Program)
	if err != nil {
		return Chaincode{}, err
	}
	cc := Chaincode{
		Name: d.Chaincode.Name, Version: d.Chaincode.Version,
		Program: program, Endorsement: d.Chaincode.Endorsement, Collections: d.Consortium.Collections(),
	}
	for _, org := range d.here() {
		if org.ChaincodeProgram == "" {
			continue
		}
		if cc.Programs == nil {
			cc.Programs = map[string]string{}
		}
		if cc.Programs[org.Name], err = resolve(org.ChaincodeProgram); err != nil {
			return Chaincode{}, err
		}
	}
	return cc, nil
}

func (d *Deployment) recordFile(name string) string { return d.path("chaincodes", name+".json") }

// deployed lists the chaincodes once deployed here, the main one first.
func (d *Deployment) deployed() ([]Chaincode, error) {
	files, err := filepath.Glob(d.recordFile("*"))
	if err != nil {
		return nil, err
	}
	var all []Chaincode
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("couldn't read a chaincode's record: %w", err)
		}
		var cc Chaincode
		if err := json.Unmarshal(text, &cc); err != nil {
			return nil, fmt.Errorf("couldn't read %s: %w", file, err)
		}
		all = append(all, cc)
	}
	slices.SortFunc(all, func(a, b Chaincode) int { return cmp.Compare(a.Slot, b.Slot) })
	return all, nil
}

// Deployed is the record of a chaincode that was deployed here.
func (d *Deployment) Deployed(name string) (Chaincode, error) {
	all, err := d.deployed()
	if err != nil {
		return Chaincode{}, err
	}
	for _, cc := range all {
		if cc.Name == name {
			return cc, nil
		}
	}
	return Chaincode{}, fmt.Errorf("no chaincode %s was deployed here", name)
}

// Deploy runs a chaincode beside the main one on the consortium in dir and
// returns when it is committed. Doing it again is harmless. The consortium runs
// the chaincode again on later calls of Up.
func Deploy(ctx context.Context, dir, fabricBin, datarights string, cc Chaincode, progress Progress) error {
	if progress == nil {
		progress = Silent{}
	}
	d, err := Open(dir)
	if err != nil {
		return err
	}
	running, err := d.supervised()
	if err != nil {
		return err
	}
	if !running {
		return ErrNotRunning
	}
	if cc.Slot < 1 || cc.Slot > ExtraChaincodes {
		return fmt.Errorf("chaincode slot %d: expected 1 to %d", cc.Slot, ExtraChaincodes)
	}
	known, err := d.deployed()
	if err != nil {
		return err
	}
	for _, other := range known {
		if (other.Slot == cc.Slot) != (other.Name == cc.Name) {
			return fmt.Errorf("chaincode %s in slot %d: %s is deployed in slot %d; take another name and slot", cc.Name, cc.Slot, other.Name, other.Slot)
		}
	}
	fabric, err := EnsureFabric(ctx, fabricBin, datarights, progress)
	if err != nil {
		return err
	}
	return d.deploy(ctx, fabric, cc, progress)
}

func (d *Deployment) deploy(ctx context.Context, fabric Fabric, cc Chaincode, progress Progress) error {
	step := progress.Begin("Deploy chaincode "+cc.Name, "部署链码 "+cc.Name)
	err := d.runLifecycle(ctx, fabric, cc, step)
	step.End(err)
	return err
}

func (d *Deployment) runLifecycle(ctx context.Context, fabric Fabric, cc Chaincode, step Step) error {
	policy, err := d.Policy(cc.Endorsement)
	if err != nil {
		return fmt.Errorf("chaincode %s: %w", cc.Name, err)
	}
	wanted, err := d.wanted(cc)
	if err != nil {
		return fmt.Errorf("chaincode %s: %w", cc.Name, err)
	}
	cc.Organisations = slices.Clone(cc.Organisations)
	for i, name := range cc.Organisations {
		org, err := d.Organisation(name)
		if err != nil {
			return fmt.Errorf("chaincode %s: %w", cc.Name, err)
		}
		cc.Organisations[i] = org.Name
	}
	orgs := slices.DeleteFunc(d.here(), func(org *Organisation) bool { return !cc.runsAt(org) })
	if err := d.record(cc, false); err != nil {
		return err
	}
	step.Detail("start the servers, install")
	packages := make(map[string]string, len(orgs)) // package ID by organisation
	for _, org := range orgs {
		id, err := d.packageChaincode(org, cc)
		if err != nil {
			return fmt.Errorf("couldn't package %s for %s: %w", cc.Name, org.Name, err)
		}
		packages[org.Name] = id
	}
	err = each(orgs, func(org *Organisation) error {
		spec, err := d.chaincodeSpec(org, cc, packages[org.Name])
		if err != nil {
			return err
		}
		if err := d.client().Put(ctx, spec); err != nil {
			return err
		}
		// The peer tries its server once as it installs.
		err = waitFor(ctx, nodeReadyTimeout, "start the chaincode server", func(ctx context.Context) error {
			return askPort(local(d.chaincodePort(org, cc)))(ctx, nil, nil)
		})
		if err != nil {
			return fmt.Errorf("%w (see %s)", err, filepath.Join(d.logs(), spec.Name+".log"))
		}
		return d.install(ctx, fabric, org, cc, packages[org.Name])
	})
	if err != nil {
		return err
	}
	committed, err := d.committed(ctx, orgs[0], cc.Name)
	if err != nil {
		return err
	}
	var change string
	cc.Sequence, change = next(committed, wanted)
	step.Detail("approve " + change)
	orderer, err := d.liveOrderer(ctx)
	if err != nil {
		return err
	}
	common := []string{
		"-o", local(orderer.Ports.Orderer), "--tls", "--cafile", d.trusted(orderer, trustOrdererTLS),
		"-C", d.Channel, "-n", cc.Name, "-v", cc.Version, "--sequence", strconv.FormatInt(cc.Sequence, 10), "--signature-policy", policy,
	}
	if len(cc.Collections) > 0 {
		text, err := collectionsFile(cc.Collections)
		if err != nil {
			return fmt.Errorf("couldn't describe the collections: %w", err)
		}
		file := d.path("channel", cc.Name+"-collections.json")
		if err := writeFile(file, append(text, '\n'), 0o644); err != nil {
			return err
		}
		common = append(common, "--collections-config", file)
	}
	err = each(d.here(), func(org *Organisation) error {
		return d.approve(ctx, fabric, org, cc, wanted, packages[org.Name], common)
	})
	if err != nil {
		return err
	}
	if committed == nil || committed.sequence != cc.Sequence {
		step.Detail("commit " + change)
		if err := d.commit(ctx, fabric, cc, common); err != nil {
			return err
		}
	}
	if err := d.record(cc, true); err != nil {
		return err
	}
	step.Detail("endorsing peers find one another")
	return d.awaitEndorsers(ctx, cc)
}

// record keeps what is deployed, for status and for the next Up.
func (d *Deployment) record(cc Chaincode, committed bool) error {
	cc.Committed = committed
	text, err := json.MarshalIndent(cc, "", "  ")
	if err != nil {
		return fmt.Errorf("couldn't record the chaincode: %w", err)
	}
	return writeFile(d.recordFile(cc.Name), append(text, '\n'), 0o600)
}

// packageChaincode writes org's chaincode package, equal for equal contents, and
// returns its ID. The package holds the key with which the peer opens the
// chaincode connection, so only its owner can read it.
func (d *Deployment) packageChaincode(org *Organisation, cc Chaincode) (string, error) {
	read := func(name string) (string, error) {
		text, err := os.ReadFile(d.org(org, "chaincode", name))
		return string(text), err
	}
	root, err := read("server.crt")
	if err != nil {
		return "", err
	}
	cert, err := read("peer.crt")
	if err != nil {
		return "", err
	}
	key, err := read("peer.key")
	if err != nil {
		return "", err
	}
	connection, err := json.Marshal(builder.Connection{
		Address: local(d.chaincodePort(org, cc)), Domain: "localhost", DialTimeout: "3s",
		TLSRequired: true, ClientAuthRequired: true, ClientCert: cert, ClientKey: key, RootCert: root,
	})
	if err != nil {
		return "", err
	}
	label := cc.Name + "_" + cc.Version
	metadata, err := json.Marshal(map[string]string{"type": builder.PackageType, "label": label})
	if err != nil {
		return "", err
	}
	code, err := archive(file{"connection.json", connection})
	if err != nil {
		return "", err
	}
	pkg, err := archive(file{"metadata.json", metadata}, file{"code.tar.gz", code})
	if err != nil {
		return "", err
	}
	if err := writeFile(d.packageFile(org, cc), pkg, 0o600); err != nil {
		return "", err
	}
	digest := sha256.Sum256(pkg)
	return label + ":" + hex.EncodeToString(digest[:]), nil
}

func (d *Deployment) packageFile(org *Organisation, cc Chaincode) string {
	return d.org(org, "chaincode", cc.Name+".tar.gz")
}

type file struct {
	name string
	data []byte
}

// archive makes a tar.gz without times or owners.
func archive(files ...file) ([]byte, error) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	t := tar.NewWriter(zip)
	for _, f := range files {
		if err := t.WriteHeader(&tar.Header{Name: f.name, Mode: 0o600, Size: int64(len(f.data))}); err != nil {
			return nil, err
		}
		if _, err := t.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(t.Close(), zip.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (d *Deployment) lifecycle(ctx context.Context, fabric Fabric, org *Organisation, args ...string) ([]byte, error) {
	return fabric.run(ctx, "peer", d.asAdmin(org), append([]string{"lifecycle", "chaincode"}, args...)...)
}

func (d *Deployment) install(ctx context.Context, fabric Fabric, org *Organisation, cc Chaincode, packageID string) error {
	installed := func() (bool, error) {
		text, err := d.lifecycle(ctx, fabric, org, "queryinstalled", "--output", "json")
		if err != nil {
			return false, err
		}
		var answer struct {
			Installed []struct {
				PackageID string `json:"package_id"`
			} `json:"installed_chaincodes"`
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			return false, fmt.Errorf("couldn't read the installed chaincodes: %w", err)
		}
		for _, one := range answer.Installed {
			if one.PackageID == packageID {
				return true, nil
			}
		}
		return false, nil
	}
	if done, err := installed(); err != nil || done {
		return err
	}
	if _, err := d.lifecycle(ctx, fabric, org, "install", d.packageFile(org, cc)); err != nil {
		if done, queryErr := installed(); queryErr == nil && done {
			return nil // it failed after having installed
		}
		return err
	}
	return nil
}

// approve approves the definition for org unless org has done so with the same package.
func (d *Deployment) approve(ctx context.Context, fabric Fabric, org *Organisation, cc Chaincode, wanted *definition, packageID string, common []string) error {
	if done, err := d.approved(ctx, org, cc.Name, cc.Sequence, wanted, packageID); err != nil || done {
		return err
	}
	args := append([]string{"approveformyorg"}, common...)
	if packageID != "" {
		args = append(args, "--package-id", packageID)
	}
	if _, err := d.lifecycle(ctx, fabric, org, args...); err != nil {
		if done, queryErr := d.approved(ctx, org, cc.Name, cc.Sequence, wanted, packageID); queryErr == nil && done {
			return nil // committed although the program gave up waiting
		}
		return err
	}
	return nil
}

func (d *Deployment) commit(ctx context.Context, fabric Fabric, cc Chaincode, common []string) error {
	args := append([]string{"commit"}, common...)
	for _, org := range d.all() {
		args = append(args, "--peerAddresses", d.PeerAddress(org), "--tlsRootCertFiles", d.trusted(org, trustPeerTLS))
	}
	first := d.here()[0]
	if _, err := d.lifecycle(ctx, fabric, first, args...); err != nil {
		if now, queryErr := d.committed(ctx, first, cc.Name); queryErr == nil && now != nil && now.sequence == cc.Sequence {
			return nil
		}
		return err
	}
	return nil
}

// liveOrderer finds an orderer that listens: under BFT any will do.
func (d *Deployment) liveOrderer(ctx context.Context) (*Organisation, error) {
	var faults []error
	for _, org := range d.orderers() {
		connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", local(org.Ports.Orderer))
		if err == nil {
			connection.Close()
			return org, nil
		}
		faults = append(faults, fmt.Errorf("%s's orderer: %w", org.Name, err))
	}
	return nil, errors.Join(faults...)
}

// chaincodeServers are the specs of every server of cc, for starting them with
// the nodes when the chaincode is already deployed.
func (d *Deployment) chaincodeServers(cc Chaincode) ([]supervisor.Spec, error) {
	var specs []supervisor.Spec
	for _, org := range d.here() {
		if !cc.runsAt(org) {
			continue
		}
		id, err := d.packageChaincode(org, cc)
		if err != nil {
			return nil, fmt.Errorf("couldn't package %s for %s: %w", cc.Name, org.Name, err)
		}
		spec, err := d.chaincodeSpec(org, cc, id)
		if err != nil {
			return nil, err
		}
		specs = append(specs, spec)
	}
	return specs, nil
}
