package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// parsePapers reads TYPE=FILE and TYPE=sm3:…. A file is hashed here and does
// not leave the machine.
func parsePapers(given []string) ([]rights.Evidence, error) {
	var papers []rights.Evidence
	for _, g := range given {
		name, value, ok := strings.Cut(g, "=")
		doc, known := paperNamed(name)
		if !ok || !known || value == "" {
			list := paperList(rights.Papers())
			return nil, misuse(fmt.Sprintf("--paper %q 应为 材料=文件 或 材料=sm3:…；材料有：\n%s", g, list.zh),
				fmt.Sprintf("--paper %q must be PAPER=FILE or PAPER=sm3:…; the papers are:\n%s", g, list.en))
		}
		e := rights.Evidence{DocType: doc, Hash: value}
		if !rights.ValidHash(value) {
			var err error
			if e.Hash, e.Size, err = client.HashFile(value); err != nil {
				return nil, fail(fmt.Sprintf("无法读取材料 %s（%s）", value, doc.Title().Zh), "couldn't read the paper "+value, err)
			}
		}
		papers = append(papers, e)
	}
	return papers, nil
}

// paperNamed takes DocForm as well as form.
func paperNamed(name string) (rights.DocType, bool) {
	for _, d := range rights.Papers() {
		short := strings.TrimSuffix(strings.TrimPrefix(string(d), "Doc"), "Doc")
		if strings.EqualFold(string(d), name) || strings.EqualFold(short, name) {
			return d, true
		}
	}
	return "", false
}

// missingPapers are the required ones that are not there.
func missingPapers(required []rights.DocType, papers []rights.Evidence) []rights.DocType {
	var missing []rights.DocType
	for _, d := range required {
		if !slices.ContainsFunc(papers, func(e rights.Evidence) bool { return e.DocType == d }) && !slices.Contains(missing, d) {
			missing = append(missing, d)
		}
	}
	return missing
}

func paperList(docs []rights.DocType) failure {
	var list failure
	for _, d := range docs {
		list.zh += fmt.Sprintf("    %-15s %s\n", d, d.Title().Zh)
		list.en += fmt.Sprintf("    %-15s %s\n", d, d.Title().En)
	}
	list.zh, list.en = strings.TrimSuffix(list.zh, "\n"), strings.TrimSuffix(list.en, "\n")
	return list
}
