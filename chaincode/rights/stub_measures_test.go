package rights

func init() {
	for _, m := range []string{"listing", "product", "permit", "grant"} {
		for _, event := range []string{"stub", "stubEnd", "suspendByMeasure", "liftMeasure"} {
			indirect[m+"."+event] = "stub"
		}
	}
}
