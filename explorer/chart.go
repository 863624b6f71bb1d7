package explorer

import (
	"math"
	"strconv"

	"github.com/datarights/datarights/chaincode/rights"
)

// A chart of one quantity over time, as SVG with classes: it takes the page's colours,
// light or dark, needs no script, and the table beside it says the same.

// Point is a value at a moment.
type Point struct {
	At    rights.UnixSec
	Value int64
}

// Chart is what the chart template draws.
type Chart struct {
	Title    string
	Unit     string // count, permille, fen, …
	Points   []Point
	Target   *int64
	TargetAt rights.UnixSec // 0: the target has no date
	Said     string         // what the drawing comes to in words, in place of every point

	fromX, toX, toY, step float64
}

// The drawing's size and margins in its own units.
const (
	chartW, chartH                     = 640.0, 240.0
	padLeft, padRight, padTop, padFoot = 96.0, 24.0, 22.0, 34.0
)

// Mark is a line of the scale.
type Mark struct {
	Pos  string
	Text string
}

// newChart scales a chart. Values begin at 0: a trend is not made steeper than it is.
func newChart(title, unit string, points []Point, target int64, targetAt rights.UnixSec) *Chart {
	c := &Chart{Title: title, Unit: unit, Points: points, TargetAt: targetAt}
	if target != 0 {
		c.Target = &target
	}
	c.fromX, c.toX, c.toY = math.Inf(1), math.Inf(-1), float64(max(target, 1))
	for _, p := range points {
		c.fromX, c.toX = min(c.fromX, float64(p.At)), max(c.toX, float64(p.At))
		c.toY = max(c.toY, float64(p.Value))
	}
	if targetAt > 0 {
		c.fromX, c.toX = min(c.fromX, float64(targetAt)), max(c.toX, float64(targetAt))
	}
	if c.fromX >= c.toX {
		c.fromX, c.toX = c.fromX-43200, c.fromX+43200
	}
	c.step = niceStep(c.toY)
	c.toY = c.step * math.Ceil(c.toY/c.step)
	return c
}

// niceStep is 1, 2 or 5 times a power of ten, of which at most four reach v. Values are
// whole, so a step is too.
func niceStep(v float64) float64 {
	for power := 1.0; ; power *= 10 {
		for _, m := range []float64{1, 2, 5} {
			if 4*m*power >= v {
				return m * power
			}
		}
	}
}

func (c *Chart) x(at rights.UnixSec) float64 {
	return padLeft + (float64(at)-c.fromX)/(c.toX-c.fromX)*(chartW-padLeft-padRight)
}

func (c *Chart) y(v float64) float64 {
	return chartH - padFoot - v/c.toY*(chartH-padTop-padFoot)
}

func coordinate(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// X and Y place a point.
func (c *Chart) X(p Point) string { return coordinate(c.x(p.At)) }

// Y is a point's height in the drawing.
func (c *Chart) Y(p Point) string { return coordinate(c.y(float64(p.Value))) }

// Path is the line through the points.
func (c *Chart) Path() string {
	var d []byte
	for i, p := range c.Points {
		d = append(d, map[bool]byte{true: 'M', false: 'L'}[i == 0])
		d = append(append(append(d, c.X(p)...), ' '), c.Y(p)...)
	}
	return string(d)
}

// TargetY is the height of the target's line.
func (c *Chart) TargetY() string { return coordinate(c.y(float64(*c.Target))) }

// TargetX is where the target falls due.
func (c *Chart) TargetX() string { return coordinate(c.x(c.TargetAt)) }

// TargetTextY keeps the target's words inside the drawing.
func (c *Chart) TargetTextY() string { return coordinate(max(c.y(float64(*c.Target))-6, 14)) }

// Grid are the lines of the value axis.
func (c *Chart) Grid(lang string) []Mark {
	var list []Mark
	for v := 0.0; v <= c.toY; v += c.step {
		list = append(list, Mark{coordinate(c.y(v)), measure(lang, c.Unit, int64(v))})
	}
	return list
}

// Days are the days named under the time axis.
func (c *Chart) Days() []Mark {
	first, last := int64(c.fromX), int64(c.toX)
	list := []Mark{{coordinate(c.x(first)), c.When(first)}}
	if c.When(last) != c.When(first) {
		list = append(list, Mark{coordinate(c.x(last)), c.When(last)})
	}
	return list
}

// When names a moment as finely as the time axis is long: the minute within a few
// hours, else the day.
func (c *Chart) When(at rights.UnixSec) string {
	if c.toX-c.fromX < 6*3600 {
		return clock(at, "15:04")
	}
	return clock(at, "2006-01-02")
}

// measure says a value in its unit.
func measure(lang, unit string, v int64) string {
	switch unit {
	case "permille":
		s := number(v/10) + "." + strconv.FormatInt(max(v%10, -(v%10)), 10)
		return s + "%"
	case "fen":
		yuan := v / 100
		switch {
		case lang == en && (yuan >= 1e9 || yuan <= -1e9):
			return trimmed(float64(yuan)/1e9, 3) + " bn yuan"
		case lang == en && (yuan >= 1e6 || yuan <= -1e6):
			return trimmed(float64(yuan)/1e6, 2) + " m yuan"
		case lang != en && (yuan >= 1e8 || yuan <= -1e8):
			return trimmed(float64(yuan)/1e8, 2) + " 亿元"
		case lang != en && (yuan >= 1e4 || yuan <= -1e4):
			return trimmed(float64(yuan)/1e4, 2) + " 万元"
		case v == 0:
			return "0"
		}
		return grouped(v) + pick(lang, rights.Text{Zh: " 元", En: " yuan"})
	case "days":
		return number(v) + pick(lang, rights.Text{Zh: " 天", En: " days"})
	case "milestone":
		if v > 0 {
			return pick(lang, rights.Text{Zh: "已建成", En: "reached"})
		}
		return pick(lang, rights.Text{Zh: "未建成", En: "not yet"})
	}
	return number(v)
}

// grouped is an amount of fen in yuan, with its thousands apart.
func grouped(fen int64) string {
	return number(fen/100) + "." + strconv.FormatInt(100+max(fen%100, -(fen%100)), 10)[1:]
}

func trimmed(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}
