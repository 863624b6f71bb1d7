#!/usr/bin/python3
"""Reads PROV-JSON with the prov package, by the authors of the submission.

Takes a JSON array of the texts of documents and answers one of lists of
findings. A document is right when every relation names things that are declared, and when what the
package read and writes again is what it was given.
"""
import json
import sys

from prov.constants import PROV_ATTRIBUTE_QNAMES
from prov.model import ProvDocument, ProvRelation



def check(text):
    findings = []
    try:
        given = json.loads(text)
        document = ProvDocument.deserialize(content=text, format="json")
    except Exception as e:  # whatever the package says of a document it does not take
        return [f"the document cannot be read: {e}"]
    declared = {str(r.identifier) for r in document.get_records() if not isinstance(r, ProvRelation)}
    for record in document.get_records():
        if not isinstance(record, ProvRelation):
            continue
        for attribute, value in record.formal_attributes:
            if attribute in PROV_ATTRIBUTE_QNAMES and value is not None and str(value) not in declared:
                findings.append(f"{record.get_provn()}: {value} is not declared")
    again = json.loads(document.serialize(format="json"))
    for section in sorted(set(given) | set(again)):
        before, after = given.get(section, {}), again.get(section, {})
        if section != "prefix" and len(before) != len(after):
            findings.append(f"{section}: {len(before)} were given and {len(after)} read")
        for name in before if section in ("entity", "activity", "agent") else ():
            for lost in sorted(set(before[name]) - set(after.get(name, {}))):
                findings.append(f"{name}: {lost} was not read")
    if ProvDocument.deserialize(content=json.dumps(again), format="json") != document:
        findings.append("what was read is not what is written again")
    if not declared:
        findings.append("nothing is declared")
    document.get_provn()  # what PROV-N cannot say raises
    return findings


print(json.dumps([check(text) for text in json.load(sys.stdin)]))
