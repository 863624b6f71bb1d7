package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/client"
)

// eventFlags select events.
type eventFlags struct {
	types, kinds, subjects, states, participants []string
}

func (e *eventFlags) add(c *cobra.Command) {
	c.Flags().StringSliceVar(&e.types, "type", nil, "事件类型，或其前缀加 .* / `TYPE` of events, or the beginning of one and .*")
	c.Flags().StringSliceVar(&e.kinds, "kind", nil, "记录种类，如 DM、LS / `KIND` of records, such as DM, LS")
	c.Flags().StringSliceVar(&e.subjects, "subject", nil, "某一记录，种类/编号 / one record, `KIND/ID`")
	c.Flags().StringSliceVar(&e.states, "state", nil, "事件后的状态 / the record's `STATE` after it")
	c.Flags().StringSliceVar(&e.participants, "participant", nil, "记录提到的主体；self 为会话主体 / whom the record names, `USCC`; self is the session's")
}

func newEventsCommand() *cobra.Command {
	var (
		gateway gatewayFlags
		filter  eventFlags
		from    uint64
		after   string
		follow  bool
		asJSON  bool
	)
	c := &cobra.Command{
		Use:   "events",
		Short: "账本上发生了什么 / What happens on the ledger",
		Long: `列出账本上的事件，旧者在前；--follow 随新区块继续，断线自动从最后一个事件之后续读。公众见公开记录的事件；先 session open 则另见可查阅者。
--json 每行一个 CloudEvent。

Lists the events of the ledger, oldest first; --follow goes on with new blocks, and after a break behind the last event seen. The
public sees the events of public records; after session open also those of what you may read. --json writes one CloudEvent a line.`,
		Example: `  datarights events --from 40
  datarights events --follow --type 'cn.datarights.demand.*' --participant self
  datarights events --after 12:0:3 --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			g, err := gateway.client(c)
			if err != nil {
				return err
			}
			q := client.EventQuery{Types: filter.types, Kinds: filter.kinds, Subjects: filter.subjects, States: filter.states, Participants: filter.participants, After: after}
			if c.Flags().Changed("from") {
				q.From = &from
			}
			g = inStoredSession(g, gateway.address())
			out := c.OutOrStdout()
			if !follow {
				ctx, cancel := gateway.patience(c.Context())
				defer cancel()
				for e, err := range g.PastEvents(ctx, q) {
					if err == nil {
						err = printEvent(out, e, asJSON)
					}
					if err != nil {
						return err
					}
				}
				return nil
			}
			for e, err := range g.Events(c.Context(), q) {
				if errors.Is(err, context.Canceled) { // interrupted, as such a command is
					return nil
				}
				if err == nil {
					err = printEvent(out, e, asJSON)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	gateway.add(c)
	filter.add(c)
	c.Flags().Uint64Var(&from, "from", 0, "起始区块 / `BLOCK` to begin with")
	c.Flags().StringVar(&after, "after", "", "从该事件之后 / go on behind this event, `ID`")
	c.Flags().BoolVar(&follow, "follow", false, "随新区块继续 / go on with new blocks")
	c.MarkFlagsMutuallyExclusive("from", "after")
	addJSON(c, &asJSON)
	return c
}

func printEvent(out io.Writer, e client.Event, asJSON bool) error {
	if asJSON {
		line := json.NewEncoder(out)
		line.SetEscapeHTML(false)
		return line.Encode(e)
	}
	text := fmt.Sprintf("%-10s %s  %-44s %s", e.ID, when(e.Time.Unix()), strings.TrimPrefix(e.Type, "cn.datarights."), e.Subject)
	if e.Data.State != "" {
		text += "  " + e.Data.State
	}
	if s := e.Data.Suggestion; s != nil {
		text += fmt.Sprintf("  ↔ %s（%d 分 points）", s.ListingID, s.Score)
	}
	_, err := fmt.Fprintln(out, text)
	return err
}
