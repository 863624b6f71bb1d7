package main

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/datarights/datarights/network"
	"github.com/spf13/cobra"
)

func newNetworkStatus(flags *networkFlags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status",
		Example: `  datarights network status
  datarights network status --dir run --json`,
		Short: "查看各进程状态 / Show every process: health, height, role, restarts",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			status, err := network.StatusOf(cmd.Context(), flags.dir)
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(cmd.OutOrStdout(), status)
			} else {
				err = printStatus(cmd.OutOrStdout(), status)
			}
			if err == nil && !status.Healthy {
				err = errReported
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "for machines / 机器可读")
	return cmd
}

const eventsShown = 10

func printStatus(out io.Writer, s *network.Status) error {
	if !s.Running {
		_, err := fmt.Fprintf(out, "%s (%s) is not running / 未运行\n", s.Consortium, s.ConsortiumZh)
		return err
	}
	verdict := "healthy / 正常"
	if !s.Healthy {
		verdict = "NOT healthy / 异常"
	}
	fmt.Fprintf(out, "%s (%s), channel %s: %s\n\n", s.Consortium, s.ConsortiumZh, s.Channel, verdict)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROCESS\tHEALTH\tHEIGHT\tROLE\tPID\tUPTIME\tRESTARTS\tMEMORY\tADDRESS")
	for _, p := range s.Processes {
		height, memory, uptime := "-", "-", "-"
		if p.Height != nil {
			height = strconv.FormatUint(*p.Height, 10)
		}
		if p.ResidentBytes > 0 {
			memory = fmt.Sprintf("%d MiB", p.ResidentBytes>>20)
		}
		if p.PID != 0 {
			uptime = (time.Duration(p.UptimeSeconds) * time.Second).String()
		}
		role := p.Role
		if role == "" {
			role = "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%d\t%s\t%s\n", p.Name, p.Health, height, role, p.PID, uptime, p.Restarts, memory, p.Address)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, p := range s.Processes {
		if p.Health != network.HealthOK {
			fmt.Fprintf(out, "\n%s: %s %s %s (log: %s)", p.Name, p.State, p.LastExit, p.Detail, p.Log)
		}
	}
	fmt.Fprintln(out, "\nLatest events / 最近事件:")
	for _, e := range s.Events[max(0, len(s.Events)-eventsShown):] {
		fmt.Fprintf(out, "  %s  %-22s %s %s\n", e.Time.Local().Format(time.TimeOnly), e.Process, e.Kind, e.Detail)
	}
	return nil
}
