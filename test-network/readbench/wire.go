package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"
)

// The chain is made in this process and indexed in another, so that what is
// measured there is the gateway's alone. Between them is a Unix socket: a number
// is asked for, and serialized blocks come from there on, each after its length.
// heightAsked asks for the height instead.
const heightAsked = ^uint64(0)

// ledger is the peer: it makes each block once, when it is asked for.
type ledger struct {
	listener net.Listener
	full     uint64 // blocks until the city is complete

	mu     sync.Mutex // guards what follows
	chain  *chain
	last   []byte // block chain.number-1, serialized
	before []byte // the one before that
	height uint64 // how many blocks there are to have
	grown  chan struct{}
	err    error
}

func newLedger(socket string, s size, full uint64) (*ledger, error) {
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	p := &ledger{listener: l, full: full, chain: newChain(s), height: full, grown: make(chan struct{})}
	go p.serve()
	return p, nil
}

func (l *ledger) serve() {
	for {
		c, err := l.listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			if err := l.answer(c); err != nil {
				l.mu.Lock()
				l.err = err
				l.mu.Unlock()
			}
		}()
	}
}

// grow makes one more block available.
func (l *ledger) grow() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.height++
	close(l.grown)
	l.grown = make(chan struct{})
}

var errBehind = errors.New("that block was handed out and is gone")

func (l *ledger) answer(c net.Conn) error {
	var ask [8]byte
	if _, err := io.ReadFull(c, ask[:]); err != nil {
		return nil // nobody asked
	}
	next := binary.BigEndian.Uint64(ask[:])
	if next == heightAsked {
		l.mu.Lock()
		defer l.mu.Unlock()
		_, err := c.Write(binary.BigEndian.AppendUint64(nil, l.height))
		return err
	}
	gone := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, c) // nothing more is asked; it ends with the reader
		close(gone)
	}()
	out := bufio.NewWriterSize(c, 1<<20)
	for ; ; next++ {
		raw, wait, err := l.block(next)
		if err != nil {
			return err
		}
		if wait != nil {
			if err := out.Flush(); err != nil {
				return nil // the reader has gone
			}
			select {
			case <-gone:
				return nil
			case <-wait:
			}
			next--
			continue
		}
		if _, err := out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(raw)))); err != nil {
			return nil // the reader has gone
		}
		if _, err := out.Write(raw); err != nil {
			return nil // the reader has gone
		}
	}
}

// block is the next block or one of the two before; a channel to wait on where it is not
// there yet.
func (l *ledger) block(number uint64) ([]byte, chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case number >= l.height:
		return nil, l.grown, nil
	case number+1 == l.chain.number && l.last != nil:
		return l.last, nil, nil
	case number+2 == l.chain.number && l.before != nil:
		return l.before, nil, nil
	case number != l.chain.number:
		return nil, nil, errBehind
	}
	b, err := l.chain.next()
	if err != nil {
		return nil, nil, err
	}
	l.before = l.last
	l.last, err = proto.Marshal(b)
	return l.last, nil, err
}

// restart makes the chain from its first block again.
func (l *ledger) restart(s size) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.chain, l.last, l.before = newChain(s), nil, nil
}

func (l *ledger) close() error {
	l.listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// source reads the ledger from the gateway's process; it is an index.Source.
type source struct{ socket string }

func (s source) ask(ctx context.Context, number uint64) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", s.socket)
	if err != nil {
		return nil, err
	}
	_, err = c.Write(binary.BigEndian.AppendUint64(nil, number))
	return c, err
}

func (s source) Height(ctx context.Context) (uint64, error) {
	c, err := s.ask(ctx, heightAsked)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	var b [8]byte
	if _, err := io.ReadFull(c, b[:]); err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(b[:]), nil
}

// Stream decodes each block as the client of a peer does.
func (s source) Stream(ctx context.Context, from uint64, fn func(*common.Block) error) error {
	c, err := s.ask(ctx, from)
	if err != nil {
		return err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	in := bufio.NewReaderSize(c, 1<<20)
	var raw []byte
	for {
		var head [4]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return err
		}
		n := int(binary.BigEndian.Uint32(head[:]))
		if cap(raw) < n {
			raw = make([]byte, n)
		}
		if _, err := io.ReadFull(in, raw[:n]); err != nil {
			return err
		}
		b := &common.Block{}
		if err := proto.Unmarshal(raw[:n], b); err != nil {
			return err
		}
		if err := fn(b); err != nil {
			return err
		}
	}
}
