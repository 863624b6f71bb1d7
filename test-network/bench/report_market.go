package main

import "strings"

// The market's part of the report.

// bulkOf are the rounds of one thing done in bulk.
func (r *report) bulkOf(name string) []bulkRound {
	var all []bulkRound
	for _, round := range r.MarketBulk {
		if round.Name == name {
			all = append(all, round)
		}
	}
	return all
}

// medianOf is the median of a number over rounds.
func medianOf(rounds []bulkRound, value func(bulkRound) float64) float64 {
	all := make([]float64, len(rounds))
	for i, round := range rounds {
		all[i] = value(round)
	}
	return median(all)
}

// plain is a contender's name without how it was reached.
func plain(name string) string { return strings.TrimSuffix(name, ", HTTP API") }

// concludeMarket works out the market's ratios. The issue states no aims here.
func (r *report) concludeMarket() {
	for _, x := range []struct {
		what     string
		of       []series
		name     string
		commands float64
	}{
		{"commands of trades over HTTP", r.Trades, nameTrade, lifeSteps},
		{plain(nameLineage) + " over HTTP", r.Use, nameLineage, 1},
		{plain(nameMeter) + " over HTTP", r.Use, nameMeter, 1},
	} {
		if len(x.of) == 0 {
			continue
		}
		it := find(x.of, x.name)
		r.ratio(x.what+" / no-op", x.commands*paired(it, find(x.of, nameNoop), rate), 0, false)
		r.ratio(x.what+" / sample's create", x.commands*paired(it, find(x.of, nameCreate), rate), 0, false)
	}
	for _, x := range []struct{ what, name string }{
		{"trades in bulk, all six commands", nameTrade}, {"lineage records in bulk", nameLineage}, {"meter records in bulk", nameMeter},
	} {
		rounds := r.bulkOf(x.name)
		if len(rounds) == 0 {
			continue
		}
		r.ratio(x.what+" / sample's create", medianOf(rounds, func(b bulkRound) float64 { return float64(b.Cases) / b.seconds() / b.Create.PerSecond }), 0, false)
		r.ratio(x.what+" / as many plain writes in as many transactions", medianOf(rounds, func(b bulkRound) float64 { return b.Fill.Seconds / b.seconds() }), 0, false)
	}
}

// printMarket writes the market's tables.
func (r *report) printMarket(line func(string, ...any)) {
	if len(r.Trades) > 0 {
		line("\n交易 / Trades: %d callers, %d products; a trade is %d commands: apply, accept, proposeTerms, sign, sign, confirmContract", r.Plan.Clients, r.Plan.offers(), lifeSteps)
		r.table(line, r.Trades)
		line("commands/s of trades\t%s\t\t", figure(lifeSteps*find(r.Trades, nameTrade).of(rate)))
	}
	if len(r.Use) > 0 {
		line("\n血缘与计量 / Lineage and meters: %d callers, %d transactions a round, medians of %d rounds", r.Plan.Clients, r.Plan.Transactions, r.Plan.Rounds)
		r.table(line, r.Use)
	}
	if len(r.MarketBulk) > 0 {
		line("\n批量交易、血缘、计量 / Trades, lineage and meters in bulk: %d commands of %d items at once, medians", r.Plan.Lanes, r.Plan.Cases)
		line("\tseconds\titems/s\tCPU ms a command")
		for _, name := range []string{nameTrade, nameLineage, nameMeter} {
			r.marketBulk(line, name)
		}
	}
	if len(r.Conflicts) > 0 {
		line("\n互不相干者的冲突 / Conflicts of independent writers: %d callers at all gateways at once", r.Plan.Clients)
		line("\tgateways\t/s\tp50 ms\tp99 ms\tfailed\ttransactions\tconflicts\tin 1,000")
		for _, c := range r.Conflicts {
			line("%s\t%d\t%s\t%s\t%s\t%d\t%d\t%d\t%s", c.What, c.Gateways, figure(c.Sample.PerSecond), figure(c.Sample.P50), figure(c.Sample.P99),
				c.Sample.Failed, c.Transactions, c.Conflicts, figure(c.perThousand()))
		}
	}
}

func (r *report) marketBulk(line func(string, ...any), name string) {
	rounds := r.bulkOf(name)
	if len(rounds) == 0 {
		return
	}
	for i, stage := range rounds[0].Stages {
		r.bulkLine(line, stage.Name, rounds, func(b bulkRound) stageTime { return b.Stages[i] })
	}
	if len(rounds[0].Stages) > 1 {
		seconds := medianOf(rounds, bulkRound.seconds)
		line("%s, all\t%.2f\t%s\t", plain(name), seconds, figure(float64(rounds[0].Cases)/seconds))
	}
	r.bulkLine(line, nameFill, rounds, func(b bulkRound) stageTime { return b.Fill })
}

// bulkLine prints the medians of one stage.
func (r *report) bulkLine(line func(string, ...any), name string, rounds []bulkRound, stage func(bulkRound) stageTime) {
	used := map[string]float64{}
	for kind := range stage(rounds[0]).CPU {
		used[kind] = medianOf(rounds, func(b bulkRound) float64 { return stage(b).CPU[kind] })
	}
	seconds := medianOf(rounds, func(b bulkRound) float64 { return stage(b).Seconds })
	line("%s\t%.2f\t%s\t%s", name, seconds, figure(float64(rounds[0].Cases)/seconds), processorTimes(used))
}
