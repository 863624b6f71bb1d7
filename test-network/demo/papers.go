package demo

import (
	"encoding/hex"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/gm"
)

// The two tables as their holders describe them.
func energyTable() rights.Catalogue {
	return rights.Catalogue{
		Name: "2001-2017年爱荷华州电力行业净发电量统计表", Overview: "按来源（化石、核能、可再生）统计的年净发电量，单位千兆瓦时。来源：美国能源信息署，公有领域。",
		SubjectClass: "SubjectEnterprise", SourceType: "SrcCollected", IndustryCode: "D44", RegionCode: "320903", RegionRange: "Provincial",
		TimeFrom: "2001-01-01", TimeTo: "2017-12-31", UpdateFreq: "Yearly", DataForm: "Table", Structure: "Structured", Level: "LevelGeneral",
		Grade: 1, PI: "None", GradeReport: paper(rights.DocGrading, "energy"), Limits: &rights.Limits{Territory: "江苏省内"},
	}
}

func weatherTable() rights.Catalogue {
	return rights.Catalogue{
		Name: "2010年西雅图气象行业逐小时气候常年值表", Overview: "1981-2010 年逐小时气候常年值：气压、气温、风速。来源：NOAA 国家气候数据中心，公有领域。",
		SubjectClass: "SubjectEnterprise", SourceType: "SrcCollected", IndustryCode: "M74", RegionCode: "320902", RegionRange: "County",
		TimeFrom: "2010-01-01", TimeTo: "2010-12-31", UpdateFreq: "Other", DataForm: "Table", Structure: "Structured", Level: "LevelGeneral",
		Grade: 1, PI: "None", GradeReport: paper(rights.DocGrading, "weather"),
	}
}

// paper stands for a document kept off the ledger; in the demo its hash is of
// its title.
func paper(d rights.DocType, about string) rights.Evidence {
	return rights.Evidence{DocType: d, Hash: hashOf("demo paper " + string(d) + " " + about)}
}

func hashOf(s string) string {
	h := gm.SM3([]byte(s))
	return "sm3:" + hex.EncodeToString(h[:])
}

func papers(about string) []rights.Evidence {
	var list []rights.Evidence
	for _, d := range []rights.DocType{rights.DocForm, rights.DocIdentity, rights.DocSource, rights.DocSample, rights.DocDescription,
		rights.DocAllocation, rights.DocCommitment, rights.DocGrading} {
		list = append(list, paper(d, about))
	}
	return list
}

var allKinds = []rights.RightKind{rights.RightHolding, rights.RightUse, rights.RightOperation}

func submission(objectID, about string) rights.Submit {
	return rights.Submit{RegType: "RegFirst", RegistrarID: registrar.uscc, ObjectType: "Resource", ObjectID: objectID, RightKinds: allKinds, Papers: papers(about)}
}

// evidence is a paper of no kind of its own.
func evidence(about string) *rights.Evidence {
	e := paper(rights.DocOther, about)
	return &e
}
