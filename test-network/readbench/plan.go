package main

// What happens in the city, and in which block, without what is written: a plan
// is cheap to make, so that the height is known before the first block is built.

// act is one transaction.
type act struct {
	what  what
	first int // participant, case or right
	n     int // how many from there on
}

type what uint8

const (
	admits    what = iota // participants
	catalogue             // the five steps of n cases from first on
	submit
	accept
	notice
	record // cases recorded: three rights and a certificate each
	revise // n rights from first on: licences, pledges, freezes, transfers
)

// rightsPerCase are the holding, use and operation right that a case ends in.
const rightsPerCase = 3

// written is how many records an act writes, receipts and pointers aside.
func (a act) written() int {
	if a.what == record {
		return a.n * (2 + rightsPerCase)
	}
	return a.n
}

// size of a city.
type size struct {
	Rights       int `json:"rights"`
	History      int `json:"history"` // versions of records, all kinds
	Participants int `json:"participants"`
}

func (s size) cases() int { return s.Rights / rightsPerCase }

// versions of a case's records when it is recorded: the resource, the case in
// four steps, the certificate, the rights.
const versionsAtRecord = 1 + 4 + 1 + rightsPerCase

// planner deals out the acts block by block. Nine records in ten are written by
// commands of up to a thousand, the rest one by one.
type planner struct {
	size
	d        draws
	admitted int
	opened   int   // cases under way
	recorded int   // cases done
	moving   []act // what the next step of each lot under way is
	owed     int   // revisions due
	queue    []act
	records  int // written so far
	blocks   int
}

func newPlanner(s size) *planner { return &planner{size: s, d: 20261130} }

// maxRecords and maxActs end a block, as the orderer's limits do.
const (
	maxRecords = 3000
	maxActs    = 60
)

// next is the acts of the next block.
func (p *planner) next() []act {
	var block []act
	records, most := 0, 1+p.d.below(maxActs)
	for len(block) < most && records < maxRecords {
		for len(p.queue) == 0 {
			p.fill()
		}
		a := p.queue[0]
		if records > 0 && records+a.written() > maxRecords {
			break
		}
		p.queue = p.queue[1:]
		block = append(block, a)
		records += a.written()
	}
	p.records += records
	p.blocks++
	return block
}

// done tells that all rights are there and have the history they should.
func (p *planner) done() bool {
	return p.recorded == p.cases() && p.owed <= 0 && len(p.queue) == 0
}

// fill puts the acts of one lot's next step, or of revisions due, into the queue.
// When the city is complete it goes on revising, with a new case now and then.
func (p *planner) fill() {
	switch {
	case p.admitted < p.Participants:
		n := min(100, p.Participants-p.admitted)
		p.queue = append(p.queue, act{admits, p.admitted, n})
		p.admitted += n
	case p.owed > 0:
		p.revise()
	case len(p.moving) > 0 && (len(p.moving) >= 12 || p.opened == p.cases()):
		a := p.moving[0]
		p.moving = p.moving[1:]
		p.queue = append(p.queue, a)
		if a.what < record {
			p.moving = append(p.moving, act{a.what + 1, a.first, a.n})
			return
		}
		p.recorded = max(p.recorded, a.first+a.n)
		perCase := float64(p.History-p.Participants)/float64(p.cases()) - versionsAtRecord
		p.owed += int(float64(a.n)*perCase + p.d.unit())
	case p.opened < p.cases():
		n := min(p.lot(), p.cases()-p.opened)
		p.moving = append(p.moving, act{catalogue, p.opened, n})
		p.opened += n
	default:
		p.owed++
		p.revise()
	}
}

// lot is how many cases are applied for at once.
func (p *planner) lot() int {
	switch u := p.d.unit(); {
	case u < 0.01:
		return 1000
	case u < 0.03:
		return 50 + p.d.below(150)
	default:
		return 1
	}
}

// revise changes rights somewhere in what is recorded: by bulk commands those
// registered together, one by one any.
func (p *planner) revise() {
	rights := p.recorded * rightsPerCase
	n := 1
	if p.owed > 1 && p.d.unit() < 0.02 {
		n = min(100+p.d.below(900), p.owed, rights)
	}
	p.queue = append(p.queue, act{revise, p.d.below(rights - n + 1), n})
	p.owed -= n
}
