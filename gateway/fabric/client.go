package fabric

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/proto"
)

// maxMessage is what a Fabric peer sends at most: a block may be that large.
const maxMessage = 100 << 20

// fabricGateway is the engine over fabric-gateway.
type fabricGateway struct {
	conn     *grpc.ClientConn
	gw       *client.Gateway
	network  *client.Network
	contract *client.Contract
	channel  string
	mspID    string
	creator  []byte
	sign     identity.Sign
}

func dial(c Config) (*fabricGateway, error) {
	roots, err := loadRoots(c.Peer.TLSCA)
	if err != nil {
		return nil, err
	}
	id, sign, err := loadIdentity(c.MSPID, c.Identity)
	if err != nil {
		return nil, err
	}
	creator, err := proto.Marshal(&msp.SerializedIdentity{Mspid: id.MspID(), IdBytes: id.Credentials()})
	if err != nil {
		return nil, fmt.Errorf("couldn't encode the gateway's identity: %w", err)
	}
	conn, err := grpc.NewClient(c.Peer.Endpoint,
		grpc.WithTransportCredentials(credentials.NewClientTLSFromCert(roots, c.Peer.ServerName)),
		// A restarted peer is found again within a second or two.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second},
			MinConnectTimeout: 3 * time.Second,
		}),
		// A peer refuses pings more often than once a minute.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 70 * time.Second, Timeout: 20 * time.Second, PermitWithoutStream: true}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)),
	)
	if err != nil {
		return nil, fmt.Errorf("couldn't use the peer's endpoint %s: %w", c.Peer.Endpoint, err)
	}
	gw, err := client.Connect(id, client.WithSign(sign), client.WithHash(hash.SHA256), client.WithClientConnection(conn))
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("couldn't make a gateway client: %w", err)
	}
	network := gw.GetNetwork(c.Channel)
	return &fabricGateway{
		conn: conn, gw: gw, network: network, contract: network.GetContract(c.Chaincode),
		channel: c.Channel, mspID: c.MSPID, creator: creator, sign: sign,
	}, nil
}

func (g *fabricGateway) Close() error { return errors.Join(g.gw.Close(), g.conn.Close()) }

func options(c Call) []client.ProposalOption {
	o := []client.ProposalOption{client.WithBytesArguments(c.Args...)}
	if len(c.Transient) > 0 {
		o = append(o, client.WithTransient(c.Transient))
	}
	if len(c.Endorsers) > 0 {
		o = append(o, client.WithEndorsingOrganizations(c.Endorsers...))
	}
	return o
}

func (g *fabricGateway) Endorse(ctx context.Context, c Call) (*endorsed, error) {
	p, err := g.contract.NewProposal(c.Function, options(c)...)
	if err != nil {
		return nil, err
	}
	tx, err := p.EndorseWithContext(ctx)
	if err != nil {
		return nil, err
	}
	return &endorsed{TxID: tx.TransactionID(), Payload: tx.Result(), handle: tx}, nil
}

func (g *fabricGateway) Envelope(e *endorsed) ([]byte, error) {
	raw, err := e.handle.(*client.Transaction).Bytes()
	if err != nil {
		return nil, err
	}
	var prepared gateway.PreparedTransaction
	if err := proto.Unmarshal(raw, &prepared); err != nil {
		return nil, fmt.Errorf("couldn't read the endorsed transaction: %w", err)
	}
	return proto.Marshal(&common.Envelope{Payload: prepared.GetEnvelope().GetPayload()})
}

func (g *fabricGateway) Submit(ctx context.Context, e *endorsed) error {
	_, err := e.handle.(*client.Transaction).SubmitWithContext(ctx)
	return err
}

// CommitStatus may be asked for any transaction id, not only those of this
// process, so it builds the request itself.
func (g *fabricGateway) CommitStatus(ctx context.Context, txID string) (commitStatus, error) {
	request, err := proto.Marshal(&gateway.CommitStatusRequest{ChannelId: g.channel, TransactionId: txID, Identity: g.creator})
	if err != nil {
		return commitStatus{}, err
	}
	signed, err := proto.Marshal(&gateway.SignedCommitStatusRequest{Request: request})
	if err != nil {
		return commitStatus{}, err
	}
	commit, err := g.gw.NewCommit(signed)
	if err != nil {
		return commitStatus{}, err
	}
	s, err := commit.StatusWithContext(ctx)
	if err != nil {
		return commitStatus{}, err
	}
	return commitStatus{Block: s.BlockNumber, Code: s.Code}, nil
}

func (g *fabricGateway) Evaluate(ctx context.Context, chaincode string, c Call) ([]byte, error) {
	contract := g.contract
	if chaincode != "" {
		contract = g.network.GetContract(chaincode)
	}
	// Left to itself, the peer's gateway turns to another organisation's peer
	// when the own one fails.
	return contract.EvaluateWithContext(ctx, c.Function, append(options(c), client.WithEndorsingOrganizations(g.mspID))...)
}

// Deliver speaks to the peer's deliver service itself: the client's block events
// end without saying why and leave a goroutine behind.
func (g *fabricGateway) Deliver(ctx context.Context, from uint64, fn func(*common.Block) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request, err := g.network.NewBlockEventsRequest(client.WithStartBlock(from))
	if err != nil {
		return err
	}
	raw, err := request.Bytes()
	if err != nil {
		return err
	}
	var envelope common.Envelope
	if err := proto.Unmarshal(raw, &envelope); err != nil {
		return err
	}
	if envelope.Signature, err = g.sign(hash.SHA256(envelope.GetPayload())); err != nil {
		return fmt.Errorf("couldn't sign the request for blocks: %w", err)
	}
	stream, err := peer.NewDeliverClient(g.conn).Deliver(ctx)
	if err != nil {
		return err
	}
	if err := stream.Send(&envelope); err != nil {
		return err
	}
	for {
		response, err := stream.Recv()
		if err != nil {
			return err
		}
		switch r := response.GetType().(type) {
		case *peer.DeliverResponse_Block:
			if err := fn(r.Block); err != nil {
				return err
			}
		case *peer.DeliverResponse_Status:
			return fmt.Errorf("the peer ended the stream of blocks: %s", r.Status)
		default:
			return errors.New("the peer sent something that is no block")
		}
	}
}

// heightOf reads the chain's height from Fabric's own system chaincode.
func heightOf(ctx context.Context, e engine, channel string) (uint64, error) {
	raw, err := e.Evaluate(ctx, "qscc", Call{Function: "GetChainInfo", Args: [][]byte{[]byte(channel)}})
	if err != nil {
		return 0, err
	}
	var info common.BlockchainInfo
	if err := proto.Unmarshal(raw, &info); err != nil {
		return 0, fmt.Errorf("couldn't read the peer's height: %w", err)
	}
	return info.GetHeight(), nil
}
