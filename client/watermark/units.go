package watermark

import "math"

// conversion is one change of unit that a suspect table may have been put
// through: shown = original·factor + offset.
type conversion struct {
	name           string
	factor, offset float64
}

// conversions lists what is tried, the unchanged table first. Factors are those
// of the SI brochure and NIST SP 811.
var conversions = func() []conversion {
	list := []conversion{{"", 1, 0}}
	for _, e := range []int{-9, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 8, 9} {
		list = append(list, conversion{"×1e" + itoa(e), math.Pow10(e), 0})
	}
	add := func(c conversion) {
		for i := range list { // the same number under another name
			if math.Abs(list[i].factor/c.factor-1) < 1e-6 && list[i].offset == c.offset {
				list[i].name += ", " + c.name
				return
			}
		}
		list = append(list, c)
	}
	both := func(from, to string, factor, offset float64) {
		add(conversion{from + "→" + to, factor, offset})
		add(conversion{to + "→" + from, 1 / factor, -offset / factor})
	}
	both("°C", "°F", 1.8, 32)
	both("°C", "K", 1, 273.15)
	both("°F", "K", 1/1.8, 273.15-32/1.8)
	both("m/s", "km/h", 3.6, 0)
	both("m/s", "mph", 3600/1609.344, 0)
	both("m/s", "kn", 3600.0/1852, 0)
	both("km/h", "mph", 1/1.609344, 0)
	both("km/h", "kn", 1/1.852, 0)
	both("hPa", "mmHg", 100/133.322387415, 0)
	both("hPa", "inHg", 1/33.8638866667, 0)
	both("MWh", "GJ", 3.6, 0)
	both("kWh", "GJ", 0.0036, 0)
	both("m", "ft", 1/0.3048, 0)
	both("km", "mi", 1/1.609344, 0)
	both("mm", "in", 1/25.4, 0)
	both("kg", "lb", 1/0.45359237, 0)
	both("kg", "jin", 2, 0)
	both("hm²", "mu", 15, 0)
	both("L", "gal", 1/3.785411784, 0)
	return list
}()

func itoa(e int) string {
	s := ""
	if e < 0 {
		s, e = "-", -e
	}
	return s + string(rune('0'+e))
}

// original undoes a conversion.
func (c *conversion) original(shown float64) float64 { return (shown - c.offset) / c.factor }
