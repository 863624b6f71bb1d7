package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// ledger is what the gateway reads: the layers' lineage records as they would come
// from its index, made when they are asked for, and one officer who may ask.
type ledger struct {
	*layers
	officer index.Entry
}

const (
	operator  = "91320900MA1WEATH0R"
	regulator = "11320900MB1REGUL0D"
)

func (l *ledger) height() uint64 { return uint64(len(l.inputs)/inOneBlock + 1) }

func (l *ledger) Get(kind rights.Kind, id string) (index.Entry, error) {
	switch kind {
	case rights.KindParticipant:
		if id == l.officer.ID {
			return l.officer, nil
		}
	case rights.KindLineage:
		var n uint32
		if _, err := fmt.Sscanf(id, "LN-320900-20261123-%x-00", &n); err == nil {
			if e, ok := l.record(n); ok {
				return e, nil
			}
		}
	}
	return index.Entry{}, index.ErrNotFound
}

func (l *ledger) List(q index.Query) (index.Page[index.Entry], error) {
	p := index.Page[index.Entry]{Items: []index.Entry{}}
	if q.Kind != rights.KindLineage {
		return p, nil
	}
	if len(q.Where) > 0 {
		return p, errors.New("this ledger has no fields: the graph was not asked")
	}
	n, _ := strconv.Atoi(q.Cursor)
	for ; n < len(l.inputs); n++ {
		e, ok := l.record(uint32(n))
		if !ok {
			continue
		}
		if len(p.Items) == q.Limit {
			p.Next = strconv.Itoa(n)
			break
		}
		p.Items = append(p.Items, e)
	}
	return p, nil
}

func (l *ledger) History(kind rights.Kind, id string) ([]index.Revision, error) {
	e, err := l.Get(kind, id)
	return []index.Revision{{Position: e.Created, JSON: e.JSON}}, err
}

func (l *ledger) Block(n uint64) (index.Block, error) { return index.Block{Number: n}, nil }

func (l *ledger) Blocks(string, int) (index.Page[index.Block], error) {
	return index.Page[index.Block]{}, nil
}

func (l *ledger) Transaction(string) (index.Transaction, error) {
	return index.Transaction{}, index.ErrNotFound
}

func (l *ledger) Transactions(string, int) (index.Page[index.Transaction], error) {
	return index.Page[index.Transaction]{}, nil
}

func (l *ledger) Status() index.Status { return index.Status{Height: l.height()} }

func (l *ledger) Stats() (index.Stats, error) { return index.Stats{}, nil }

func (l *ledger) DigestAt(uint64) (string, error) { return "", index.ErrNotFound }

func (l *ledger) Wait(ctx context.Context, height uint64) error {
	if height <= l.height() {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}
