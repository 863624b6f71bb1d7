// Reads a JSON-LD document with a JSON-LD processor, checks its graph against SHACL
// shapes with a SHACL engine, and that no term of the vocabularies it uses is made up.
// usage: node validate.mjs SHAPES.ttl [VOCABULARY …] < DOCUMENTS
// DOCUMENTS is a JSON array of their texts; the answer is one of lists of findings.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import jsonld from 'jsonld';
import {Parser, Store} from 'n3';
import SHACLValidator from 'rdf-validate-shacl';

const [shapesAt, ...vocabularies] = process.argv.slice(2);

function read(name) {
  try { return readFileSync(join('node_modules', name), 'utf8'); } catch (e) { throw new Error(`${name} is not installed: ${e.message}`); }
}

// No context comes from the network: what a document names must be here.
const contexts = {'http://www.w3.org/ns/odrl.jsonld': JSON.parse(read('@digitalbazaar/odrl-context/contexts/odrl.jsonld'))};
const documentLoader = async url => {
  if (!contexts[url]) throw new Error(`the document needs ${url}, which is none of the known contexts`);
  return {contextUrl: null, documentUrl: url, document: contexts[url]};
};

// A term in one of these namespaces must be one that the vocabulary has.
const known = new Map();
function declare(namespace, terms) { known.set(namespace, new Set(terms)); }
const published = name => new Set([...read(name).matchAll(/^<([^>]+)> /gm)].map(m => m[1]));
for (const v of vocabularies) {
  switch (v) {
  case 'dcat':
    declare('http://www.w3.org/ns/dcat#', [...published('@vocabulary/dcat/dcat.nq'),
      // What DCAT 3 added to the vocabulary that package has.
      ...['version', 'hasVersion', 'isVersionOf', 'hasCurrentVersion', 'previousVersion', 'inSeries', 'first', 'last', 'prev', 'seriesMember', 'resource', 'DatasetSeries']
        .map(t => 'http://www.w3.org/ns/dcat#' + t)]);
    declare('http://purl.org/dc/terms/', published('@vocabulary/dcterms/dcterms.nq'));
    break;
  case 'odrl':
    declare('http://www.w3.org/ns/odrl/2/', Object.values(contexts['http://www.w3.org/ns/odrl.jsonld']['@context']).map(d => d['@id'] ?? d).concat('odrl:industry')
      .filter(t => typeof t === 'string' && t.startsWith('odrl:')).map(t => 'http://www.w3.org/ns/odrl/2/' + t.slice(5)));
    break;
  default:
    throw new Error(`no vocabulary ${v}`);
  }
}
const shapes = new Store(new Parser({format: 'Turtle'}).parse(readFileSync(shapesAt, 'utf8')));
const validator = new SHACLValidator(shapes);

async function findings(text) {
  let data;
  try {
    // safe: a member that no context defines is an error, not quietly dropped.
    const nquads = await jsonld.toRDF(JSON.parse(text), {format: 'application/n-quads', documentLoader, safe: true});
    data = new Store(new Parser({format: 'N-Quads'}).parse(nquads));
  } catch (e) {
    return [`the document cannot be read: ${e.message} ${JSON.stringify(e.details?.event ?? {})}`];
  }
  const found = data.size === 0 ? ['the document has no triples'] : [];
  const report = await validator.validate(data);
  for (const r of report.results) {
    found.push(`${r.focusNode?.value} ${r.path?.value ?? ''}: ${r.message.map(m => m.value).join('; ') || r.sourceConstraintComponent?.value} (${r.value?.value ?? ''})`);
  }
  const used = new Set();
  for (const q of data) {
    for (const t of [q.predicate, q.object]) if (t.termType === 'NamedNode') used.add(t.value);
  }
  for (const t of used) {
    for (const [namespace, terms] of known) {
      if (t.startsWith(namespace) && t !== namespace && !terms.has(t)) found.push(`${t} is no term of ${namespace}`);
    }
  }
  return found;
}

const all = [];
for (const text of JSON.parse(readFileSync(0, 'utf8'))) all.push(await findings(text));
console.log(JSON.stringify(all));
