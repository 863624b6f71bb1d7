package lineage

// Copies lists the copies of a product's version, of all versions where it is 0,
// in the order of the chain: the ids of those that window chooses of all n.
func (g *Graph) Copies(productID string, version int64, window func(n int) (from, to int, err error)) ([]string, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	id, known := g.names.find(productID)
	var all []uint32
	if known {
		g.links[copyByProduct].of(id, func(slot uint32) bool {
			r := &g.records[slot]
			of := g.nodes[g.refs[r.in.from]]
			if !r.dead && of.id == id && (version == 0 || of.version == version) {
				all = append(all, r.id)
			}
			return true
		})
	}
	from, to, err := window(len(all))
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, to-from)
	for _, name := range all[from:to] {
		ids = append(ids, g.names.at(name))
	}
	return ids, nil
}
