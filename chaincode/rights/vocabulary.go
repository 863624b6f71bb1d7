package rights

// Checked is a body of a command that can say, without the ledger, what no state
// of it could make right: what a sender would do well to know before signing.
// The refusal is the one the ledger would give.
type Checked interface{ Check() error }

// Check is what resource.catalogue checks before it looks at the ledger.
func (b *Catalogue) Check() error { return b.check() }

// Check is what demand.post checks before it looks at the ledger.
func (b *PostDemand) Check() error { return b.check() }

// Check is what listing.submit checks before it looks at the ledger.
func (b *SubmitListing) Check() error { return b.check() }

// Check is what product.create checks before it looks at the ledger.
func (b *CreateProduct) Check() error { return b.check() }

// Vocabulary lists the codes that a member of a command's body takes, nil when
// it is none of the vocabularies a form is made for.
func Vocabulary(command, member string) []string {
	switch command {
	case "resource.catalogue":
		switch member {
		case "subjectClass":
			return clone(subjectClasses)
		case "sourceType":
			return clone(sourceTypes)
		case "publicKind":
			return clone(publicKinds)
		case "regionRange":
			return clone(regionRanges)
		case "updateFreq":
			return clone(updateFreqs)
		case "dataForm":
			return clone(dataForms)
		case "structure":
			return clone(structures)
		case "level":
			return clone(levels)
		case "pi":
			return clone(piClasses)
		}
	case "demand.post":
		switch member {
		case "field":
			return clone(demandFields)
		case "productTypes":
			return productTypeNames()
		case "budgetBand":
			return clone(budgetBands)
		}
	case "listing.submit":
		switch member {
		case "subjectType":
			return clone(subjectTypes)
		case "priceModel":
			return clone(priceModels)
		case "deliveryModes":
			return clone(deliveryModes)
		case "zone":
			return clone(zones)
		}
	case "product.create":
		switch member {
		case "productType":
			return productTypeNames()
		case "pi":
			return clone(piClasses)
		case "subjectClass":
			return clone(subjectClasses)
		case "regionRange":
			return clone(regionRanges)
		case "level":
			return clone(levels)
		}
	}
	return nil
}

// clone leaves out the empty code, which is for leaving a member out.
func clone(codes []string) []string {
	list := make([]string, 0, len(codes))
	for _, c := range codes {
		if c != "" {
			list = append(list, c)
		}
	}
	return list
}
