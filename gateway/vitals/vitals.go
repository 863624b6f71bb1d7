// Package vitals tells what a node lives on: certificates and how long they are
// valid, disks and how full they are, stores and how large, the latest backup.
// Every scrape looks anew; what cannot be looked at is left out and counted.
package vitals

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Options say what to look at. Names are label values; paths are files and folders.
type Options struct {
	Certificates map[string]string // PEM files
	Disks        map[string]string // a folder on each
	Stores       map[string]string // folders whose size counts
	LastBackup   string            // backup.json of the organisation; may be missing
	// Enrolled says whether the platform's key stands on the ledger; nil: no such key here.
	Enrolled func() bool
	Epoch    int64
	Version  string
}

// Vitals is a prometheus.Collector.
type Vitals struct{ o Options }

// New makes a Vitals.
func New(o Options) *Vitals { return &Vitals{o} }

var (
	descExpiry   = prometheus.NewDesc("datarights_certificate_expiry_timestamp_seconds", "When a certificate's validity ends.", []string{"certificate"}, nil)
	descFree     = prometheus.NewDesc("datarights_disk_free_bytes", "Bytes this process may still write.", []string{"disk"}, nil)
	descSize     = prometheus.NewDesc("datarights_disk_size_bytes", "Size of the file system.", []string{"disk"}, nil)
	descInodes   = prometheus.NewDesc("datarights_disk_free_inodes", "Files that can still be made.", []string{"disk"}, nil)
	descStore    = prometheus.NewDesc("datarights_store_bytes", "Size of a store on disk.", []string{"store"}, nil)
	descBackup   = prometheus.NewDesc("datarights_last_backup_timestamp_seconds", "When the organisation was last backed up; 0: never.", nil, nil)
	descEnrolled = prometheus.NewDesc("datarights_platform_key_enrolled", "1 when the platform's key stands on the ledger.", nil, nil)
	descEpoch    = prometheus.NewDesc("datarights_platform_key_epoch", "Epoch of the platform's matching key.", nil, nil)
	descBuild    = prometheus.NewDesc("datarights_build_info", "1, with the program's version.", []string{"version"}, nil)
	descFaults   = prometheus.NewDesc("datarights_vitals_unreadable", "Certificates, disks and stores that could not be looked at.", nil, nil)
)

// Describe implements prometheus.Collector.
func (v *Vitals) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descExpiry, descFree, descSize, descInodes, descStore, descBackup, descEnrolled, descEpoch, descBuild, descFaults} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (v *Vitals) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	unreadable := 0
	for name, file := range v.o.Certificates {
		end, err := Expiry(file)
		if err != nil {
			unreadable++
			continue
		}
		gauge(descExpiry, float64(end.Unix()), name)
	}
	for name, dir := range v.o.Disks {
		s, err := DiskOf(dir)
		if err != nil {
			unreadable++
			continue
		}
		gauge(descFree, float64(s.Free), name)
		gauge(descSize, float64(s.Size), name)
		gauge(descInodes, float64(s.FreeInodes), name)
	}
	for name, dir := range v.o.Stores {
		n, err := folderSize(dir)
		if err != nil {
			unreadable++
			continue
		}
		gauge(descStore, float64(n), name)
	}
	if v.o.LastBackup != "" {
		gauge(descBackup, lastBackup(v.o.LastBackup))
	}
	if v.o.Enrolled != nil {
		enrolled := 0.0
		if v.o.Enrolled() {
			enrolled = 1
		}
		gauge(descEnrolled, enrolled)
		gauge(descEpoch, float64(v.o.Epoch))
	}
	gauge(descBuild, 1, v.o.Version)
	gauge(descFaults, float64(unreadable))
}

// Expiry is when the first certificate in a PEM file ends.
func Expiry(file string) (time.Time, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return time.Time{}, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return time.Time{}, errors.New("no certificate in " + file)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return time.Time{}, err
	}
	return c.NotAfter, nil
}

// Disk is a file system as its user sees it.
type Disk struct{ Free, Size, FreeInodes, Inodes uint64 }

// DiskOf asks for the file system of a folder.
func DiskOf(dir string) (Disk, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return Disk{}, err
	}
	return Disk{s.Bavail * uint64(s.Bsize), s.Blocks * uint64(s.Bsize), s.Ffree, s.Files}, nil
}

func folderSize(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a store drops files as it goes
		}
		if err == nil {
			n += used(info)
		}
		return err
	})
	return n, err
}

// used is what a file takes on disk: a store reserves more than it has written.
func used(info fs.FileInfo) int64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Blocks * 512
	}
	return info.Size()
}

func lastBackup(file string) float64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	var b struct {
		Time time.Time `json:"time"`
	}
	if json.Unmarshal(text, &b) != nil || b.Time.IsZero() {
		return 0
	}
	return float64(b.Time.Unix())
}
