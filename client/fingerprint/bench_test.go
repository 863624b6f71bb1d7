package fingerprint_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/datarights/datarights/client/fingerprint"
	"github.com/datarights/datarights/internal/gm"
)

// weatherTable is like hourly weather: a time that is unique, three numbers.
func weatherTable(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("date,pressure,temperature,wind\n")
	r := rand.New(rand.NewPCG(1, 1))
	at := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	for range rows {
		fmt.Fprintf(&b, "%s,%.1f,%.1f,%.1f\n", at.Format("2006-01-02T15:04:05"), 1000+30*r.Float64(), 40*r.Float64()-5, 9*r.Float64())
		at = at.Add(time.Hour)
	}
	return b.Bytes()
}

// wideTable has 20 columns of numbers, categories and a key.
func wideTable(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("key,place" + strings.Repeat(",value", 18) + "\n")
	r := rand.New(rand.NewPCG(2, 2))
	for i := range rows {
		fmt.Fprintf(&b, "meter-%08d,盐城市射阳县", i)
		for range 18 {
			fmt.Fprintf(&b, ",%.2f", 100*r.Float64())
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// BenchmarkFingerprint tells the speed as a ratio to that of hashing the same
// bytes with SM3 alone on one core, measured in the same run: of-SM3 by the
// clock, of-SM3-per-core by the processor time used on all cores. Run it with
// -cpu 1,2.
func BenchmarkFingerprint(b *testing.B) {
	for name, data := range map[string][]byte{"narrow": weatherTable(1_000_000), "wide": wideTable(250_000)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			// Processor time, so that what else the machine does matters less.
			start, busy := time.Now(), processorTime(b)
			for range 3 {
				gm.SM3(data)
			}
			alone, aloneBusy := time.Since(start)/3, (processorTime(b)-busy)/3
			start, busy = time.Now(), processorTime(b)
			n := 0
			for b.Loop() {
				if _, _, err := fingerprint.OfReader(context.Background(), bytes.NewReader(data), fingerprint.Options{Format: "csv"}); err != nil {
					b.Fatal(err)
				}
				n++
			}
			b.ReportMetric(float64(n)*alone.Seconds()/time.Since(start).Seconds(), "of-SM3")
			b.ReportMetric(float64(n)*aloneBusy.Seconds()/(processorTime(b)-busy).Seconds(), "of-SM3-per-core")
		})
	}
}

// processorTime is what this process has used so far on all cores.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
