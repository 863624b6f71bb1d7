package indicator

import (
	"fmt"
	"slices"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

// calendars are the newest work calendar of each year.
type calendars map[int]*rights.WorkCalendar

func readCalendars(src Source) (calendars, error) {
	newest := calendars{}
	err := each(src, rights.KindCalendar, func(c *rights.WorkCalendar) error {
		if old := newest[int(c.Year)]; old == nil || old.Ver < c.Ver {
			newest[int(c.Year)] = c
		}
		return nil
	})
	return newest, err
}

// between counts the working days after the day of one instant up to the day of
// another, as the law counts periods.
func (cs calendars) between(from, to rights.UnixSec) (days int64, err error) {
	day, err := time.Parse(time.DateOnly, rights.CivilDate(from))
	if err != nil {
		return 0, err
	}
	last, err := time.Parse(time.DateOnly, rights.CivilDate(to))
	if err != nil {
		return 0, err
	}
	for day = day.AddDate(0, 0, 1); !day.After(last); day = day.AddDate(0, 0, 1) {
		c := cs[day.Year()]
		if c == nil {
			return 0, &rights.Error{Code: rights.CodeProfile, Detail: fmt.Sprintf("no work calendar of %d is published", day.Year()), DetailZh: fmt.Sprintf("%d 年工作日历尚未公布", day.Year())}
		}
		date := day.Format(time.DateOnly)
		working := day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
		if slices.Contains(c.NonWorking, date) {
			working = false
		} else if slices.Contains(c.ExtraWorking, date) {
			working = true
		}
		days += one(working)
	}
	return days, nil
}
