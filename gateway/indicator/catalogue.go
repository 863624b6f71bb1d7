package indicator

import (
	"fmt"

	"github.com/datarights/datarights/chaincode/rights"
)

// Formula is how one indicator of the catalogue is computed (6.1 to 6.3).
type Formula struct {
	Code string
	// Inputs are the kinds of the records it names as inputs.
	Inputs []rights.Kind
	// Private values add amounts that are in no record but in private collections.
	Private bool
	// Regional values can be asked for one region.
	Regional bool

	compute func(Source, Ask) (Value, error)
}

// FormulaOf finds the formula of a code.
func FormulaOf(code string) (Formula, bool) {
	for _, f := range formulas {
		if f.Code == code {
			return f, true
		}
	}
	return Formula{}, false
}

// Compute computes the value. Facts after the as-of day are in no period.
func (f Formula) Compute(src Source, ask Ask) (Value, error) {
	ask.Period.To = min(ask.Period.To, ask.day())
	if ask.Period.To == "" {
		ask.Period.To = ask.day()
	}
	if !f.Regional {
		ask.Region = ""
	}
	v, err := f.compute(src, ask)
	if err != nil {
		return Value{}, fmt.Errorf("couldn't compute %s: %w", f.Code, err)
	}
	v.Code = f.Code
	return v, nil
}

func kinds(k ...rights.Kind) []rights.Kind { return k }

const (
	private, open     = true, false
	regional, oneCity = true, false
)

// formulas is the whole catalogue. The counting rules are in the functions, with
// a case of each in their tests.
var formulas = []Formula{
	{"IN-01Y", kinds(rights.KindSettlement), private, oneCity, netVolume(volume{})},
	{"IN-01C", kinds(rights.KindSettlement), private, oneCity, netVolume(volume{})},
	{"IN-02", kinds(rights.KindSettlement), private, oneCity, netVolume(volume{onExchange: true})},
	{"IN-03L", kinds(rights.KindListing), open, regional, productsListed(true)},
	{"IN-03E", kinds(rights.KindListing), open, regional, productsListed(false)},
	{"IN-03K", kinds(rights.KindListing), open, regional, categoriesListed},
	{"IN-04", kinds(rights.KindParticipant), open, regional, localEnterprises(false)},
	{"IN-04S", kinds(rights.KindParticipant, rights.KindCertificate, rights.KindTrade, rights.KindAccounting), open, regional, localEnterprises(true)},
	{"IN-05", kinds(rights.KindParticipant), open, regional, introducedVendors(false)},
	{"IN-05A", kinds(rights.KindParticipant, rights.KindListing, rights.KindTrade), open, regional, introducedVendors(true)},
	{"IN-06", kinds(rights.KindScenario), open, regional, scenariosLanded},
	{"IN-07", kinds(rights.KindScenario), open, oneCity, districtsLanded},
	{"IN-08", kinds(rights.KindResource, rights.KindProduct), open, regional, highQuality},
	{"IN-09", kinds(rights.KindScenario), open, regional, typicalScenarios},
	{"IN-10", kinds(rights.KindPolicy), open, oneCity, policyDocuments},
	{"IN-11", kinds(rights.KindIndicator), open, oneCity, indicatorSystem},
	{"IN-12", kinds(rights.KindCatalogue, rights.KindCustody, rights.KindMeter, rights.KindCertificate, rights.KindListing, rights.KindAlert, rights.KindMeasure, rights.KindCryptoProfile), open, oneCity, platformsInUse},
	{"IN-13", kinds(rights.KindPolicy), open, oneCity, labellingBase},
	{"IN-14", kinds(rights.KindSettlement), private, oneCity, newEnergy},

	{"OP-01", kinds(rights.KindCertificate), open, oneCity, certificatesValid},
	{"OP-02", kinds(rights.KindCase), open, oneCity, registrationDays},
	{"OP-03", kinds(rights.KindCase), open, oneCity, firstPass},
	{"OP-04", kinds(rights.KindObjection), open, oneCity, objectionsUpheld},
	{"OP-05", kinds(rights.KindListing), open, regional, listingsTraded},
	{"OP-06", kinds(rights.KindResource), open, regional, publicSupply},
	{"OP-07", kinds(rights.KindMeter), open, oneCity, meteredUse},
	{"OP-08", kinds(rights.KindPledge), private, oneCity, pledgedOutstanding},
	{"OP-09", kinds(rights.KindAccounting), private, oneCity, onBalanceSheets},
	{"OP-10", kinds(rights.KindDispute), open, oneCity, disputesSettled},
	{"OP-11", kinds(rights.KindSettlement), private, oneCity, publicRevenue},
	{"OP-12", kinds(rights.KindDemand), open, regional, demandsMatched},

	{"SI-01", kinds(rights.KindResource), open, regional, gradingCoverage},
	{"SI-02", kinds(rights.KindProduct), open, oneCity, lineageComplete},
	{"SI-03", kinds(rights.KindLineage), open, oneCity, unpermittedEdges},
	{"SI-04", kinds(rights.KindDelivery), open, oneCity, fingerprintCoverage},
	{"SI-05", kinds(rights.KindDelivery), open, oneCity, controlledEnvironments},
	{"SI-06", kinds(rights.KindAlert), open, oneCity, rawExports},
	{"SI-07", kinds(rights.KindCopy), open, oneCity, overdueCopies},
	{"SI-08", kinds(rights.KindPermit), open, oneCity, meteringContinuity},
	{"SI-09", kinds(rights.KindAlert, rights.KindPermit), open, oneCity, quotaBreaches},
	{"SI-10", kinds(rights.KindAlert), open, oneCity, resaleCases},
	{"SI-11", kinds(rights.KindListing, rights.KindPermit, rights.KindPledge), open, oneCity, lostBasis},
	{"SI-12", kinds(rights.KindAlert), open, oneCity, alertsInTime},
	{"SI-13", kinds(rights.KindMeasure), open, oneCity, measuresComplied},
	{"SI-14", kinds(rights.KindSettlement), private, oneCity, relatedShare},
	{"SI-15", kinds(rights.KindCase, rights.KindResource, rights.KindProduct), open, oneCity, cryptoConformity},
	{"SI-16", kinds(rights.KindListing), open, regional, personalExposure},
	{"SI-17", kinds(rights.KindPermit), open, oneCity, grantDiscipline},
	{"SI-18", kinds(rights.KindGrant), open, oneCity, disclosuresOnTime},
	{"SI-19", kinds(rights.KindEvaluation), open, oneCity, reportsRefuted},
	{"SI-20", kinds(rights.KindAlert), open, oneCity, duplicatesUnexplained},
}

// Codes are those of the catalogue, in its order.
func Codes() []string {
	codes := make([]string, len(formulas))
	for i, f := range formulas {
		codes[i] = f.Code
	}
	return codes
}
