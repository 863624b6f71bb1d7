package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/event"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/session"
)

// EventReader is a Reader that also has the chain as it was; *index.Index
// satisfies it.
type EventReader interface {
	Reader
	event.Ledger
}

// Events tells each reader what happened on the ledger, as far as he may see the
// records it happened to. It is a webhook.Feed. It is safe for concurrent use.
type Events struct {
	source *event.Source
	see    *server // as far as visibility needs one
}

// NewEvents makes Events of a ledger.
func NewEvents(l EventReader) *Events {
	return &Events{source: event.NewSource(l), see: &server{opts: Options{Reader: l}, read: l, now: time.Now}}
}

// Height is the number of blocks there are.
func (ev *Events) Height() uint64 { return ev.source.Height() }

// Wait returns when there are as many blocks, or with the context's error.
func (ev *Events) Wait(ctx context.Context, height uint64) error { return ev.source.Wait(ctx, height) }

// Name is the source of every event.
func (ev *Events) Name() (string, error) { return ev.source.Name() }

// NextFor is next for whoever holds a key, as the ledger has him now. A key that
// may read no more is a *rights.Error.
func (ev *Events) NextFor(ctx context.Context, kid string, f *event.Filter, from event.Position, limit int) (event.Batch, error) {
	who, _, err := session.Identify(ev.see.participant, kid)
	if err != nil {
		return event.Batch{}, err
	}
	return ev.next(ctx, who, f, from, limit)
}

// What one call of next looks at, at most. It says that there is more then.
const (
	maxLookedEvents = 2000
	maxLookedBlocks = 2000
)

// next returns the events from a position on that who may see and f wants.
func (ev *Events) next(ctx context.Context, who *session.Identity, f *event.Filter, from event.Position, limit int) (event.Batch, error) {
	b := event.Batch{Events: []event.Envelope{}, Next: from}
	height := ev.source.Height()
	if from.Block >= height {
		return b, nil
	}
	source, err := ev.source.Name()
	if err != nil {
		return b, err
	}
	looked := 0
	for blocks := 0; b.Next.Block < height; blocks++ {
		if err := ctx.Err(); err != nil {
			return b, err
		}
		if blocks == maxLookedBlocks {
			b.More = true
			return b, nil
		}
		events, err := ev.source.Block(b.Next.Block)
		if err != nil {
			return b, err
		}
		for _, e := range events {
			if e.Position.Compare(b.Next) < 0 {
				continue
			}
			if len(b.Events) == limit || looked == maxLookedEvents {
				b.More = true
				return b, nil
			}
			looked++
			b.Next = e.Position.Next()
			if !f.Concerns(e) {
				continue
			}
			v, err := ev.view(e, who)
			if err != nil {
				return b, fmt.Errorf("couldn't tell what is seen of event %s: %w", e.Position, err)
			}
			if v == nil {
				continue
			}
			envelope, err := e.Envelope(source, *v)
			if err != nil {
				return b, fmt.Errorf("couldn't render event %s: %w", e.Position, err)
			}
			if f.Passes(envelope) {
				b.Events = append(b.Events, envelope)
			}
		}
		b.Next = event.Start(b.Next.Block + 1)
	}
	return b, nil
}

// organisations are public: who runs the ledger.
var organisations = &collection{name: "organisations", kind: rights.KindOrganisation, sees: everyone}

// shownAs is how records of a kind are shown; nil for what nobody is shown.
func shownAs(kind rights.Kind) *collection {
	switch kind {
	case rights.KindProfile:
		return profiles
	case rights.KindCalendar:
		return calendars
	case rights.KindOrganisation:
		return organisations
	}
	return collectionOf(kind)
}

// view is what who sees of an event's record: of the version it is about, and
// nothing when he may see nothing of the record by now. Nil is nothing.
func (ev *Events) view(e *event.Event, who *session.Identity) (*event.View, error) {
	if m := e.Suggestion; m != nil { // between its two sides, and the market's offices
		if is(who, m.BuyerID, m.SellerID) || who != nil && slices.ContainsFunc(forMarket, func(r rights.Role) bool { return slices.Contains(who.Roles, r) }) {
			return &event.View{Level: string(seeFull), Record: e.Record}, nil
		}
		return nil, nil
	}
	k := shownAs(e.Kind)
	if k == nil || k.private && who == nil {
		return nil, nil
	}
	ms, err := ev.see.recordFor(k, e.Record, who)
	if err != nil || ms == nil {
		return nil, err
	}
	now, err := ev.see.read.Get(e.Kind, e.ID)
	if errors.Is(err, index.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if now.Updated.Block != e.Block || now.Updated.Tx != e.Tx {
		if see, err := k.sees(ev.see, now.JSON, who); err != nil || see == seeNothing {
			return nil, err
		}
	}
	return &event.View{Level: text(ms, "view"), Record: object(ms)}, nil
}
