package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/proto"
)

// The chain is kept by this process and indexed in another, so that what is
// measured there is the gateway's alone. Between them is a Unix socket: a number
// is asked for, and serialized blocks come from there on, each after its length.
// heightAsked asks for the height instead.
const heightAsked = ^uint64(0)

// ledger is the peer: blocks in a file, handed out from any number on. They are
// all made before anything is measured, as a peer has its blocks, and compressed,
// for they hold the same certificates over and over.
type ledger struct {
	listener net.Listener

	mu    sync.Mutex // guards what follows
	file  *os.File
	at    []int64 // where each block begins, and where the next will
	chain *chain
	grown chan struct{}
	err   error
}

// newLedger opens a chain in a file and completes it, telling how far it is.
func newLedger(socket, file string, s size, full uint64, progress func(done uint64)) (*ledger, error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	l := &ledger{file: f, at: []int64{0}, chain: newChain(s), grown: make(chan struct{})}
	if err := l.complete(full, progress); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if l.listener, err = net.Listen("unix", socket); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	go l.serve()
	return l, nil
}

// complete takes the blocks that are there and makes those that are missing. A
// block cut short, by a run that was killed, is made again.
func (l *ledger) complete(full uint64, progress func(done uint64)) error {
	info, err := l.file.Stat()
	if err != nil {
		return err
	}
	for {
		var head [4]byte
		if _, err := l.file.ReadAt(head[:], l.end()); err != nil {
			break
		}
		next := l.end() + 4 + int64(binary.BigEndian.Uint32(head[:]))
		if next > info.Size() {
			break
		}
		l.at = append(l.at, next)
	}
	if have := l.height(); have > 0 {
		last, err := l.read(have-1, &room{})
		if err != nil {
			return err
		}
		if err := l.chain.skipTo(last); err != nil {
			return err
		}
	}
	for l.height() < full {
		if err := l.add(); err != nil {
			return err
		}
		progress(l.height())
	}
	return nil
}

func (l *ledger) height() uint64 { return uint64(len(l.at) - 1) }

func (l *ledger) end() int64 { return l.at[len(l.at)-1] }

// add makes the next block.
func (l *ledger) add() error {
	b, err := l.chain.next()
	if err != nil {
		return err
	}
	raw, err := proto.Marshal(b)
	if err != nil {
		return err
	}
	packed := s2.Encode(nil, raw)
	if _, err := l.file.WriteAt(append(binary.BigEndian.AppendUint32(nil, uint32(len(packed))), packed...), l.end()); err != nil {
		return err
	}
	l.at = append(l.at, l.end()+4+int64(len(packed)))
	return nil
}

// room is what a block is read into. Handing out a chain in fresh memory would take a
// quarter of the machine from what is measured.
type room struct{ packed, raw []byte }

// read reads a block. What it returns is good until the room is used again.
func (l *ledger) read(number uint64, in *room) (raw []byte, err error) {
	size := l.at[number+1] - l.at[number] - 4
	if int64(cap(in.packed)) < size {
		in.packed = make([]byte, 2*size)
	}
	packed := in.packed[:size]
	if _, err := l.file.ReadAt(packed, l.at[number]+4); err != nil {
		return nil, err
	}
	in.raw, err = s2.Decode(in.raw[:cap(in.raw)], packed)
	return in.raw, err
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
	if err := l.add(); err != nil {
		l.err = err
		return
	}
	close(l.grown)
	l.grown = make(chan struct{})
}

func (l *ledger) answer(c net.Conn) error {
	var ask [8]byte
	if _, err := io.ReadFull(c, ask[:]); err != nil {
		return nil // nobody asked
	}
	next := binary.BigEndian.Uint64(ask[:])
	if next == heightAsked {
		l.mu.Lock()
		defer l.mu.Unlock()
		_, err := c.Write(binary.BigEndian.AppendUint64(nil, l.height()))
		return err
	}
	gone := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, c) // nothing more is asked; it ends with the reader
		close(gone)
	}()
	out, in := bufio.NewWriterSize(c, 1<<20), &room{}
	for ; ; next++ {
		raw, wait, err := l.block(next, in)
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

// block is a block, or a channel to wait on where it is not there yet.
func (l *ledger) block(number uint64, in *room) ([]byte, chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if number >= l.height() {
		return nil, l.grown, nil
	}
	raw, err := l.read(number, in)
	return raw, nil, err
}

func (l *ledger) close() error {
	l.listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.err, l.file.Close())
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
