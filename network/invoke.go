package network

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"
)

// maxMessage is what a Fabric peer sends at most; a bulk command's transaction
// is larger than what gRPC takes by default.
const maxMessage = 100 << 20

// Connection is a client of one organisation's peer.
type Connection struct {
	grpc    *grpc.ClientConn
	gateway *client.Gateway
	network *client.Network
}

// Connect opens a connection to org's peer as id. The caller closes it.
func (d *Deployment) Connect(org *Organisation, id Identity) (*Connection, error) {
	transport, err := credentials.NewClientTLSFromFile(d.PeerTLSCA(org), d.PeerServerName(org))
	if err != nil {
		return nil, fmt.Errorf("couldn't load %s's TLS authority: %w", org.Name, err)
	}
	x509ID, sign, err := id.load()
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(d.PeerAddress(org), grpc.WithTransportCredentials(transport),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)))
	if err != nil {
		return nil, fmt.Errorf("couldn't connect to %s's peer: %w", org.Name, err)
	}
	gw, err := client.Connect(x509ID, client.WithSign(sign), client.WithHash(hash.SHA256), client.WithClientConnection(conn))
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("couldn't connect to %s's peer: %w", org.Name, err)
	}
	return &Connection{grpc: conn, gateway: gw, network: gw.GetNetwork(d.Channel)}, nil
}

// load reads the identity's files.
func (id Identity) load() (*identity.X509Identity, identity.Sign, error) {
	certPEM, err := os.ReadFile(id.Cert)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't read the certificate: %w", err)
	}
	keyPEM, err := os.ReadFile(id.Key)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't read the key: %w", err)
	}
	cert, err := identity.CertificateFromPEM(certPEM)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't read the certificate: %w", err)
	}
	key, err := identity.PrivateKeyFromPEM(keyPEM)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't read the key: %w", err)
	}
	sign, err := identity.NewPrivateKeySign(key)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't use the key: %w", err)
	}
	x509ID, err := identity.NewX509Identity(id.MSPID, cert)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't use the certificate: %w", err)
	}
	return x509ID, sign, nil
}

// Close ends the connection.
func (c *Connection) Close() { _ = errors.Join(c.gateway.Close(), c.grpc.Close()) }

// Evaluate asks a chaincode on the connected peer's state; nothing is recorded.
func (c *Connection) Evaluate(ctx context.Context, chaincode, function string, args ...[]byte) ([]byte, error) {
	result, err := c.network.GetContract(chaincode).EvaluateWithContext(ctx, function, client.WithBytesArguments(args...))
	if err != nil {
		return nil, fmt.Errorf("couldn't evaluate %s: %w", function, err)
	}
	return result, nil
}

// EvaluateOn is Evaluate on the peer of that organisation alone.
func (c *Connection) EvaluateOn(ctx context.Context, mspID, chaincode, function string, args ...[]byte) ([]byte, error) {
	result, err := c.network.GetContract(chaincode).EvaluateWithContext(ctx, function,
		client.WithBytesArguments(args...), client.WithEndorsingOrganizations(mspID))
	if err != nil {
		return nil, fmt.Errorf("couldn't evaluate %s: %w", function, err)
	}
	return result, nil
}

// CommitError is a transaction that was ordered but found invalid by the peers.
type CommitError struct {
	TransactionID string
	Code          string // Fabric's validation code
}

func (e *CommitError) Error() string {
	return fmt.Sprintf("transaction %s was not valid: %s", e.TransactionID, e.Code)
}

// commitKnownWithin bounds the wait for a transaction whose submission reported
// an error.
const commitKnownWithin = 20 * time.Second

// Submit records a transaction and returns its result once committed. An error
// of the ordering step does not end it: under BFT the peer reports one when a
// slow orderer had already ordered the transaction, so its commit decides.
func (c *Connection) Submit(ctx context.Context, chaincode, function string, args ...[]byte) ([]byte, error) {
	return c.SubmitVia(ctx, chaincode, function, Via{}, args...)
}

// Via is what a transaction is submitted with beside its arguments.
type Via struct {
	Transient map[string][]byte
	// Endorsers are the organisations whose peers endorse, by MSP ID, instead of
	// those that the peer plans.
	Endorsers []string
}

// SubmitVia is Submit with transient data or endorsers of the caller's choice.
func (c *Connection) SubmitVia(ctx context.Context, chaincode, function string, via Via, args ...[]byte) ([]byte, error) {
	options := []client.ProposalOption{client.WithBytesArguments(args...)}
	if len(via.Transient) > 0 {
		options = append(options, client.WithTransient(via.Transient))
	}
	if len(via.Endorsers) > 0 {
		options = append(options, client.WithEndorsingOrganizations(via.Endorsers...))
	}
	proposal, err := c.network.GetContract(chaincode).NewProposal(function, options...)
	if err != nil {
		return nil, fmt.Errorf("couldn't propose %s: %w", function, err)
	}
	endorsed, err := proposal.EndorseWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("couldn't have %s endorsed: %w", function, err)
	}
	commit, submitErr := endorsed.SubmitWithContext(ctx)
	if submitErr != nil {
		commit, err = c.unknown(endorsed)
		if err != nil {
			return nil, errors.Join(submitErr, err)
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, commitKnownWithin)
		defer cancel()
	}
	status, err := commit.StatusWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("couldn't learn whether %s was committed: %w", function, errors.Join(submitErr, err))
	}
	if !status.Successful {
		return nil, &CommitError{TransactionID: status.TransactionID, Code: status.Code.String()}
	}
	return endorsed.Result(), nil
}

// unknown makes the question after the fate of a transaction whose submission
// reported an error.
func (c *Connection) unknown(endorsed *client.Transaction) (*client.Commit, error) {
	id := c.gateway.Identity()
	creator, err := proto.Marshal(&msp.SerializedIdentity{Mspid: id.MspID(), IdBytes: id.Credentials()})
	if err != nil {
		return nil, err
	}
	request, err := proto.Marshal(&gateway.CommitStatusRequest{ChannelId: c.network.Name(), TransactionId: endorsed.TransactionID(), Identity: creator})
	if err != nil {
		return nil, err
	}
	signed, err := proto.Marshal(&gateway.SignedCommitStatusRequest{Request: request})
	if err != nil {
		return nil, err
	}
	return c.gateway.NewCommit(signed)
}
