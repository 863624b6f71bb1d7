package network

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/discovery"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"
)

// endorsersTimeout covers the peers' first exchange of gossip.
const endorsersTimeout = 60 * time.Second

// awaitEndorsers waits until every organisation's peer knows the peers of every
// organisation that may endorse cc. Before that a transaction would be refused
// with "no combination of peers can be derived".
func (d *Deployment) awaitEndorsers(ctx context.Context, cc Chaincode) error {
	return each(d.here(), func(org *Organisation) error {
		asker, err := d.newDiscovery(org)
		if err != nil {
			return err
		}
		defer asker.conn.Close()
		return waitFor(ctx, endorsersTimeout, "know the endorsing peers of "+cc.Name, func(ctx context.Context) error {
			known, err := asker.endorsingOrganisations(ctx, d.Channel, cc.Name)
			if err == nil && known < len(cc.Endorsement.Of) {
				err = fmt.Errorf("%d of %d organisations known", known, len(cc.Endorsement.Of))
			}
			return err
		})
	})
}

// discoverer asks one peer's discovery service as its organisation's administrator.
type discoverer struct {
	conn *grpc.ClientConn
	sign func(digest []byte) ([]byte, error)
	auth *discovery.AuthInfo
}

func (d *Deployment) newDiscovery(org *Organisation) (*discoverer, error) {
	admin := d.Admin(org)
	id, sign, err := admin.load()
	if err != nil {
		return nil, err
	}
	folder := d.org(org, "users", "admin", "tls")
	certificate, err := tls.LoadX509KeyPair(filepath.Join(folder, "client.crt"), filepath.Join(folder, "client.key"))
	if err != nil {
		return nil, fmt.Errorf("couldn't load the administrator's TLS certificate: %w", err)
	}
	roots, err := os.ReadFile(d.PeerTLSCA(org))
	if err != nil {
		return nil, fmt.Errorf("couldn't load the peer's TLS authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(roots) {
		return nil, fmt.Errorf("no certificate in %s", d.PeerTLSCA(org))
	}
	conn, err := grpc.NewClient(d.PeerAddress(org), grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{certificate}, RootCAs: pool, ServerName: d.PeerServerName(org), MinVersion: tls.VersionTLS12,
	})))
	if err != nil {
		return nil, fmt.Errorf("couldn't connect to the peer: %w", err)
	}
	creator, err := proto.Marshal(&msp.SerializedIdentity{Mspid: id.MspID(), IdBytes: id.Credentials()})
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	// The service binds a request to the TLS session it comes over.
	hash := sha256.Sum256(certificate.Certificate[0])
	return &discoverer{conn, sign, &discovery.AuthInfo{ClientIdentity: creator, ClientTlsCertHash: hash[:]}}, nil
}

func (a *discoverer) endorsingOrganisations(ctx context.Context, channel, chaincode string) (int, error) {
	interest := &peer.ChaincodeInterest{Chaincodes: []*peer.ChaincodeCall{{Name: chaincode}}}
	payload, err := proto.Marshal(&discovery.Request{
		Authentication: a.auth,
		Queries: []*discovery.Query{{Channel: channel, Query: &discovery.Query_CcQuery{
			CcQuery: &discovery.ChaincodeQuery{Interests: []*peer.ChaincodeInterest{interest}},
		}}},
	})
	if err != nil {
		return 0, err
	}
	digest := sha256.Sum256(payload)
	signature, err := a.sign(digest[:])
	if err != nil {
		return 0, err
	}
	response, err := discovery.NewDiscoveryClient(a.conn).Discover(ctx, &discovery.SignedRequest{Payload: payload, Signature: signature})
	if err != nil {
		return 0, err
	}
	if len(response.GetResults()) != 1 {
		return 0, fmt.Errorf("%d results, expected 1", len(response.GetResults()))
	}
	if fault := response.GetResults()[0].GetError(); fault != nil {
		return 0, errors.New(fault.GetContent())
	}
	known := 0
	for _, descriptor := range response.GetResults()[0].GetCcQueryRes().GetContent() {
		known += len(descriptor.GetEndorsersByGroups())
	}
	return known, nil
}
