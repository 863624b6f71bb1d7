package evidence

import (
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/archive"
)

// Contents is what is in a bundle, by its manifest and unchecked.
type Contents struct {
	SM3       string // of the archive
	AlertID   string
	SuspectID string
	Records   int
	Blocks    int
	Files     int
	Gaps      []string
	Missing   []rights.BundleElement // the elements with gaps
}

// Describe reads a bundle's manifest without checking anything but the archive's
// form.
func Describe(bundle []byte) (*Contents, error) {
	files, err := archive.Unpack(bundle)
	if err != nil {
		return nil, err
	}
	m, err := decodeManifest(files[fileManifest])
	if err != nil {
		return nil, err
	}
	c := &Contents{SM3: sm3Of(bundle), AlertID: m.AlertID, SuspectID: m.SuspectID, Records: len(m.Records), Files: len(files), Gaps: []string{}}
	for _, f := range m.Files {
		if f.Role == RoleBlock {
			c.Blocks++
		}
	}
	for _, e := range m.Elements {
		if e.Gap != nil {
			c.Gaps, c.Missing = append(c.Gaps, e.No), append(c.Missing, e)
		}
	}
	return c, nil
}
